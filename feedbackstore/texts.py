"""Stored JSON texts compared as they are: where that tells enough, nothing needs to be parsed.

It holds for compact texts alone, as `documents.dump` writes them.
"""

import re
from itertools import compress, count
from operator import ne
from typing import Final

from feedbackstore import documents

# A member's name, a string, any other scalar, a mark.
_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+":?+|[^"\\,:\[\]{}]++|[\[\]{},]')
_MARKS: Final = frozenset("[]{},")
_ENDS_BEFORE: Final = frozenset(",:]}")
_QUOTE: Final = '"'


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
    ones, others = one.split(',"'), other.split(',"')
    if len(ones) != len(others):
        return False
    differing = compress(count(), map(ne, ones, others))
    return all(_alike(*_tokens(at, ones[at], others[at])) for at in differing)


def _tokens(at: int, one: str, other: str) -> tuple[list[str], list[str]]:
    """The tokens of two pieces; none where a piece is not whole tokens, or may not be."""
    if at:
        # What comes after a quote that ends a string; one that begins a string may be taken for
        # it, the other way round never.
        if not one or not other or one[0] in _ENDS_BEFORE or other[0] in _ENDS_BEFORE:
            return [], []
        one, other = _QUOTE + one, _QUOTE + other
    ones, others = _TOKEN.findall(one), _TOKEN.findall(other)
    whole = "".join(ones) == one and "".join(others) == other
    return (ones, others) if whole else ([], [])


def _alike(ones: list[str], others: list[str]) -> bool:
    return (
        bool(ones)
        and len(ones) == len(others)
        and all(a == b or _other_scalar(a, b) for a, b in zip(ones, others, strict=True))
    )


def _other_scalar(one: str, other: str) -> bool:
    """Whether two different tokens are scalars of different value."""
    if not _is_scalar(one) or not _is_scalar(other):
        return False
    return not (_is_number(one) and _is_number(other) and float(one) == float(other))


def _is_scalar(token: str) -> bool:
    return token[-1] != ":" if token[0] == _QUOTE else token not in _MARKS


def _is_number(token: str) -> bool:
    return token[0] == "-" or token[0].isdecimal()
