"""Stored JSON texts compared as they are: where that tells enough, nothing needs to be parsed.

It holds for compact texts alone, as `documents.dump` writes them.
"""

import re
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
    if text == like or differ_in_scalars(text, like):
        return text
    value, model = documents.load(text), documents.load(like)
    return text if documents.is_arranged(value, model) else documents.canonical(value, model)


def differ_in_scalars(one: str, other: str) -> bool:
    """Whether two texts hold the same members in the same order, but for scalars of other value.

    False may also mean that it does not show: here it is certain, or it is not said.
    """
    for _ in range(_FEW):
        begin = _last_token(one[: _common(one, other)])
        token, other_token = _SCALAR.match(one, begin), _SCALAR.match(other, begin)
        if token is None or other_token is None or _is_equal(token[0], other_token[0]):
            return False
        one, other = one[token.end() :], other[other_token.end() :]
        if one == other:
            return True
    return False


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
