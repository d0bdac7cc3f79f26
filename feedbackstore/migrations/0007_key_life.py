"""Let keys end by themselves and follow one another, and end a reviewer's session on the server."""

from typing import Any

from peewee import AutoField, ForeignKeyField, Model, TextField


def up(migrator: Any, db: Any) -> None:
    class ApiKey(Model):
        id = AutoField()

        class Meta:
            table_name = "api_key"

    class Session(Model):
        digest = TextField(primary_key=True)
        key = ForeignKeyField(ApiKey, index=False)
        expires_at = TextField()

        class Meta:
            without_rowid = True

    for statement in (
        "ALTER TABLE api_key ADD COLUMN expires_at TEXT",
        "ALTER TABLE api_key ADD COLUMN last_used_at TEXT",
        "ALTER TABLE api_key ADD COLUMN holder_id INTEGER REFERENCES api_key (id)",
    ):
        db.execute_sql(statement)
    with db.bind_ctx([ApiKey, Session]):
        db.create_tables([Session])
