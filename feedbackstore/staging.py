"""Predictions on their way in: kept in temporary tables until one short transaction moves them.

The tables are the connection's own, in a file that has no name: filling them takes no lock, and
however many predictions come, memory holds a few. What `verdicts` finds out about them and what
`moving` has to do stands in tables too, so that SQLite does it without Python.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any, Final

from feedbackstore import database, images

Content = dict[str, Any]

DOCUMENTS: Final = ("input", "output", "json_schema", "tools", "metadata")
"""The columns that hold JSON text."""

COLUMNS: Final = ("kind", "entity_id", "model", "domain", "created_at", *DOCUMENTS)
"""What a prediction consists of, as far as its caller says."""

STORED: Final = (*COLUMNS, "arrangement")
"""What is stored of it: that, and what follows from it."""

_ROWS: Final = 1000
_CHARACTERS: Final = 4_000_000

_TABLES: Final = {
    "staged": f"number INTEGER PRIMARY KEY, {' TEXT, '.join(COLUMNS)} TEXT, arrangement BIGINT",
    "staged_image": "sha256 TEXT PRIMARY KEY, data BLOB",
    "staged_link": "number INTEGER, sha256 TEXT, PRIMARY KEY (number, sha256)",
    # What is stored under each one's kind and id, if anything: its row, since when, how it differs.
    "staged_verdict": "kind TEXT, entity_id TEXT, number INTEGER, stored INTEGER, seen TEXT,"
    " verdict TEXT, PRIMARY KEY (kind, entity_id, number)",
    # Which of them to write, in the order of their places, and the rows that they replace.
    "staged_move": "place INTEGER PRIMARY KEY, number INTEGER, stored INTEGER",
    "staged_dropped": "image INTEGER PRIMARY KEY",
}
_JOINED: Final = ("prediction", "staged", "staged_image", "staged_link")
"""What is to be looked up row by row, and is filled before."""
_WITHOUT_ROWID: Final = ("staged_link", "staged_verdict")
_INSERT: Final = f"INSERT INTO temp.staged VALUES (?{', ?' * len(STORED)})"

_content: Final = itemgetter(*STORED)


@contextmanager
def opened(numbered: Iterable[tuple[int, Content]]) -> Iterator[None]:
    """Stage predictions, each under its number, for as long as the block lasts.

    Raises Unavailable where the temporary file cannot grow.
    """
    _create()
    try:
        if _fill(numbered) > _ROWS:
            database.proxy.take_samples(_JOINED)
        yield
    finally:
        for table in _TABLES:
            execute(f"DELETE FROM temp.{table}")


def names() -> Iterator[tuple[int, tuple[str, str]]]:
    """Each one's number, and the kind and id that it is to be stored under."""
    for number, kind, entity_id in execute("SELECT number, kind, entity_id FROM temp.staged"):
        yield number, (kind, entity_id)


def leave_out(numbers: Iterable[int]) -> None:
    """Forget some of them again."""
    _insert("DELETE FROM temp.staged WHERE number = ?", [(number,) for number in numbers])


def execute(sql: str, *values: int | str | None) -> Any:
    """Run one statement on the staged predictions and the store's; its cursor."""
    return database.run(sql, values)


def _create() -> None:
    database.proxy.prepare_temporary()
    for table, columns in _TABLES.items():
        options = " WITHOUT ROWID" if table in _WITHOUT_ROWID else ""
        execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} ({columns}){options}")


def _fill(numbered: Iterable[tuple[int, Content]]) -> int:
    """Stage predictions; how many."""
    rows: list[tuple[int | str | None, ...]] = []
    size = count = 0
    for number, content in numbered:
        text = _without_images(number, content["input"] or "")
        rows.append((number, *_content(content | {"input": text})))
        count += 1
        size += len(text) + len(content["output"] or "")
        if len(rows) == _ROWS or size > _CHARACTERS:
            _insert(_INSERT, rows)
            rows, size = [], 0
    _insert(_INSERT, rows)
    return count


def _without_images(number: int, text: str) -> str:
    text, found = images.apart(text)
    if found:
        _insert(
            "INSERT INTO temp.staged_image VALUES (?, ?) ON CONFLICT DO NOTHING",
            list(found.items()),
        )
        links = [(number, sha256) for sha256 in found]
        _insert("INSERT INTO temp.staged_link VALUES (?, ?)", links)
    return text


def _insert(sql: str, rows: Sequence[tuple[int | str | bytes | None, ...]]) -> None:
    """Insert rows in one transaction, on the connection itself: models cost ten times as much."""
    database.proxy.run_many(sql, rows)
