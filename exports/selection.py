"""Which feedback goes into a dataset: filters, several corrections of one prediction, reading.

Rows are read in the order of their ids, a page at a time, each page a query of its own: no read
transaction outlives its page, so a long export never holds back the server's log.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from peewee import JOIN, Expression, ModelSelect, Value, fn

from feedbackstore import feedback, ids
from feedbackstore.models import ID_FIELDS, Feedback, Prediction

RESOLVES: Final = ("latest", "first", "all")

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Filters:
    """What to select. `since` and `until` are texts of `ids.moment`: from, and before."""

    since: str | None = None
    until: str | None = None
    kind: str | None = None
    domain: str | None = None
    model: str | None = None
    resolve: str = "latest"

    def given(self) -> dict[str, str]:
        """The filters that are set, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class Row(NamedTuple):
    """One piece of feedback, joined to its prediction; documents are JSON text.

    `superseded` tells that `resolve` takes another correction of the same prediction. Everything
    from `kind` on is None where there is no prediction.
    """

    id: int
    uuid: str
    request_id: str | None
    agent_execution_id: str | None
    chat_id: str | None
    response: str | None
    notes: str | None
    rating: str | None
    tags: str | None
    flag: bool | None
    created_at: str
    superseded: bool
    kind: str | None
    entity_id: str | None
    model: str | None
    domain: str | None
    predicted_at: str | None
    input: str | None
    output: str | None
    json_schema: str | None
    tools: str | None
    metadata: str | None


def rows(project: int, filters: Filters, *, page: int = _PAGE) -> Iterator[Row]:
    """The selected feedback in the order in which it was stored, as of the first row's reading."""
    last = _last_id(project)
    seen = 0
    while True:
        query = _select(project, filters, last).where(Feedback.id > seen)
        found = [Row(*row) for row in _tuples(query.order_by(Feedback.id).limit(page))]
        yield from found
        if len(found) < page:
            return
        seen = found[-1].id


def count(project: int, filters: Filters) -> int:
    """How many rows there are to read."""
    return int(_filtered(Feedback.select(), project, filters, _last_id(project)).count())


def _tuples(query: ModelSelect[Feedback]) -> Iterator[tuple[Any, ...]]:
    found: Any = query.tuples()
    return iter(found)


def _last_id(project: int) -> int:
    newest = Feedback.select(fn.MAX(Feedback.id)).where(Feedback.project == project)
    return newest.scalar() or 0


def _select(project: int, filters: Filters, last: int) -> ModelSelect[Feedback]:
    columns = (
        *(getattr(Feedback, name) for name in Row._fields[:11]),
        _superseded(filters, last),
        Prediction.kind,
        Prediction.entity_id,
        Prediction.model,
        Prediction.domain,
        fn.COALESCE(Prediction.created_at, Prediction.recorded_at),
        *(getattr(Prediction, name) for name in Row._fields[-5:]),
    )
    return _filtered(Feedback.select(*columns), project, filters, last)


def _filtered(
    query: ModelSelect[Feedback], project: int, filters: Filters, last: int
) -> ModelSelect[Feedback]:
    query = query.join(
        Prediction, JOIN.LEFT_OUTER, on=(Prediction.id == feedback.prediction_id())
    ).where(Feedback.project == project, Feedback.id <= last, *_in_time(Feedback, filters))
    if filters.kind is not None:
        query = query.where(fn.COALESCE(Prediction.kind, feedback.kind_named()) == filters.kind)
    if filters.domain is not None:
        query = query.where(Prediction.domain == filters.domain)
    if filters.model is not None:
        query = query.where(Prediction.model == filters.model)
    return query


def _in_time(source: Any, filters: Filters) -> list[Expression]:
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
    goes_before = other.id > Feedback.id if filters.resolve == "latest" else other.id < Feedback.id
    corrected, other_corrected = Feedback.response.is_null(False), other.response.is_null(False)
    both_rated = ~corrected & ~other_corrected & other.rating.is_null(False)
    same_entity = [
        (other.project == Feedback.project)
        & (Prediction.kind == kind)
        & (getattr(other, ID_FIELDS[kind].name) == Prediction.entity_id)
        for kind in ids.KINDS
    ]
    taken = other.select(other.id).where(
        functools.reduce(operator.or_, same_entity),
        feedback.prediction_id(other) == Prediction.id,
        other.id <= last,
        *_in_time(other, filters),
        (other_corrected & (~corrected | goes_before)) | (both_rated & goes_before),
    )
    return (corrected | (Feedback.rating == "up")) & fn.EXISTS(taken)
