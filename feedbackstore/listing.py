"""Lists to work through, the newest first, a page at a time: feedback, and what has none.

What an index cannot find is looked for in so many rows at a time: a page may then hold fewer than
were asked for, or none, and still have a next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, NamedTuple

from peewee import Case, ModelSelect, fn

from feedbackstore import filters
from feedbackstore.filters import Filters
from feedbackstore.models import ID_FIELDS, STATUSES, Feedback, Prediction

MAX_COUNTED: Final = 10_000
"""Counts end here: "10,000 or more" is all that anybody wants to know."""

_ABOUT: Final = (
    Prediction.id,
    Prediction.project,
    Prediction.kind,
    Prediction.entity_id,
    Prediction.model,
    Prediction.domain,
    Prediction.output,
    Prediction.recorded_at,
)
_LOOKED_AT: Final = 20_000
_COMPARED: Final = 1_000


class Item(NamedTuple):
    """A line of a list. `prediction` is None where none is stored, `feedback` where none is."""

    feedback: Feedback | None
    prediction: Prediction | None


class Counts(NamedTuple):
    """How many there are by status; where they are not the `whole`, there may be more."""

    by_status: dict[str, int]
    whole: bool


class Page(NamedTuple):
    """A part of a list; `next` is where the following one begins, None where this is the last."""

    items: list[Item]
    next: int | None


def page(project: int, wanted: Filters, *, before: int | None = None, limit: int = 50) -> Page:
    """The feedback with a row id below `before`, else the newest."""
    first = filters.ALL[1] if before is None else before
    floor = _floor(project, wanted, first)
    query = filters.apply(_feedback(), project, wanted, (floor, first))
    query = query.order_by(Feedback.id.desc()).limit(limit + 1)
    found = [Item(row, _about(row)) for row in query]
    if len(found) > limit:
        del found[limit:]
        return Page(found, found[-1].feedback.id)  # type: ignore[union-attr]
    return Page(found, floor + 1 if floor else None)


def uncorrected(
    project: int, wanted: Filters, *, before: int | None = None, limit: int = 50
) -> Page:
    """The predictions without feedback with a row id below `before`, else the newest.

    Of the filters, kind, domain, model, and when a prediction was recorded count.
    """
    first = _last(Prediction, project) + 1 if before is None else before
    floor = first - _LOOKED_AT
    query = (
        _without_feedback(project, wanted)
        .where(Prediction.id < first, Prediction.id >= floor)
        .order_by(Prediction.id.desc())
        .limit(limit)
    )
    found = [Item(None, row) for row in query]
    if len(found) == limit:
        return Page(found, found[-1].prediction.id)  # type: ignore[union-attr]
    return Page(found, floor if floor > 1 else None)


def before_it(project: int, wanted: Filters, after: int) -> Item | None:
    """The feedback that comes just before the row id `after` in the list, as far as it is near."""
    near = _LOOKED_AT if wanted.field is None else _COMPARED
    query = filters.apply(_feedback(), project, wanted, (after, after + near + 1))
    row = query.order_by(Feedback.id).first()
    return Item(row, _about(row)) if row is not None else None


def every(project: int, wanted: Filters, *, before: int | None = None) -> Iterator[Item]:
    """All of the feedback from there on, a page at a time."""
    while True:
        items, before = page(project, wanted, before=before)
        yield from items
        if before is None:
            return


def counts(project: int, wanted: Filters) -> Counts:
    """How much feedback there is of each status.

    Filtered, it is counted among the newest alone; nothing is counted that takes long to find.
    """
    if wanted.field is not None or wanted.search is not None:
        return Counts({}, whole=False)
    wanted = replace(wanted, statuses=STATUSES)
    if not wanted.given().keys() - {"statuses"}:
        found = {status: _count(project, status) for status in STATUSES}
        return Counts(found, whole=True)
    floor = _last(Feedback, project) - _LOOKED_AT
    query = filters.apply(Feedback.select(Feedback.status, fn.COUNT(Feedback.id)), project, wanted)
    grouped = query.where(Feedback.id > floor).group_by(Feedback.status).tuples()
    return Counts(dict.fromkeys(STATUSES, 0) | dict(grouped), whole=floor <= 0)


def count_uncorrected(project: int, wanted: Filters) -> tuple[int, bool]:
    """How many predictions have no feedback, among the newest; and whether these are all."""
    floor = _last(Prediction, project) - _LOOKED_AT
    query = _without_feedback(project, wanted).where(Prediction.id > floor)
    return int(query.count()), floor <= 0


def _feedback() -> ModelSelect[Feedback]:
    return Feedback.select(Feedback, *_ABOUT)


def _about(row: Feedback) -> Prediction | None:
    found: Prediction | None = getattr(row, "prediction", None)
    return found if found is not None and found.id is not None else None


def _without_feedback(project: int, wanted: Filters) -> ModelSelect[Prediction]:
    """Predictions on which there is nothing; one look-up for each, in the index of its kind."""
    query = Prediction.select(*_ABOUT).where(
        Prediction.project == project, Case(Prediction.kind, _has_none())
    )
    for name in ("kind", "domain", "model"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where(getattr(Prediction, name) == value)
    if wanted.week is not None:
        query = query.where(*filters.made_in(wanted.week))
    if wanted.since is not None:
        query = query.where(Prediction.recorded_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(Prediction.recorded_at < wanted.until)
    return query


def _has_none() -> list[tuple[str, Any]]:
    return [
        (
            kind,
            ~fn.EXISTS(
                Feedback.select(Feedback.id).where(
                    Feedback.project == Prediction.project, column == Prediction.entity_id
                )
            ),
        )
        for kind, column in ID_FIELDS.items()
    ]


def _floor(project: int, wanted: Filters, first: int) -> int:
    """The row id at which one page stops looking, 0 where it may look to the end.

    So many rows are looked at of those that an index finds: a project's own, or those of a status
    or on an id. Counted by their ids, a small project would have many empty pages in a large store.
    """
    found = [Feedback.project == project, Feedback.id < first]
    others = wanted.given().keys() - {"statuses", "resolve"}
    if wanted.entity_id is not None:
        found.append(ID_FIELDS[wanted.kind or "request"] == wanted.entity_id)
        others -= {"entity_id"}
    elif len(wanted.statuses) == 1:
        found.append(Feedback.status == wanted.statuses[0])
    if not others and len(wanted.statuses) in (1, len(STATUSES)):
        return 0
    span = _LOOKED_AT if wanted.field is None else _COMPARED
    query = Feedback.select(Feedback.id).where(*found).order_by(Feedback.id.desc())
    return int(query.offset(span).limit(1).scalar() or 0)


def _count(project: int, status: str) -> int:
    query = Feedback.select(Feedback.id).where(
        Feedback.project == project, Feedback.status == status
    )
    return int(query.limit(MAX_COUNTED).count())


def _last(model: Any, project: int) -> int:
    return model.select(fn.MAX(model.id)).where(model.project == project).scalar() or 0
