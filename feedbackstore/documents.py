"""JSON as data that we keep: parsed strictly, written exactly, compared by value.

Strict means I-JSON (RFC 7493) and a little more: UTF-8 without a byte order mark, no duplicate
member names, no lone surrogates, no NUL, no numbers beyond a double's range, bounded nesting and
digits. What `parse` lets in, `dump` writes and every backend, client and trainer can read back.
"""

import json
import math
from collections.abc import Iterable
from itertools import chain, repeat
from typing import Any, Final

from feedbackstore import flaws

Json = Any

MAX_DEPTH: Final = 100
"""Objects and arrays inside one another in one document, at most."""

_NUMBERS: Final = frozenset({int, float})
_SPELLED_ALIKE: Final = frozenset({str, bool, type(None)})
"""Types of which equal values are written alike."""

_LOADER: Final = json.JSONDecoder()
_ENCODER: Final = json.JSONEncoder(
    # What was parsed holds no cycles, and looking for them takes a fifth of the time.
    check_circular=False,
    ensure_ascii=False,
    allow_nan=False,
    separators=(",", ":"),
)


class _Flaw(Exception):
    """The text is JSON by its grammar, but breaks a rule of ours."""


def parse(data: bytes, envelope: int = 0) -> Json:
    """The value that `data` holds; `envelope` counts the levels around the documents in it.

    Raises Invalid with every place that is wrong (malformed JSON: one place, a position).
    """
    text = flaws.decode(data)
    max_depth = MAX_DEPTH + envelope
    try:
        value = _DECODER.decode(text)
    except (_Flaw, ValueError, RecursionError):
        return flaws.checked(text, max_depth)
    return flaws.checked(text, max_depth) if _is_doubtful(text, value, max_depth) else value


def load(text: str) -> Json:
    """The value of text that the store keeps: it was strict when it came in."""
    # Without its looking for spaces around: there are none.
    return _LOADER.raw_decode(text)[0]


def load_at(text: str, begin: int) -> tuple[Json, int]:
    """The value that begins at a place of such a text, and where it ends. Raises ValueError."""
    return _LOADER.raw_decode(text, begin)


def dump(value: Json) -> str:
    """Compact JSON text: members in their order, characters as they are."""
    return _ENCODER.encode(value)


def quote(text: str) -> str:
    """A text as the JSON string that `dump` makes of it."""
    return json.encoder.encode_basestring(text)


def canonical(value: Json, like: Json = None) -> str:
    """The text of `value` that training sees: compact, written as `like` is written.

    `like` is what the model itself answered: members come in its order (those that it lacks after
    them), and a number that is equal to its number is spelled as that is. A chosen and a rejected
    answer thus differ only where their content does. Sorting
    members by name would do that too, but would turn a schema's order (a reasoning before its
    verdict, say) into one that the model never produces.
    """
    return dump(_arranged(value, like))


def is_arranged(value: Json, like: Json) -> bool:
    """Whether `canonical` writes a value as `dump` does: nothing would be moved or respelled."""
    kind, other = type(value), type(like)
    pairs: Iterable[tuple[Json, Json]]
    if kind is not other:
        return not (kind in _NUMBERS and other in _NUMBERS and value == like)
    if kind is dict:
        if list(value) != list(like) and list(value) != [
            name for name, _ in _in_order(value, like)
        ]:
            return False
        pairs = zip(value.values(), map(like.get, value), strict=True)
    elif kind is list and like:
        pairs = zip(value, chain(like, repeat(like[-1])), strict=False)
    else:
        # Of equal numbers of one type only zeros are spelled apart, by their sign.
        return kind is not float or value != 0 or value != like or repr(value) == repr(like)
    for item, model in pairs:
        # Numbers of one type that are no zeros need no closer look, and are most of what there is.
        if type(item) in _NUMBERS and item and type(item) is type(model):
            continue
        if type(item) not in _SPELLED_ALIKE and not is_arranged(item, model):
            return False
    return True


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
    kind, other = type(value), type(like)
    if kind is dict and other is dict:
        return {
            name: item if type(item) in _SPELLED_ALIKE else _arranged(item, like.get(name))
            for name, item in _in_order(value, like)
        }
    if kind is list and other is list and like:
        models = chain(like, repeat(like[-1]))
        return [
            item if type(item) in _SPELLED_ALIKE else _arranged(item, model)
            for item, model in zip(value, models, strict=False)
        ]
    return like if kind in _NUMBERS and other in _NUMBERS and value == like else value


def _in_order(value: dict[str, Json], like: dict[str, Json]) -> Iterable[tuple[str, Json]]:
    """Its members as `like` has them, those that it lacks after them."""
    if list(value) == list(like):
        return value.items()
    names = [name for name in like if name in value]
    names += [name for name in value if name not in like]
    return [(name, value[name]) for name in names]


def _is_doubtful(text: str, value: Json, max_depth: int) -> bool:
    """Whether a value might be nested too deeply, hold a NUL or half of a surrogate pair.

    The last two come in as escapes only: UTF-8 and JSON's grammar have refused them otherwise.
    """
    if text.count("{") + text.count("[") > MAX_DEPTH and _is_deeper(value, max_depth):
        return True
    if "\\" not in text:  # One character is found ten times as fast as two.
        return False
    return "\\u" in text and ("\\u0000" in text or not _is_unicode(value))


def _is_deeper(value: Json, max_depth: int) -> bool:
    level = [value]
    for _ in range(max_depth):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _is_unicode(value: Json) -> bool:
    try:
        dump(value).encode()
    except UnicodeEncodeError:
        return False
    return True


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Flaw
    return found


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _Flaw
    return number


def _constant(_: str) -> Json:
    raise _Flaw


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_float, parse_constant=_constant
)
