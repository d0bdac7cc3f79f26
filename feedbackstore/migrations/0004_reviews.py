"""Keep who reviewed which feedback, and what they decided, beside what was submitted."""

from typing import Any

from peewee import (
    AutoField,
    BooleanField,
    CompositeKey,
    ForeignKeyField,
    Model,
    TextField,
)


def up(migrator: Any, db: Any) -> None:
    class Project(Model):
        id = AutoField()

    class ApiKey(Model):
        id = AutoField()

        class Meta:
            table_name = "api_key"

    class Feedback(Model):
        id = AutoField()

    class Review(Model):
        id = AutoField()
        feedback = ForeignKeyField(Feedback)
        reviewer = ForeignKeyField(ApiKey, index=False)
        verdict = TextField(null=True)
        response = TextField(null=True)
        comment = TextField(null=True)
        final = BooleanField()
        created_at = TextField()
        undone_at = TextField(null=True)

    class Lease(Model):
        project = ForeignKeyField(Project, index=False)
        item = TextField()
        reviewer = ForeignKeyField(ApiKey, index=False)
        expires_at = TextField()

        class Meta:
            primary_key = CompositeKey("project", "item", "reviewer")
            without_rowid = True

    class Secret(Model):
        name = TextField(primary_key=True)
        value = TextField()

    text = db.get_context_options()["field_types"]["TEXT"]
    for statement in (
        "ALTER TABLE project ADD COLUMN reviews INTEGER NOT NULL DEFAULT 1",
        f"ALTER TABLE feedback ADD COLUMN status {text} NOT NULL DEFAULT 'pending'",
        f"ALTER TABLE feedback ADD COLUMN revised {text}",
        "ALTER TABLE feedback ADD COLUMN author_id INTEGER REFERENCES api_key (id)",
        "CREATE INDEX feedback_by_status ON feedback (project_id, status, id)",
    ):
        db.execute_sql(statement)
    with db.bind_ctx([Project, ApiKey, Feedback, Review, Lease, Secret]):
        db.create_tables([Review, Lease, Secret])
