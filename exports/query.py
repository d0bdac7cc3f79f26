"""What is asked of the store: feedback joined to its prediction, filtered, rivals looked up."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from peewee import JOIN, Case, Expression, ModelSelect, Value, fn

from feedbackstore import documents, feedback, ids
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


@dataclass(frozen=True, slots=True)
class Filters:
    """What to select. `since` and `until` are texts of `ids.moment`: from, and before."""

    since: str | None = None
    until: str | None = None
    kind: str | None = None
    domain: str | None = None
    model: str | None = None
    rating: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    entity_id: str | None = None
    resolve: str = "latest"

    def given(self) -> dict[str, Any]:
        """The filters that are set, by name."""
        given = {name: value for name, value in asdict(self).items() if value}
        return given | ({"tags": dict(self.tags)} if self.tags else {})


def select(project: int, filters: Filters, last: int) -> ModelSelect[Feedback]:
    """The selected feedback with the columns of `selection.Row`, as it was up to the id `last`."""
    columns = (
        *(getattr(Feedback, name) for name in _FEEDBACK),
        _superseded(filters, last),
        Prediction.id,
        Prediction.kind,
        Prediction.entity_id,
        Prediction.model,
        Prediction.domain,
        fn.COALESCE(Prediction.created_at, Prediction.recorded_at),
        *(getattr(Prediction, name) for name in _DOCUMENTS),
    )
    return filtered(Feedback.select(*columns), project, filters, last)


def filtered(
    query: ModelSelect[Feedback], project: int, filters: Filters, last: int
) -> ModelSelect[Feedback]:
    """What of the feedback in a query is selected; it comes joined to its predictions."""
    query = query.join(
        Prediction, JOIN.LEFT_OUTER, on=(Prediction.id == feedback.prediction_id())
    ).where(Feedback.project == project, Feedback.id <= last, *in_time(Feedback, filters))
    if filters.kind is not None:
        query = query.where(fn.COALESCE(Prediction.kind, feedback.kind_named()) == filters.kind)
    if filters.domain is not None:
        query = query.where(Prediction.domain == filters.domain)
    if filters.model is not None:
        query = query.where(Prediction.model == filters.model)
    if filters.rating is not None:
        query = query.where(Feedback.rating == filters.rating)
    if filters.entity_id is not None:
        query = query.where(ID_FIELDS[filters.kind or "request"] == filters.entity_id)
    for name, value in filters.tags:
        # As `documents.dump` writes it; a quote inside a string has a backslash before it.
        member = f"{documents.dump(name)}:{documents.dump(value)}"
        query = query.where(fn.REPLACE(Feedback.tags, member, "") != Feedback.tags)
    return query


def in_time(source: Any, filters: Filters) -> list[Expression]:
    """The conditions on when feedback came."""
    bounds = []
    if filters.since is not None:
        bounds.append(source.created_at >= filters.since)
    if filters.until is not None:
        bounds.append(source.created_at < filters.until)
    return bounds


def _superseded(filters: Filters, last: int) -> Any:
    """Whether other feedback on the same prediction is taken instead.

    A correction outranks a rating; among equals the latest counts, or the first.
    """
    if filters.resolve == "all":
        return Value(False)
    other = Feedback.alias()
    before = other.id < Feedback.id if filters.resolve == "first" else other.id > Feedback.id
    corrected, rated = other.response.is_null(False), other.rating.is_null(False)

    def taken(*conditions: Expression) -> Any:
        # A look-up for each kind, only that of the prediction's own being made: one for all three
        # would read every piece of feedback on an id for each piece of it.
        exists = [
            (kind, fn.EXISTS(_rivals(other, kind, filters, last).where(*conditions)))
            for kind in ids.KINDS
        ]
        return Case(Prediction.kind, exists, Value(False))

    return Case(
        None,
        [
            (Feedback.response.is_null(False), taken(before, corrected)),
            (Feedback.rating.is_null(False), taken(corrected) | taken(before, rated)),
        ],
        Value(False),
    )


def _rivals(other: Any, kind: str, filters: Filters, last: int) -> Any:
    """Other feedback on the same prediction, of this kind."""
    return other.select(other.id).where(
        other.project == Feedback.project,
        getattr(other, ID_FIELDS[kind].name) == Prediction.entity_id,
        feedback.prediction_id(other) == Prediction.id,
        other.id <= last,
        *in_time(other, filters),
    )
