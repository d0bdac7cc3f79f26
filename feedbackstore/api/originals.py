"""The shapes of the originals: what a model was asked and answered, and how the clients see it."""

from typing import Any, Final

from marshmallow import fields, pre_dump

from feedbackstore import documents, ids, messages
from feedbackstore.api.fields import Text
from feedbackstore.api.schemas import Shape
from feedbackstore.models import Prediction

_OBJECT: Final = {"type": "object"}


class PredictionContent(Shape):
    """What a model was asked and answered.

    The fields only describe, and `load` hands on what came: `predictions.check` checks it, for an
    import reads the same objects from a file, without HTTP.
    """

    def load(self, data: Any, **_: Any) -> Any:
        """What came, as it is."""
        return data

    model = fields.Raw(metadata={"type": "string", "description": "The model that answered."})
    domain = fields.Raw(
        metadata={"type": "string", "description": "The kind of document, as document.invoice."}
    )
    created_at = fields.Raw(
        metadata={"type": "string", "format": "date-time", "description": "When it answered."}
    )
    input = fields.Raw(
        required=True,
        metadata={
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["role"],
                "properties": {"role": {"type": "string", "enum": list(messages.ROLES)}},
            },
            "description": "The OpenAI chat messages that the model was given.",
        },
    )
    output = fields.Raw(
        metadata={
            "anyOf": [_OBJECT, {"type": "array", "items": {}}, {"type": "string"}],
            "description": "The model's answer: structured, a text, or an assistant message.",
        }
    )
    json_schema = fields.Raw(
        metadata={**_OBJECT, "description": "The JSON schema that the answer was to follow."}
    )
    tools = fields.Raw(
        metadata={
            "type": "array",
            "items": _OBJECT,
            "description": "The tools that the model was offered, as OpenAI describes them.",
        }
    )
    metadata = fields.Raw(metadata={**_OBJECT, "description": "Whatever else is worth keeping."})


class PredictionRecord(PredictionContent):
    """A prediction with the kind and id that feedback names it by."""

    kind = fields.Raw(required=True, metadata={"type": "string", "enum": list(ids.KINDS)})
    id = fields.Raw(
        required=True,
        metadata={"type": "string", "minLength": 1, "maxLength": ids.MAX_LENGTH},
    )


class Recorded(Shape):
    """How many predictions were new, there already, and put in another's place."""

    created = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    replaced = fields.Integer(required=True)


class _Original(Shape):
    """What the two answers of the originals have in common."""

    id = Text(required=True)
    created_at = Text(required=True, metadata={"format": "date-time"})
    completed_at = Text(allow_none=True, metadata={"format": "date-time"})
    response = fields.Raw(allow_none=True)
    status = Text(required=True, metadata={"enum": ["pending", "completed"]})
    usage = fields.Raw(required=True, metadata=_OBJECT)

    @pre_dump
    def _seen_from_outside(self, stored: Prediction, **_: Any) -> dict[str, Any]:
        answered = stored.output is not None
        output = documents.load(stored.output) if stored.output is not None else None
        return {
            "id": stored.entity_id,
            "created_at": stored.created_at or stored.recorded_at,
            "completed_at": (stored.created_at or stored.recorded_at) if answered else None,
            "response": self.response_of(output),
            "status": "completed" if answered else "pending",
            "usage": {},
            "domain": stored.domain,
            "name": stored.domain or stored.model or stored.entity_id,
            "execution_mode": None,
        }

    def response_of(self, output: documents.Json) -> documents.Json:
        """The model's answer as this shape shows it."""
        return output


class PredictionResponse(_Original):
    """A stored prediction as the hosted service shows one."""

    domain = Text(allow_none=True)


class AgentExecutionResponse(_Original):
    """A stored agent execution as the hosted service shows one."""

    name = Text(required=True)
    response = fields.Raw(allow_none=True, metadata=_OBJECT)
    execution_mode = Text(allow_none=True)

    def response_of(self, output: documents.Json) -> documents.Json:
        """An object, for the clients take no other: a text is shown as the message it is."""
        if output is None or isinstance(output, dict):
            return output
        content = output if isinstance(output, str) else documents.dump(output)
        return {"role": "assistant", "content": content}
