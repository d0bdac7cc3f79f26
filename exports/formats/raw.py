"""The feedback itself, joined to its prediction: for analysis, or for a script of one's own."""

from collections.abc import Iterator
from typing import Any, Final

from exports.formats.interface import Format, Task, TrainingRow
from exports.formats.rules import anything
from exports.selection import Row
from feedbackstore import documents
from feedbackstore.checks import members, text


def to_rows(selected: Row) -> Iterator[TrainingRow]:
    """The feedback's members, and `prediction` (null where none is stored)."""
    yield {
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


FORMATS: Final = (
    Format(
        name="feedback",
        help="Every piece of feedback, its correction as it stands now, joined to its prediction.",
        readers="scripts and notebooks",
        task=Task.RAW,
        to_rows=to_rows,
        check=members({"id": text, "created_at": text}, {"prediction": anything}),
        raw=True,
        resolve="all",
    ),
)
