"""The shapes that go over the wire.

FeedbackSubmitRequest, FeedbackSubmitResponse and the two error shapes are the hosted service's,
word for word: the OpenAPI document made from them contains that service's own (tests/contract/).
"""

from typing import Any, Final

from marshmallow import EXCLUDE, Schema, fields

from feedbackstore import documents, feedback, ids, remarks
from feedbackstore.api.fields import (
    Flag,
    Object,
    OneOf,
    QueryCount,
    QueryFlag,
    Tags,
    Text,
    message,
)

MAX_PAGE: Final = 1000
"""Items in one answer; a greater limit counts as this one."""


def _described(description: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"description": description, **more}}


class Shape(Schema):
    """A JSON object; members that it does not know are ignored, as the hosted service does."""

    class Meta:
        unknown = EXCLUDE

    error_messages = {
        "type": message(
            "model_attributes_type",
            "Input should be a valid dictionary or object to extract fields from",
        )
    }


class FeedbackSubmitRequest(Shape):
    """Request model for submitting feedback."""

    request_id = Text(allow_none=True, **_described("The unique identifier for the request."))
    agent_execution_id = Text(
        allow_none=True, **_described("The unique identifier for the agent execution.")
    )
    chat_id = Text(allow_none=True, **_described("The unique identifier for the chat."))
    response = Object(
        allow_none=True,
        **_described("The updated response for the entity.", additionalProperties=True),
    )
    notes = Text(
        allow_none=True, **_described("The notes for the feedback.", maxLength=remarks.MAX_NOTES)
    )
    rating = Text(
        allow_none=True,
        validate=OneOf(feedback.RATINGS),
        **_described("Whether the output was good (up) or bad (down)."),
    )
    tags = Tags(
        allow_none=True,
        **_described(
            "Labels to find it by.",
            maxProperties=remarks.MAX_TAGS,
            propertyNames={"maxLength": remarks.MAX_TAG_NAME},
            additionalProperties={"type": "string", "maxLength": remarks.MAX_TAG_VALUE},
        ),
    )
    flag = Flag(allow_none=True, **_described("Whether it asks for somebody's attention."))

    class Meta(Shape.Meta):
        description = "Request model for submitting feedback."


class FeedbackSubmitResponse(Shape):
    """Response model for feedback operations."""

    id = Text(
        required=True,
        attribute="uuid",
        **_described("The unique identifier for the feedback."),
    )
    request_id = Text(allow_none=True, **_described("The unique identifier for the request."))
    agent_execution_id = Text(
        allow_none=True, **_described("The unique identifier for the agent execution.")
    )
    chat_id = Text(allow_none=True, **_described("The unique identifier for the chat."))
    created_at = Text(
        required=True,
        **_described(
            "Date and time when the feedback was submitted (in UTC timezone)",
            format="date-time",
        ),
    )
    notes = Text(allow_none=True, **_described("The notes for the feedback."))

    class Meta(Shape.Meta):
        description = "Response model for feedback operations."


class StoredDocument(fields.Field[Any]):
    """JSON text in the store, the value itself on the wire."""

    def _serialize(self, value: str | None, *_: Any, **__: Any) -> Any:
        return None if value is None else documents.load(value)


class FeedbackItem(FeedbackSubmitResponse):
    """Feedback as it was submitted."""

    response = StoredDocument(
        allow_none=True,
        **_described("The updated response for the entity.", type="object"),
    )
    rating = Text(allow_none=True, **_described("Whether the output was good or bad."))
    tags = StoredDocument(allow_none=True, **_described("Labels.", type="object"))
    flag = fields.Boolean(
        allow_none=True, **_described("Whether it asks for somebody's attention.")
    )

    class Meta(Shape.Meta):
        description = "Feedback as it was submitted."


class FeedbackList(Shape):
    """The feedback on one entity, the newest first."""

    request_id = Text(allow_none=True, **_described("The id, if a request was asked for."))
    agent_execution_id = Text(
        allow_none=True, **_described("The id, if an agent execution was asked for.")
    )
    chat_id = Text(allow_none=True, **_described("The id, if a chat was asked for."))
    items = fields.List(fields.Nested(FeedbackItem), required=True)

    class Meta(Shape.Meta):
        description = "The feedback on one entity, the newest first."


class FeedbackQuery(Shape):
    """Which of an entity's feedback to list."""

    type = Text(
        load_default="request",
        validate=OneOf(ids.KINDS),
        **_described("What the id in the path is the id of."),
    )
    offset = QueryCount(
        at_least=0, load_default=0, **_described("How many of the newest to leave out.")
    )
    limit = QueryCount(
        at_least=1,
        cap=MAX_PAGE,
        load_default=10,
        **_described(f"How many to list; more than {MAX_PAGE} counts as {MAX_PAGE}."),
    )


class PageQuery(Shape):
    """Which part of a list of originals to show."""

    skip = QueryCount(
        at_least=0, load_default=0, **_described("How many of the newest to leave out.")
    )
    limit = QueryCount(
        at_least=1,
        cap=MAX_PAGE,
        load_default=10,
        **_described(f"How many to list; more than {MAX_PAGE} counts as {MAX_PAGE}."),
    )


class RecordQuery(Shape):
    """How to record predictions."""

    replace = QueryFlag(
        load_default=False,
        **_described("Whether to replace what is stored with other content."),
    )


class Health(Shape):
    """The key is good, the store answers."""

    status = Text(required=True)


class HTTPValidationErrorSchema(Shape):
    """What is wrong with a request, one item a problem."""

    detail = fields.List(fields.Nested("ValidationErrorSchema"))


class ValidationErrorSchema(Shape):
    """One thing that is wrong with a request."""

    loc = fields.List(
        fields.Raw(metadata={"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        required=True,
        metadata={"title": "Location"},
    )
    msg = Text(required=True, metadata={"title": "Message"})
    type = Text(required=True, metadata={"title": "Error Type"})
    input = fields.Raw()
    ctx = Object(metadata={"title": "Context"})


class ErrorSchema(Shape):
    """Any other refusal, in a sentence."""

    detail = Text(required=True)
