"""What is asked of the store: feedback joined to its prediction, filtered, rivals looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from peewee import Case, Expression, ModelSelect, Value, fn

from feedbackstore import database, feedback, filters, ids
from feedbackstore.models import ID_FIELDS, Feedback, Prediction

RESOLVES: Final = ("latest", "first", "all", "agree")

_DOCUMENTS: Final = ("input", "output", "json_schema", "tools", "metadata")

_FEEDBACK: Final = (
    "id",
    "uuid",
    "request_id",
    "agent_execution_id",
    "chat_id",
    "response",
    "notes",
    "rating",
    "tags",
    "flag",
    "created_at",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters(filters.Filters):
    """What to select, and which of several corrections of one prediction: one of `RESOLVES`."""

    resolve: str = "latest"


def select(project: int, wanted: Filters, last: int) -> ModelSelect[Feedback]:
    """The selected feedback with the columns of `selection.Row`.

    Other feedback takes its place where it has an id up to `last`.
    """
    columns = (
        *(_column(name) for name in _FEEDBACK),
        _superseded(wanted, last),
        Prediction.id,
        Prediction.kind,
        Prediction.entity_id,
        Prediction.model,
        Prediction.domain,
        fn.COALESCE(Prediction.created_at, Prediction.recorded_at),
        *(getattr(Prediction, name) for name in _DOCUMENTS),
    )
    return filters.apply(Feedback.select(*columns), project, wanted)


def select_texts(project: int, wanted: Filters, last: int) -> ModelSelect[Feedback]:
    """The same feedback with the columns of `splice.Texts`."""
    alike = Feedback.arrangement == Prediction.arrangement
    approved = Case(None, [(Feedback.rating == "up", Prediction.output)])
    texts = (
        Prediction.input,
        fn.COALESCE(feedback.correction(), approved),
        # Where the two are alike nobody looks at it.
        Case(None, [(alike, None)], Prediction.output),
        Prediction.tools,
    )
    columns = (
        Feedback.id,
        Feedback.uuid,
        Prediction.domain,
        Prediction.model,
        _superseded(wanted, last),
        alike,
        # As they are on the disk: a line is bytes again.
        *map(database.as_bytes, texts),
    )
    return filters.apply(Feedback.select(*columns), project, wanted)


def _column(name: str) -> Any:
    return feedback.correction() if name == "response" else getattr(Feedback, name)


def _superseded(wanted: Filters, last: int) -> Any:
    """Whether other feedback on the same prediction is taken instead.

    A correction outranks a rating; among equals the latest counts, or the first.
    """
    if wanted.resolve == "all":
        return Value(False)
    other = Feedback.alias()
    before = other.id < Feedback.id if wanted.resolve == "first" else other.id > Feedback.id
    corrected, rated = feedback.correction(other).is_null(False), other.rating.is_null(False)

    def taken(*conditions: Expression) -> Any:
        # A look-up for each kind, only that of the prediction's own being made: one for all three
        # would read every piece of feedback on an id for each piece of it.
        exists = [
            (kind, fn.EXISTS(_rivals(other, kind, wanted, last).where(*conditions)))
            for kind in ids.KINDS
        ]
        return Case(Prediction.kind, exists, Value(False))

    return Case(
        None,
        [
            (feedback.correction().is_null(False), taken(before, corrected)),
            (Feedback.rating.is_null(False), taken(corrected) | taken(before, rated)),
        ],
        Value(False),
    )


def _rivals(other: Any, kind: str, wanted: Filters, last: int) -> Any:
    """Other feedback on the same prediction, of this kind."""
    return other.select(other.id).where(
        other.project == Feedback.project,
        getattr(other, ID_FIELDS[kind].name) == Prediction.entity_id,
        feedback.prediction_id(other) == Prediction.id,
        other.id <= last,
        *filters.counting(other, wanted),
    )
