"""Which feedback is meant: one set of filters for the review page, the API and every export."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from peewee import JOIN, Expression, ModelSelect, fn

from feedbackstore import database, documents, feedback, ids
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
        if self.search is not None and len(self.search) > MAX_SEARCH:
            message = f"A text to look for has at most {MAX_SEARCH} characters"
            raise Invalid(Problem(("search",), "string_too_long", message))

    def given(self) -> dict[str, Any]:
        """The filters that are set, by name."""
        given = {name: value for name, value in asdict(self).items() if value not in _UNSET}
        given.pop("viewer", None)
        if self.tags:
            given["tags"] = dict(self.tags)
        if set(self.statuses) == set(NOT_REJECTED):
            del given["statuses"]
        return given


def register() -> None:
    """Teach the open database to tell which fields a correction changes; see `Filters.field`."""
    database.define(_CHANGES, _changes, 3)


def apply(query: ModelSelect[Any], project: int, filters: Filters) -> ModelSelect[Any]:
    """What of the feedback in a query is meant; it comes joined to its predictions."""
    source = Feedback
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
    return query.where(*_said(filters))


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


def _said(filters: Filters) -> list[Any]:
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
        changes = getattr(fn, _CHANGES)
        found.append(changes(Prediction.output, feedback.correction(), filters.field) == 1)
    if found and filters.viewer is not None:
        own = source.author.is_null() | (source.author == filters.viewer)
        found.append(own | (source.status != PENDING))
    return found


def _changes(output: str | None, correction: str | None, field: str) -> int:
    return int(field in changed_fields(output, correction))
