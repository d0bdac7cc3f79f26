"""Answers side by side, value by value, with what differs between them."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from feedbackstore import documents
from feedbackstore.documents import Json
from feedbackstore.evaluations.findings import item, member

MAX_ROWS: Final = 1000

ABSENT: Final = object()
"""In the place of a value that one of the answers does not have."""

SAME: Final = "same"
CHANGED: Final = "changed"
ADDED: Final = "added"
REMOVED: Final = "removed"


class Row(NamedTuple):
    """A place in the answers: its name, its way as evaluations have it, and a text for each.

    A text is None where an answer has no such place. `state` tells how the last differs from the
    first.
    """

    name: str
    field: str
    texts: tuple[str | None, ...]
    state: str


class Table(NamedTuple):
    """The rows of a comparison; `cut` tells that there are more."""

    rows: list[Row]
    cut: bool

    @property
    def differing(self) -> list[Row]:
        """The rows in which not all say the same."""
        return [row for row in self.rows if row.state != SAME]


def table(*answers: Any) -> Table:
    """Answers side by side: of each place that one of them has, what every one says there."""
    found = list(islice(_rows("", "", list(answers)), MAX_ROWS + 1))
    return Table(found[:MAX_ROWS], len(found) > MAX_ROWS)


def _rows(name: str, field: str, values: Sequence[Any]) -> Iterator[Row]:
    there = [value for value in values if value is not ABSENT]
    if there and all(isinstance(value, dict) and value for value in there):
        for key in dict.fromkeys(key for value in reversed(there) for key in value):
            inner = [_get(value, key) for value in values]
            yield from _rows(member(name, key), member(field, key), inner)
    elif there and all(isinstance(value, list) and value for value in there):
        for index, inner in enumerate(_aligned(values)):
            yield from _rows(f"{name}[{index}]", item(field), inner)
    else:
        yield Row(name, field, tuple(map(_text, values)), _state(values))


def _get(value: Any, key: str) -> Any:
    return ABSENT if value is ABSENT else value.get(key, ABSENT)


def _aligned(lists: Sequence[Any]) -> Iterator[list[Any]]:
    """The items that belong together: by position, once equal beginnings and ends are taken.

    So an item more or less does not shift everything after it.
    """
    present = [value if value is not ABSENT else None for value in lists]
    known = [value for value in present if value is not None]
    shortest = min(map(len, known))
    head = _equal(known, range(shortest))
    tail = _equal(known, range(-1, head - shortest - 1, -1))
    for index in range(max(map(len, known)) - tail):
        yield [_at(value, index, tail) for value in present]
    for index in range(-tail, 0):
        yield [ABSENT if value is None else value[index] for value in present]


def _equal(lists: Sequence[list[Any]], places: range) -> int:
    """How many of these places hold the same in all lists, up to the first that does not."""
    for number, place in enumerate(places):
        first, *others = (value[place] for value in lists)
        if not all(documents.same(first, other) for other in others):
            return number
    return len(places)


def _at(value: list[Any] | None, index: int, tail: int) -> Any:
    return value[index] if value is not None and index < len(value) - tail else ABSENT


def _state(values: Sequence[Any]) -> str:
    first, last = values[0], values[-1]
    if all(_same(first, value) for value in values):
        return SAME
    if first is ABSENT:
        return ADDED
    return REMOVED if last is ABSENT else CHANGED


def _same(one: Any, other: Any) -> bool:
    if one is ABSENT or other is ABSENT:
        return one is other
    return documents.same(one, other)


def _text(value: Any) -> str | None:
    """A value as people read it: strings without quotes, unless that would mislead."""
    if value is ABSENT:
        return None
    if isinstance(value, str) and value.strip() and not _looks_like_json(value):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2 if value else None)


def _looks_like_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def value_of(text: str | None) -> Json:
    """The value that a stored text holds, None where there is none."""
    return None if text is None else documents.load(text)
