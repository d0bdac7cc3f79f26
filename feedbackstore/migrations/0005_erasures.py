"""Remember what was erased, by a keyed hash of its id: it is not taken again, whoever sends it."""

from typing import Any

from peewee import BlobField, Database, ForeignKeyField, IntegerField, Model, TextField


def up(migrator: Any, db: Database) -> None:
    class Erasure(Model):
        uuid = TextField(primary_key=True)
        project = TextField()
        started_at = TextField()
        finished_at = TextField(null=True)
        feedback = IntegerField(default=0)
        reviews = IntegerField(default=0)
        predictions = IntegerField(default=0)
        images = IntegerField(default=0)
        exports = TextField()

    class Tombstone(Model):
        digest = BlobField(primary_key=True)
        erasure = ForeignKeyField(Erasure)

        class Meta:
            without_rowid = True

    with db.bind_ctx([Erasure, Tombstone]):
        db.create_tables([Erasure, Tombstone])
