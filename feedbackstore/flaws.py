"""What is wrong with a JSON text, every place of it: the slow reading, for what `documents` doubts.

It reads what breaks a rule of ours too, marks it, and then looks for the marks: a parser's own
hooks do not know where in the document they are.
"""

import json
import math
from collections.abc import Iterator
from typing import Any, Final

from feedbackstore.errors import Invalid, Loc, Problem

MAX_DIGITS: Final = 4300
"""Digits of an integer, at most: what Python itself converts (`sys.int_info`)."""

NUL: Final = "Text should not hold the NUL character (\\u0000)"

_SHOWN_LOC: Final = 10
_SHOWN_TEXT: Final = 100


class _Duplicates(dict[str, Any]):
    """An object in which a member name stood twice."""

    name: str


class _Unfit(str):
    """A number's text that has no place in a document; `type` and `msg` say why."""

    __slots__ = ("msg", "type")

    type: str
    msg: str


def decode(data: bytes) -> str:
    """The text of UTF-8 without a byte order mark. Raises Invalid for any other bytes."""
    if data.startswith(b"\xef\xbb\xbf"):
        raise Invalid(_json_invalid(0, "Unexpected UTF-8 byte order mark"))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(_json_invalid(error.start, "Not UTF-8")) from None


def checked(text: str, max_depth: int) -> Any:
    """The value of strict JSON. Raises Invalid with every place that is wrong."""
    try:
        value = _MARKING_DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise Invalid(_json_invalid(error.pos, error.msg)) from None
    except RecursionError:
        raise Invalid(_too_deep((), max_depth)) from None
    Invalid.raise_any(_walk(value, [], max_depth))
    return value


def _json_invalid(position: int, reason: str) -> Problem:
    return Problem(
        (position,), "json_invalid", f"JSON decode error: {reason}", {}, {"error": reason}
    )


def _too_deep(loc: Loc, limit: int) -> Problem:
    message = f"Objects and arrays should not be nested deeper than {limit} levels"
    return Problem(loc[:_SHOWN_LOC], "nested_too_deep", message, ctx={"max_depth": limit})


def _marked_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    marked = _Duplicates(found)
    marked.name = _first_repeated([name for name, _ in pairs])
    return marked


def _first_repeated(names: list[str]) -> str:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            break
        seen.add(name)
    return name


def _marked_integer(text: str) -> int | _Unfit:
    if len(text.lstrip("-")) <= MAX_DIGITS:
        return int(text)
    message = f"Integers should have at most {MAX_DIGITS} digits"
    return _unfit(text, "int_parsing_size", message)


def _marked_float(text: str) -> float | _Unfit:
    number = float(text)
    return _marked_constant(text) if math.isinf(number) else number


def _marked_constant(text: str) -> _Unfit:
    return _unfit(text, "finite_number", "Input should be a finite number")


def _unfit(text: str, type_: str, message: str) -> _Unfit:
    marked = _Unfit(text)
    marked.type, marked.msg = type_, message
    return marked


_MARKING_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_marked_object,
    parse_float=_marked_float,
    parse_int=_marked_integer,
    parse_constant=_marked_constant,
)


def _walk(value: Any, path: list[str | int], max_depth: int) -> Iterator[Problem]:
    """What is wrong in a parsed value, in the document's order; `path` leads to it."""
    if isinstance(value, str):
        yield from _string_problems(value, path)
    elif isinstance(value, dict | list) and len(path) >= max_depth:
        yield _too_deep(tuple(path), max_depth)
    elif isinstance(value, dict):
        if isinstance(value, _Duplicates):
            yield _duplicate(value.name, path)
        for name, member in value.items():
            path.append(_printable(name))
            yield from _string_problems(name, path)
            yield from _walk(member, path, max_depth)
            path.pop()
    elif isinstance(value, list):
        for index, item in enumerate(value):
            path.append(index)
            yield from _walk(item, path, max_depth)
            path.pop()


def _string_problems(text: str, path: list[str | int]) -> Iterator[Problem]:
    loc = tuple(path)
    if isinstance(text, _Unfit):
        yield Problem(loc, text.type, text.msg, text[:_SHOWN_TEXT])
    elif "\0" in text:
        yield Problem(loc, "string_nul", NUL)
    elif text.isascii():
        return
    elif text != _printable(text, len(text)):
        message = "Text should not hold half of a surrogate pair (\\ud800 to \\udfff alone)"
        yield Problem(loc, "string_unicode", message)


def _duplicate(name: str, path: list[str | int]) -> Problem:
    shown = _printable(name)
    message = "Member names should be unique within an object"
    return Problem((*path, shown), "duplicate_member", message, shown)


def _printable(text: str, length: int = _SHOWN_TEXT) -> str:
    """The text, cut short, in characters that UTF-8 can hold."""
    return text[:length].encode("utf-8", "backslashreplace").decode()
