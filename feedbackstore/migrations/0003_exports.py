"""Remember which feedback went into which export: datasets can be asked whose data they hold."""

from typing import Any

from peewee import (
    AutoField,
    BlobField,
    CompositeKey,
    Database,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)


def up(migrator: Any, db: Database) -> None:
    class Project(Model):
        id = AutoField()

    class Feedback(Model):
        id = AutoField()

    class Export(Model):
        id = AutoField()
        project = ForeignKeyField(Project, index=False)
        sha256 = TextField()
        name = TextField()
        format = TextField()
        rows = IntegerField()
        created_at = TextField()

        class Meta:
            indexes = ((("project", "sha256"), True),)

    class ExportItem(Model):
        export = ForeignKeyField(Export, index=False)
        feedback = ForeignKeyField(Feedback)
        digest = BlobField()

        class Meta:
            table_name = "export_item"
            primary_key = CompositeKey("export", "feedback")
            without_rowid = True

    with db.bind_ctx([Project, Feedback, Export, ExportItem]):
        db.create_tables([Export, ExportItem])
