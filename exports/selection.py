"""Which feedback goes into a dataset: filters, several corrections of one prediction, reading.

Rows are read in the order of their ids, a page at a time, each page in a transaction of its own,
with its images: so nobody replaces a prediction in between, and no read transaction outlives its
page: a long export never holds back the server's log.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from peewee import JOIN, Case, Expression, ModelSelect, Value, fn

from feedbackstore import documents, feedback, ids
from feedbackstore.database import proxy
from feedbackstore.images import Album
from feedbackstore.models import ID_FIELDS, Feedback, Prediction

RESOLVES: Final = ("latest", "first", "all", "agree")

_DOCUMENTS: Final = ("input", "output", "json_schema", "tools", "metadata")

_PAGE: Final = 500
_PAGE_BYTES: Final = 16 * 1024 * 1024


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


class Row(NamedTuple):
    """One piece of feedback, joined to its prediction; documents are JSON text.

    `superseded` tells that `resolve` takes another correction of the same prediction. Everything
    from `prediction_id` on is None where there is no prediction.
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
    prediction_id: int | None
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
    disagreed: bool = False


def rows(project: int, filters: Filters, *, page: int = _PAGE) -> Iterator[Row]:
    """The selected feedback in the order in which it was stored, as of the first row's reading."""
    last = _last_id(project)
    seen = 0
    while True:
        query = _select(project, filters, last).where(Feedback.id > seen)
        found, album = _read(project, query.order_by(Feedback.id).limit(page))
        for row in found:
            whole = row if row.input is None else row._replace(input=album.restored(row.input))
            if filters.resolve == "agree" and row.response is not None and not row.superseded:
                whole = whole._replace(disagreed=_disagreed(project, filters, last, row))
            yield whole
        if not found:
            return
        seen = found[-1].id


def _disagreed(project: int, filters: Filters, last: int, row: Row) -> bool:
    """Whether there is only one correction of a row's prediction, or not all are equal."""
    if row.kind is None:
        return True
    corrections = Feedback.select(Feedback.response).where(
        Feedback.project == project,
        ID_FIELDS[row.kind] == row.entity_id,
        feedback.prediction_id() == row.prediction_id,
        Feedback.id <= last,
        Feedback.response.is_null(False),
        *_in_time(Feedback, filters),
    )
    first, *others = [documents.load(text) for (text,) in _tuples(corrections)]
    return not others or not all(documents.same(first, other) for other in others)


def _read(project: int, query: ModelSelect[Feedback]) -> tuple[list[Row], Album]:
    """A page of rows and their images: fewer rows where they are large, at least one."""
    album, found, size = Album(project), [], 0
    with proxy.atomic():
        for columns in _tuples(query):
            row = Row(*columns)
            found.append(row)
            album.add(row.input)
            size += sum(len(value) for value in row if isinstance(value, str))
            if size + album.size >= _PAGE_BYTES:
                break
    return found, album


def count(project: int, filters: Filters) -> int:
    """How many rows there are to read."""
    return int(_filtered(Feedback.select(), project, filters, _last_id(project)).count())


def _tuples(query: ModelSelect[Feedback]) -> Iterator[tuple[Any, ...]]:
    found: Any = query.tuples().iterator()
    return iter(found)


def _last_id(project: int) -> int:
    newest = Feedback.select(fn.MAX(Feedback.id)).where(Feedback.project == project)
    return newest.scalar() or 0


def _select(project: int, filters: Filters, last: int) -> ModelSelect[Feedback]:
    columns = (
        *(getattr(Feedback, name) for name in Row._fields[:11]),
        _superseded(filters, last),
        Prediction.id,
        Prediction.kind,
        Prediction.entity_id,
        Prediction.model,
        Prediction.domain,
        fn.COALESCE(Prediction.created_at, Prediction.recorded_at),
        *(getattr(Prediction, name) for name in _DOCUMENTS),
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
    if filters.rating is not None:
        query = query.where(Feedback.rating == filters.rating)
    if filters.entity_id is not None:
        query = query.where(ID_FIELDS[filters.kind or "request"] == filters.entity_id)
    for name, value in filters.tags:
        # As `documents.dump` writes it; a quote inside a string has a backslash before it.
        member = f"{documents.dump(name)}:{documents.dump(value)}"
        query = query.where(fn.REPLACE(Feedback.tags, member, "") != Feedback.tags)
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
        *_in_time(other, filters),
    )
