"""Stored JSON texts compared as they are: where that tells enough, nothing needs to be parsed.

It holds for compact texts alone, as `documents.dump` writes them.
"""

import re
from contextlib import suppress
from typing import Final

from feedbackstore import documents

_SCALAR: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"(?!:)|[^"\\,:\[\]{}]++')
_WHOLE_STRING: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"')
_UNQUOTED: Final = "-+.0123456789eEtrufalsn"
"""What numbers, true, false and null consist of."""

_FEW: Final = 6
"""Differences that are found faster one by one than by parsing."""


def canonical(text: str, like: str) -> str:
    """`documents.canonical` of what two texts hold."""
    if is_plainly_arranged(text, like):
        return text
    value, model = documents.load(text), documents.load(like)
    return text if documents.is_arranged(value, model) else documents.canonical(value, model)


def is_plainly_arranged(text: str, like: str) -> bool:
    """Whether a text is certainly its own canonical text.

    It is where the same members come in the same order, but for scalars of other value and items
    more at the end of a list. False may also mean that it does not show.
    """
    whole = like
    for _ in range(_FEW):
        if text == like:
            return True
        common = _common(text, like)
        begin = _last_token(text[:common])
        token, other = _SCALAR.match(text, begin), _SCALAR.match(like, begin)
        if token and other and not _is_equal(token[0], other[0]):
            text, like = text[token.end() :], like[other.end() :]
        elif (
            text.startswith('"', begin)
            or (rest := _beyond_items(text, like, common, whole)) is None
        ):
            return False
        else:
            text, like = rest
    return False


def _beyond_items(text: str, like: str, at: int, whole: str) -> tuple[str, str] | None:
    """What follows a list that goes on in one text where it ends in the other, outside strings.

    None where it is otherwise, or where items are not certainly arranged as the last one of `like`,
    which is the end of `whole`, is.
    """
    before = len(whole) - len(like) + at
    is_empty = whole[before - 1] == "["
    if text.startswith("]", at) and (is_empty or like.startswith(",", at)):
        return text[at:], like[_items(like, at)[1] :]
    if not (like.startswith("]", at) and (is_empty or text.startswith(",", at))):
        return None
    model = None if is_empty else _object_before(whole, before)
    if model is None and not is_empty:
        return None
    items, end = _items(text, at)
    arranged = all(documents.is_arranged(item, model) for item in items)
    return (text[end:], like[at:]) if arranged else None


def _items(text: str, begin: int) -> tuple[list[documents.Json], int]:
    """The items that a list has from a place on, and where it ends."""
    items, end = [], begin if text[begin] == "," else begin - 1
    while text[end] != "]":
        item, end = documents.load_at(text, end + 1)
        items.append(item)
    return items, end


def _object_before(text: str, end: int) -> documents.Json:
    """The object that a text holds right before a place; None where it is not found at once."""
    begin = end
    for _ in range(_FEW):
        begin = text.rfind("{", 0, begin)
        if begin < 0:
            break
        with suppress(ValueError):
            item, its_end = documents.load_at(text, begin)
            if its_end == end:
                return item
    return None


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one.startswith(other[low:middle], low):
            low = middle
        else:
            high = middle - 1
    return low


def _last_token(text: str) -> int:
    """Where the scalar begins that a text breaks off in, or else its end."""
    if "\\" not in text:
        is_open, begin = text.count('"') % 2, text.rfind('"')
    else:
        begin = max((found.end() for found in _WHOLE_STRING.finditer(text)), default=0)
        begin = text.find('"', begin)
        is_open = begin >= 0
    return begin if is_open else len(text.rstrip(_UNQUOTED))


def _is_equal(one: str, other: str) -> bool:
    """Whether two scalars have the same value, if perhaps another spelling."""
    return one == other or (_is_number(one) and _is_number(other) and float(one) == float(other))


def _is_number(token: str) -> bool:
    return token[0] == "-" or token[0].isdecimal()
