"""The predictions in scope, each with the feedback that counts on it.

Read a page at a time, each in a transaction of its own, in the order in which an index has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from peewee import JOIN, Expression, ModelSelect, fn

from feedbackstore import feedback, ids
from feedbackstore.models import ID_FIELDS, REJECTED, Feedback, Prediction

_PAGE: Final = 500
_PAGE_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Scope:
    """Which predictions. `since` and `until` are texts of `ids.moment`: made from, and before."""

    since: str | None = None
    until: str | None = None
    kind: str | None = None
    domain: str | None = None
    model: str | None = None

    def given(self) -> dict[str, str]:
        """What is set, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class Row(NamedTuple):
    """A prediction, and what was said of it; documents are JSON text.

    `made_at` is when the model answered, as far as that is known, else when it was recorded.
    `feedback_id` is None where nobody said anything.
    """

    id: int
    made_at: str
    model: str | None
    domain: str | None
    output: str | None
    feedback_id: int | None
    response: str | None
    rating: str | None


def rows(project: int, scope: Scope, *, page: int = _PAGE) -> Iterator[Row]:
    """The predictions in scope, as of the first one's reading."""
    last_prediction = _last(Prediction, project)
    last_feedback = _last(Feedback, project)
    for kind in _kinds(scope):
        query = _select(project, scope, kind, last_feedback).where(Prediction.id <= last_prediction)
        seen = 0
        while found := _read(query.where(Prediction.id > seen).limit(page)):
            yield from found
            seen = found[-1].id


def count(project: int, scope: Scope) -> int:
    """How many predictions are in scope."""
    return sum(
        _in_scope(Prediction.select(), project, scope, kind).count() for kind in _kinds(scope)
    )


def _kinds(scope: Scope) -> tuple[str, ...]:
    # One after the other: the index that has a project's predictions in order begins with both.
    return ids.KINDS if scope.kind is None else (scope.kind,)


def _last(model: Any, project: int) -> int:
    return model.select(fn.MAX(model.id)).where(model.project == project).scalar() or 0


def _read(query: ModelSelect[Prediction]) -> list[Row]:
    """A page of rows: fewer where they are large, at least one."""
    found: list[Row] = []
    size = 0
    cursor: Any = query.tuples().iterator()
    for columns in cursor:
        row = Row(*columns)
        found.append(row)
        size += len(row.output or "") + len(row.response or "")
        if size >= _PAGE_BYTES:
            break
    return found


def _select(project: int, scope: Scope, kind: str, last: int) -> ModelSelect[Prediction]:
    query = Prediction.select(
        Prediction.id,
        _made_at(),
        Prediction.model,
        Prediction.domain,
        Prediction.output,
        Feedback.id,
        feedback.correction(),
        Feedback.rating,
    ).join(Feedback, JOIN.LEFT_OUTER, on=(Feedback.id == _that_counts(kind, last)))
    return _in_scope(query, project, scope, kind).order_by(Prediction.id)


def _made_at() -> Any:
    return fn.COALESCE(Prediction.created_at, Prediction.recorded_at)


def _in_scope(
    query: ModelSelect[Prediction], project: int, scope: Scope, kind: str
) -> ModelSelect[Prediction]:
    query = query.where(Prediction.project == project, Prediction.kind == kind)
    if scope.since is not None:
        query = query.where(_made_at() >= scope.since)
    if scope.until is not None:
        query = query.where(_made_at() < scope.until)
    if scope.domain is not None:
        query = query.where(Prediction.domain == scope.domain)
    if scope.model is not None:
        query = query.where(Prediction.model == scope.model)
    return query


def _that_counts(kind: str, last: int) -> Any:
    """The feedback on a prediction that counts, as `flask export-jsonl --resolve latest` has it.

    A correction outranks a rating, a rating whatever else was said; among equals the latest counts.
    What reviewers rejected was never said.
    """
    other = Feedback.alias()

    def latest(*conditions: Expression) -> Any:
        return other.select(fn.MAX(other.id)).where(
            other.project == Prediction.project,
            getattr(other, ID_FIELDS[kind].name) == Prediction.entity_id,
            feedback.prediction_id(other) == Prediction.id,
            other.id <= last,
            other.status != REJECTED,
            *conditions,
        )

    return fn.COALESCE(
        latest(feedback.correction(other).is_null(False)),
        latest(other.rating.is_null(False)),
        latest(),
    )
