"""The straightforward way: what one writes first with Flask, smorest, marshmallow and peewee.

A connection and a transaction for each request, FULL sync; the same rules for what is submitted,
the same keys, the same answer, tables in the same file. Run with gunicorn's gthread, 2×16.
"""

import hashlib
import os
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from flask import Flask, request
from flask_smorest import Api, Blueprint, abort
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates_schema
from peewee import AutoField, BooleanField, IntegerField, Model, SqliteDatabase, TextField

database = SqliteDatabase(
    os.environ["FEEDBACKSTORE_DATABASE_URL"].removeprefix("sqlite:///"),
    pragmas={"journal_mode": "wal", "synchronous": "full", "foreign_keys": "on"},
)

_ABOUT: Final = ("request_id", "agent_execution_id", "chat_id")
_SAID: Final = ("response", "notes", "rating", "tags", "flag")


class ApiKey(Model):
    """The store's own table of keys."""

    id = AutoField()
    project_id = IntegerField()
    key_id = TextField(unique=True)
    digest = TextField()
    scopes = TextField()
    revoked_at = TextField(null=True)

    class Meta:
        database = database
        table_name = "api_key"


class Feedback(Model):
    """The store's own table of feedback."""

    id = AutoField()
    uuid = TextField()
    project_id = IntegerField()
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
        database = database


def _entity_id() -> fields.String:
    rules = [validate.Length(min=1, max=256), validate.Regexp(r"^[^\x00-\x1f\x7f-\x9f]*$")]
    return fields.String(allow_none=True, validate=rules)


class FeedbackIn(Schema):
    """What may be submitted."""

    class Meta:
        unknown = EXCLUDE

    request_id = _entity_id()
    agent_execution_id = _entity_id()
    chat_id = _entity_id()
    response = fields.Dict(keys=fields.String(), allow_none=True)
    notes = fields.String(allow_none=True)
    rating = fields.String(allow_none=True, validate=validate.OneOf(["up", "down"]))
    tags = fields.Dict(keys=fields.String(), values=fields.String(), allow_none=True)
    flag = fields.Boolean(allow_none=True)

    @validates_schema
    def refuse_nothing(self, data: Mapping[str, Any], **_: Any) -> None:
        """Something has to be said, of something."""
        for names in (_ABOUT, _SAID):
            if all(data.get(name) is None for name in names):
                raise ValidationError(f"At least one of {', '.join(names)} is needed")


class FeedbackOut(Schema):
    """What was stored."""

    id = fields.String(attribute="uuid")
    request_id = fields.String()
    agent_execution_id = fields.String()
    chat_id = fields.String()
    created_at = fields.String()
    notes = fields.String()


blueprint = Blueprint("feedback", __name__, url_prefix="/v1/feedback")


@blueprint.post("/submit")
@blueprint.arguments(FeedbackIn)
@blueprint.response(200, FeedbackOut)
def submit(submitted: dict[str, Any]) -> Feedback:
    """Store feedback."""
    dumps = app.json.dumps
    documents = {
        name: dumps(submitted[name])
        for name in ("response", "tags")
        if submitted.get(name) is not None
    }
    with database.connection_context():
        project_id = _project_of_key()
        with database.atomic():
            return Feedback.create(
                **(submitted | documents),
                uuid=str(uuid.uuid4()),
                project_id=project_id,
                created_at=datetime.now(UTC).isoformat(),
            )


def _project_of_key() -> int:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    digest = hashlib.sha256(key.encode()).hexdigest()
    record = ApiKey.get_or_none(ApiKey.digest == digest, ApiKey.revoked_at.is_null())
    if scheme != "Bearer" or record is None or "submit" not in record.scopes.split(","):
        abort(401)
    return int(record.project_id)


app = Flask(__name__)
app.config.update(API_TITLE="Straightforward", API_VERSION="1", OPENAPI_VERSION="3.1.0")
Api(app).register_blueprint(blueprint)
