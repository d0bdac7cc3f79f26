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

    text = db.get_context_options()["field_types"]["TEXT"]
    for statement in (
        f"ALTER TABLE api_key ADD COLUMN expires_at {text}",
        f"ALTER TABLE api_key ADD COLUMN last_used_at {text}",
        "ALTER TABLE api_key ADD COLUMN holder_id INTEGER REFERENCES api_key (id)",
    ):
        db.execute_sql(statement)
    with db.bind_ctx([ApiKey, Session]):
        db.create_tables([Session])
