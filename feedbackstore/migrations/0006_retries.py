"""Know what comes a second time: who submitted feedback, what an Idempotency-Key stands for."""

from typing import Any

from peewee import AutoField, BlobField, ForeignKeyField, Model, TextField


def up(migrator: Any, db: Any) -> None:
    class ApiKey(Model):
        id = AutoField()

        class Meta:
            table_name = "api_key"

    class Feedback(Model):
        id = AutoField()

    class Replay(Model):
        id = AutoField()
        key = ForeignKeyField(ApiKey, index=False)
        name = BlobField()
        digest = BlobField()
        feedback = ForeignKeyField(Feedback, null=True, on_delete="CASCADE")
        counts = TextField(null=True)
        created_at = TextField()

        class Meta:
            indexes = ((("key", "name"), True),)

    db.execute_sql("ALTER TABLE feedback ADD COLUMN submitter_id INTEGER REFERENCES api_key (id)")
    with db.bind_ctx([ApiKey, Feedback, Replay]):
        db.create_tables([Replay])
