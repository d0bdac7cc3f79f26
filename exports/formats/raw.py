"""The feedback itself, joined to its prediction: for analysis, or for a script of one's own."""

from typing import Any

from exports.formats.interface import RawFormat
from exports.selection import Row
from feedbackstore import documents


def to_row(selected: Row) -> dict[str, Any]:
    """The feedback's members, and `prediction` (null where none is stored)."""
    return {
        "id": selected.uuid,
        "request_id": selected.request_id,
        "agent_execution_id": selected.agent_execution_id,
        "chat_id": selected.chat_id,
        "created_at": selected.created_at,
        "response": _load(selected.response),
        "notes": selected.notes,
        "rating": selected.rating,
        "tags": _load(selected.tags),
        "flag": selected.flag,
        "prediction": None if selected.kind is None else _prediction(selected),
    }


def _prediction(selected: Row) -> dict[str, Any]:
    return {
        "kind": selected.kind,
        "id": selected.entity_id,
        "model": selected.model,
        "domain": selected.domain,
        "created_at": selected.predicted_at,
        "input": _load(selected.input),
        "output": _load(selected.output),
        "json_schema": _load(selected.json_schema),
        "tools": _load(selected.tools),
        "metadata": _load(selected.metadata),
    }


def _load(text: str | None) -> Any:
    return None if text is None else documents.load(text)


FORMATS = (
    RawFormat(
        "feedback",
        "Every piece of feedback as it was submitted, joined to its prediction.",
        to_row,
    ),
)
