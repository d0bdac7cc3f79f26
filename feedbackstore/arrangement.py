"""How a structured answer is arranged, as a number: where two are alike, nothing needs arranging.

It stands beside the text in the store: whether a correction is written in the model's own order
then shows in a comparison of two numbers, and neither text has to be read for it.
"""

from collections.abc import Iterable
from hashlib import sha256
from itertools import chain
from typing import Any, Final

from feedbackstore import messages
from feedbackstore.documents import Json

_BYTES: Final = 8

_ALIKE: Final[dict[type, str]] = dict.fromkeys((str, int, float, bool, type(None)), "s")
_FLOATS_APART: Final = _ALIKE | {float: "f"}
"""How scalars are told, where a whole number is spelled as a float: an integer may be equal."""

_NEGATIVE_ZERO: Final = "-0.0"
"""It is equal to another of its own type."""

_END: Final = "\0"
"""Of a member's name: no document holds that character, so that no two are told alike."""


def of(value: Json, text: str) -> int | None:
    """The arrangement of a value whose text this is, in 64 bits; None where it is not certain.

    Where two answers have the same, `documents.canonical` of the one like the other is the text of
    the one as it stands: members come in the same order, lists consist of items that are arranged
    alike, and no number is equal to the other's and spelled otherwise.
    """
    if type(value) not in (dict, list) or messages.is_message(value):
        return None
    marks = _ALIKE
    if _may_hold_whole_floats(text):
        if _NEGATIVE_ZERO in text:
            return None
        marks = _FLOATS_APART
    try:
        told = _told(value, marks)
    except KeyError:
        # Python that calls this may hold other types than JSON has: tuples are written as lists.
        return None
    digest = sha256(told.encode()).digest()
    return int.from_bytes(digest[:_BYTES], "big", signed=True)


def _may_hold_whole_floats(text: str) -> bool:
    # One character is found ten times as fast as two.
    return ("." in text and ".0" in text) or ("+" in text and "e+" in text)


def _told(value: Json, marks: dict[type, str]) -> str:
    kind = type(value)
    if kind is dict:
        told = _marked(value.values(), marks)
        if None in told:
            pairs = zip(told, value.values(), strict=True)
            told = [mark or _told(item, marks) for mark, item in pairs]
        return _object(value, "".join(told))
    if kind is list:
        row = _told_of_rows(value, marks)
        items = [row] if row is not None else [_told(item, marks) for item in value]
        # Further items of a list are written like its last one.
        return f"[{items[0]}]" if len(set(items)) == 1 else f"[{''.join(items)}]"
    return marks[kind]


def _told_of_rows(items: list[Json], marks: dict[type, str]) -> str | None:
    """What is told of each item, where all are objects of the same scalars, as in most lists."""
    if set(map(type, items)) != {dict} or len(set(map(tuple, items))) != 1:
        return None
    rows = list(map(dict.values, items))
    told = _mark_of_all(chain.from_iterable(rows), marks)
    if told:
        return _object(items[0], told * len(items[0]))
    columns = [_mark_of_all(column, marks) for column in zip(*rows, strict=True)]
    return _object(items[0], "".join(columns)) if all(columns) else None


def _mark_of_all(values: Iterable[Json], marks: dict[type, str]) -> str:
    """The mark that all of these scalars have; none where they differ, or one is no scalar."""
    found = {marks.get(kind, "") for kind in set(map(type, values))}
    return found.pop() if len(found) == 1 else ""


def _marked(values: Iterable[Json], marks: dict[type, str]) -> list[Any]:
    """The mark of each scalar, None for what is none."""
    return list(map(marks.get, map(type, values)))


def _object(members: dict[str, Json], told: str) -> str:
    return f"{len(members)}{{{_END.join(members)}{_END}{told}"
