"""Which feedback is meant: one set of filters for the review page, the API and every export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from peewee import JOIN, Expression, ModelSelect, Value, fn

from feedbackstore import documents, feedback, flaws, ids
from feedbackstore.database import proxy
from feedbackstore.errors import Invalid, Problem
from feedbackstore.evaluations.changes import changed_fields
from feedbackstore.models import (
    APPROVED,
    DISPUTED,
    ID_FIELDS,
    PENDING,
    STATUSES,
    Feedback,
    Prediction,
)

NOT_REJECTED: Final = (PENDING, DISPUTED, APPROVED)

MAX_SEARCH: Final = 1_000
"""SQLite takes no pattern of more than 50,000 bytes, and fails of a longer one."""

ALL: Final = (0, 2**63 - 1)
"""No id of feedback is beyond these two."""

_ASKED_AT_ONCE: Final = 1_000
_UNSET: Final = (None, False, ())
_CHANGES: Final = "feedback_changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What to select. `since` and `until` are texts of `ids.moment`: from, and before.

    `field` is one that the correction changes, as evaluations call it; `search` is looked for in
    notes and corrections, `week` is that in which the prediction was made: 2026-W45. A `viewer`,
    the row id of a key, is one who finds nothing by what others wrote while all review blindly.
    """

    since: str | None = None
    until: str | None = None
    kind: str | None = None
    domain: str | None = None
    model: str | None = None
    rating: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    entity_id: str | None = None
    statuses: tuple[str, ...] = NOT_REJECTED
    field: str | None = None
    has_notes: bool = False
    week: str | None = None
    search: str | None = None
    viewer: int | None = None

    def __post_init__(self) -> None:
        Invalid.raise_any(search_problems(self.search or ""))

    def given(self) -> dict[str, Any]:
        """The filters that are set, by name."""
        given = {name: value for name, value in asdict(self).items() if value not in _UNSET}
        given.pop("viewer", None)
        if self.tags:
            given["tags"] = dict(self.tags)
        if set(self.statuses) == set(NOT_REJECTED):
            del given["statuses"]
        return given


def search_problems(text: str) -> Iterator[Problem]:
    """Why a text cannot be looked for."""
    if len(text) > MAX_SEARCH:
        message = f"A text to look for has at most {MAX_SEARCH} characters"
        yield Problem(("search",), "string_too_long", message)
    if "\0" in text:
        # No text has one, and SQLite would look for what is before it.
        yield Problem(("search",), "string_nul", flaws.NUL)


def register() -> None:
    """Teach the open database, if it can be, to tell which fields a correction changes."""
    if proxy.calls_python:
        proxy.define(_CHANGES, _changes, 3)


def apply(
    query: ModelSelect[Any], project: int, filters: Filters, between: tuple[int, int] = ALL
) -> ModelSelect[Any]:
    """What of the feedback in a query is meant; it comes joined to its predictions.

    Its ids are between those two, and neither of them.
    """
    source = Feedback
    if between != ALL:
        query = query.where(Feedback.id > between[0], Feedback.id < between[1])
    query = query.join(
        Prediction, JOIN.LEFT_OUTER, on=(Prediction.id == feedback.prediction_id())
    ).where(source.project == project, *counting(source, filters))
    if filters.kind is not None:
        query = query.where(fn.COALESCE(Prediction.kind, feedback.kind_named()) == filters.kind)
    if filters.domain is not None:
        query = query.where(Prediction.domain == filters.domain)
    if filters.model is not None:
        query = query.where(Prediction.model == filters.model)
    if filters.week is not None:
        query = query.where(*made_in(filters.week))
    if filters.entity_id is not None:
        query = query.where(ID_FIELDS[filters.kind or "request"] == filters.entity_id)
    for name, value in filters.tags:
        query = query.where(has_tag(name, value))
    return query.where(*_said(project, filters, between))


def has_tag(name: str, value: str) -> Expression:
    """The condition on feedback that it has a tag."""
    # As `documents.dump` writes it; a quote inside a string has a backslash before it.
    member = f"{documents.dump(name)}:{documents.dump(value)}"
    return fn.REPLACE(Feedback.tags, member, "") != Feedback.tags


def made_in(week: str) -> tuple[Expression, Expression]:
    """The conditions on a prediction that it was made in a week; it was then recorded, if need be.

    Raises ValueError, in words, for what is no week.
    """
    made = fn.COALESCE(Prediction.created_at, Prediction.recorded_at)
    start, end = ids.parse_week(week)
    return made >= start, made < end


def counting(source: Any, filters: Filters) -> list[Expression]:
    """The conditions on feedback that hold for its rivals too: when it came, where it stands."""
    found = []
    if filters.since is not None:
        found.append(source.created_at >= filters.since)
    if filters.until is not None:
        found.append(source.created_at < filters.until)
    left_out = [status for status in STATUSES if status not in filters.statuses]
    if len(filters.statuses) == 1:
        found.append(source.status == filters.statuses[0])
    elif left_out:
        # Said like this, no index on the status is taken for it: the order of the ids matters more.
        found.append(source.status.not_in(left_out))
    return found


def _said(project: int, filters: Filters, between: tuple[int, int]) -> list[Any]:
    """The conditions on what the feedback says."""
    source, found = Feedback, list[Any]()
    if filters.rating is not None:
        found.append(source.rating == filters.rating)
    if filters.has_notes:
        found.append(fn.COALESCE(source.notes, "") != "")
    if filters.search:
        correction = feedback.correction()
        found.append(source.notes.contains(filters.search) | correction.contains(filters.search))
    if filters.field is not None:
        found.append(_changing(project, filters.field, between))
    if found and filters.viewer is not None:
        own = source.author.is_null() | (source.author == filters.viewer)
        found.append(own | (source.status != PENDING))
    return found


def _changing(project: int, field: str, between: tuple[int, int]) -> Any:
    """The condition on feedback that its correction changes a field."""
    correction = feedback.correction()
    if proxy.calls_python:
        return getattr(fn, _CHANGES)(Prediction.output, correction, field) == 1
    # What SQL cannot ask of each row is asked here, once.
    rows: Any = Feedback.select(Feedback.id, Prediction.output, correction).join(
        Prediction, on=(Prediction.id == feedback.prediction_id())
    )
    rows = rows.where(Feedback.project == project, correction.is_null(False))
    found, (after, before) = [], between
    while some := list(
        rows.where(Feedback.id > after, Feedback.id < before)
        .order_by(Feedback.id)
        .limit(_ASKED_AT_ONCE)
        .tuples()
    ):
        found += [row for row, *texts in some if _changes(texts[0], texts[1], field)]
        after = some[-1][0]
    return Feedback.id == fn.ANY(Value(found, unpack=False))


def _changes(output: str | None, correction: str | None, field: str) -> int:
    return int(field in changed_fields(output, correction))
