"""JSON as data that we keep: parsed strictly, written exactly, compared by value.

Strict means I-JSON (RFC 7493) and a little more: UTF-8 without a byte order mark, no duplicate
member names, no lone surrogates, no NUL, no numbers beyond a double's range, bounded nesting and
digits. What `parse` lets in, `dump` writes and every backend, client and trainer can read back.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from feedbackstore.errors import Invalid, Loc, Problem

Json = Any

MAX_DEPTH: Final = 100
"""Objects and arrays inside one another in one document, at most."""

MAX_DIGITS: Final = 4300
"""Digits of an integer, at most: what Python itself converts (`sys.int_info`)."""

_SHOWN_LOC: Final = 10
_SHOWN_TEXT: Final = 100


class _Flaw(Exception):
    """The text is JSON by its grammar, but breaks a rule of ours."""


class _Duplicates(dict[str, Json]):
    """An object in which a member name stood twice."""

    name: str


class _Unfit(str):
    """A number's text that has no place in a document; `type` and `msg` say why."""

    __slots__ = ("msg", "type")

    type: str
    msg: str


def parse(data: bytes, envelope: int = 0) -> Json:
    """The value that `data` holds; `envelope` counts the levels around the documents in it.

    Raises Invalid with every place that is wrong (malformed JSON: one place, a position).
    """
    text = _decode(data)
    try:
        value = _read(_DECODER, text)
    except (_Flaw, ValueError):
        value = _read(_MARKING_DECODER, text)
        Invalid.raise_any(_walk(value, [], MAX_DEPTH + envelope))
    if "\\u" in text or text.count("{") + text.count("[") > MAX_DEPTH:
        Invalid.raise_any(_walk(value, [], MAX_DEPTH + envelope))
    return value


def load(text: str) -> Json:
    """The value of text that the store keeps: it was strict when it came in."""
    return json.loads(text)


def dump(value: Json) -> str:
    """Compact JSON text: members in their order, characters as they are."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def canonical(value: Json, like: Json = None) -> str:
    """The text of `value` that training sees: compact, written as `like` is written.

    `like` is what the model itself answered: members come in its order (those that it lacks after
    them), and a number that is equal to its number is spelled as that is. A chosen and a rejected
    answer thus differ only where their content does. Sorting
    members by name would do that too, but would turn a schema's order (a reasoning before its
    verdict, say) into one that the model never produces.
    """
    return dump(_arranged(value, like))


def same(one: Json, other: Json) -> bool:
    """Equality of JSON values: order of members is nothing, 1 equals 1.0, true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _arranged(value: Json, like: Json) -> Json:
    if isinstance(value, dict) and isinstance(like, dict):
        names = [name for name in like if name in value]
        names += [name for name in value if name not in like]
        return {name: _arranged(value[name], like.get(name)) for name in names}
    if isinstance(value, list) and isinstance(like, list) and like:
        return [_arranged(item, like[min(i, len(like) - 1)]) for i, item in enumerate(value)]
    return like if same(value, like) else value


def _decode(data: bytes) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        raise Invalid(_json_invalid(0, "Unexpected UTF-8 byte order mark"))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(_json_invalid(error.start, "Not UTF-8")) from None


def _read(decoder: json.JSONDecoder, text: str) -> Json:
    try:
        return decoder.decode(text)
    except json.JSONDecodeError as error:
        raise Invalid(_json_invalid(error.pos, error.msg)) from None
    except RecursionError:
        raise Invalid(_too_deep((), MAX_DEPTH)) from None


def _json_invalid(position: int, reason: str) -> Problem:
    return Problem(
        (position,), "json_invalid", f"JSON decode error: {reason}", {}, {"error": reason}
    )


def _too_deep(loc: Loc, limit: int) -> Problem:
    message = f"Objects and arrays should not be nested deeper than {limit} levels"
    return Problem(loc[:_SHOWN_LOC], "nested_too_deep", message, ctx={"max_depth": limit})


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Flaw
    return found


def _float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _Flaw
    return number


def _constant(_: str) -> Json:
    raise _Flaw


def _marked_object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
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
    try:
        return _float(text)
    except _Flaw:
        return _marked_constant(text)


def _marked_constant(text: str) -> _Unfit:
    return _unfit(text, "finite_number", "Input should be a finite number")


def _unfit(text: str, type_: str, message: str) -> _Unfit:
    marked = _Unfit(text)
    marked.type, marked.msg = type_, message
    return marked


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_constant=_constant)
_MARKING_DECODER = json.JSONDecoder(
    object_pairs_hook=_marked_object,
    parse_float=_marked_float,
    parse_int=_marked_integer,
    parse_constant=_marked_constant,
)


def _walk(value: Json, path: list[str | int], max_depth: int) -> Iterator[Problem]:
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
        yield Problem(loc, "string_nul", "Text should not hold the NUL character (\\u0000)")
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
