"""Reading the selected feedback, whole: each page in a transaction of its own, with its images.

So nobody replaces a prediction in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any, Final, NamedTuple

from peewee import fn

from exports.paging import PAGE, Pages
from exports.query import Filters, select
from feedbackstore import database, feedback, filters
from feedbackstore.images import Album
from feedbackstore.models import ID_FIELDS, Feedback
from feedbackstore.reviews import history
from feedbackstore.standings import answers, is_same

_PAGE_BYTES: Final = 16 * 1024 * 1024

_texts: Final = attrgetter(
    "response", "notes", "input", "output", "json_schema", "tools", "metadata"
)


class Row(NamedTuple):
    """One piece of feedback, joined to its prediction; documents are JSON text.

    `response` is the correction as it stands: as reviewers left it, or as it was submitted.
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


def rows(project: int, wanted: Filters, *, page: int = PAGE) -> Iterator[Row]:
    """The selected feedback in the order in which it was stored, as of the first row's reading."""
    newest = last_id(project)
    yield from Reading(project, wanted, newest, page=page).between(0, newest)


class Reading:
    """The selected feedback as it was up to the id `newest`, to be read in parts."""

    def __init__(self, project: int, wanted: Filters, newest: int, *, page: int = PAGE) -> None:
        self._project, self._wanted, self._newest = project, wanted, newest
        self._pages = Pages(select(project, wanted, newest), _row, _PAGE_BYTES, page)

    def between(self, after: int, until: int) -> Iterator[Row]:
        """What has an id beyond `after`, up to `until`, which is not above `newest`."""
        while after < until:
            found, album = self._read(after, until)
            if album or self._wanted.resolve == "agree":
                found = [self._completed(row, album) for row in found]
            yield from found
            after = found[-1].id if found else until

    def _completed(self, row: Row, album: Album) -> Row:
        if row.input is not None and (text := album.restored(row.input)) is not row.input:
            row = row._replace(input=text)
        if self._wanted.resolve != "agree" or row.response is None or row.superseded:
            return row
        return row._replace(disagreed=_disagreed(self._project, self._wanted, self._newest, row))

    def _read(self, after: int, until: int) -> tuple[list[Row], Album]:
        """A page of rows and their images: fewer rows where they are large, at least one."""
        album = Album(self._project)

        def weigh(row: Row) -> int:
            known = album.size
            album.add(row.input)
            return sum(map(len, filter(None, _texts(row)))) + album.size - known

        with database.snapshot():
            return self._pages.read(after, until, weigh), album


def _row(columns: tuple[Any, ...]) -> Row:
    row = Row(*columns)
    return row if row.flag is None else row._replace(flag=bool(row.flag))


def _disagreed(project: int, wanted: Filters, last: int, row: Row) -> bool:
    """Whether only one person said what is right for a row's prediction, or not all say the same.

    Reviewers count, each on their own; see `standings.answers`.
    """
    if row.kind is None:
        return True
    rivals = Feedback.select().where(
        Feedback.project == project,
        ID_FIELDS[row.kind] == row.entity_id,
        feedback.prediction_id() == row.prediction_id,
        Feedback.id <= last,
        feedback.correction().is_null(False),
        *filters.counting(Feedback, wanted),
    )
    said = [text for rival in rivals for text in answers(rival, history(rival))]
    first, *others = said
    return not others or None in said or not all(is_same(first, other) for other in others)


def count(project: int, wanted: Filters) -> int:
    """How many rows there are to read."""
    return int(filters.apply(Feedback.select(), project, wanted).count())


def last_id(project: int) -> int:
    """The id of the newest feedback, 0 where there is none."""
    newest = Feedback.select(fn.MAX(Feedback.id)).where(Feedback.project == project)
    return newest.scalar() or 0
