"""Images apart from the predictions: one that recurs in a thousand prompts is stored once."""

from typing import Any

from peewee import AutoField, BlobField, CompositeKey, Database, ForeignKeyField, Model, TextField


def up(migrator: Any, db: Database) -> None:
    class Project(Model):
        id = AutoField()

    class Prediction(Model):
        id = AutoField()

    class Image(Model):
        id = AutoField()
        project = ForeignKeyField(Project, index=False)
        sha256 = TextField()
        data = BlobField()

        class Meta:
            indexes = ((("project", "sha256"), True),)

    class PredictionImage(Model):
        prediction = ForeignKeyField(Prediction, index=False)
        image = ForeignKeyField(Image)

        class Meta:
            table_name = "prediction_image"
            primary_key = CompositeKey("prediction", "image")
            without_rowid = True

    with db.bind_ctx([Project, Prediction, Image, PredictionImage]):
        db.create_tables([Image, PredictionImage])
