"""The first tables: projects, their keys, predictions and the feedback on them."""

from typing import Any

from peewee import AutoField, BooleanField, Database, ForeignKeyField, Model, TextField


def up(migrator: Any, db: Database) -> None:
    class Project(Model):
        id = AutoField()
        name = TextField(unique=True)
        created_at = TextField()

    class ApiKey(Model):
        id = AutoField()
        project = ForeignKeyField(Project)
        key_id = TextField(unique=True)
        digest = TextField()
        name = TextField()
        scopes = TextField()
        created_at = TextField()
        revoked_at = TextField(null=True)

        class Meta:
            table_name = "api_key"

    class Prediction(Model):
        id = AutoField()
        project = ForeignKeyField(Project, index=False)
        kind = TextField()
        entity_id = TextField()
        model = TextField(null=True)
        domain = TextField(null=True)
        created_at = TextField(null=True)
        input = TextField()
        output = TextField(null=True)
        json_schema = TextField(null=True)
        tools = TextField(null=True)
        metadata = TextField(null=True)
        recorded_at = TextField()

        class Meta:
            indexes = (
                (("project", "kind", "entity_id"), True),
                (("project", "kind", "id"), False),
            )

    class Feedback(Model):
        id = AutoField()
        uuid = TextField(unique=True)
        project = ForeignKeyField(Project, index=False)
        request_id = TextField(null=True)
        agent_execution_id = TextField(null=True)
        chat_id = TextField(null=True)
        response = TextField(null=True)
        notes = TextField(null=True)
        rating = TextField(null=True)
        tags = TextField(null=True)
        flag = BooleanField(null=True)
        created_at = TextField()

        class Meta:
            indexes = ((("project", "id"), False),)

    for kind, field in (
        ("request", Feedback.request_id),
        ("agent_execution", Feedback.agent_execution_id),
        ("chat", Feedback.chat_id),
    ):
        Feedback.add_index(
            Feedback.index(
                Feedback.project,
                field,
                Feedback.id,
                where=field.is_null(False),
                name=f"feedback_by_{kind}",
            )
        )
    tables = [Project, ApiKey, Prediction, Feedback]
    with db.bind_ctx(tables):
        db.create_tables(tables)
