"""How alike two texts are: the share of their characters that stand in both, in the same order."""

from collections.abc import Hashable, Sequence
from itertools import takewhile
from typing import Final

_LONG: Final = 20_000


def ratio(one: str, other: str) -> float:
    """Twice the longest common subsequence over both lengths, from 0 to 1.

    It is what python-Levenshtein and rapidfuzz call ratio. Texts of more than 20,000 characters
    together are compared word by word: the time grows with the product of their lengths.
    """
    if len(one) + len(other) > _LONG:
        return _ratio(one.split(), other.split())
    return _ratio(one, other)


def _ratio(one: Sequence[Hashable], other: Sequence[Hashable]) -> float:
    if not one and not other:
        return 1.0
    head = _same(one, other)
    tail = _same(one[head:][::-1], other[head:][::-1])
    inner = _common(one[head : len(one) - tail], other[head : len(other) - tail])
    return 2 * (head + inner + tail) / (len(one) + len(other))


def _same(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """How many elements are the same from the beginning on."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _common(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """The length of the longest common subsequence, a row of its table in one integer.

    Hyyrö, Bit-parallel LCS-length computation revisited (2004): bits that turn to zero are the
    steps of the row.
    """
    places: dict[Hashable, int] = {}
    for index, element in enumerate(one):
        places[element] = places.get(element, 0) | 1 << index
    full = (1 << len(one)) - 1
    row = full
    for element in other:
        matched = row & places.get(element, 0)
        row = (row + matched | row - matched) & full
    return len(one) - row.bit_count()
