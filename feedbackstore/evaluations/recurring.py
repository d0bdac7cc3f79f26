"""The confusions that recur in a field, counted in a bounded space."""

import json
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final, NamedTuple

from feedbackstore.documents import Json

_text_of: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode

KEPT: Final = 64
"""Confusions kept in mind for each field."""

_SHOWN: Final = 60
_BEFORE: Final = 16


class Confusion(NamedTuple):
    """What the model said for what is right, as short JSON texts, and how often at least."""

    output: str
    truth: str
    times: int


class Recurring:
    """Misra and Gries' counter of frequent elements (1982, doi.org/10.1016/0167-6423(82)90012-0).

    It keeps at most KEPT of them. While there are no more than that, counts are exact; each time
    one more has no room, every count goes down by one, and those at zero go. So a count is never
    too high, and too low by no more than `error`; whatever came in more than one of KEPT + 1 times
    is there.
    """

    __slots__ = ("_counts", "error")

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}
        self.error = 0

    def add(self, output: Json, truth: Json) -> None:
        """Count one in."""
        key = excerpts(_text_of(output), _text_of(truth))
        if key in self._counts:
            self._counts[key] += 1
        elif len(self._counts) < KEPT:
            self._counts[key] = 1
        else:
            self.error += 1
            self._counts = {other: n - 1 for other, n in self._counts.items() if n > 1}

    def top(self, number: int) -> list[Confusion]:
        """The most frequent, in the order of their texts where they are equally so."""
        ranked = sorted(self._counts.items(), key=lambda one: (-one[1], one[0]))
        return [Confusion(*key, count) for key, count in ranked[:number]]

    def __len__(self) -> int:
        return len(self._counts)


def excerpts(output: str, truth: str) -> tuple[str, str]:
    """Both texts in a length to show, from shortly before where they differ."""
    start = 0
    if max(len(output), len(truth)) > _SHOWN:
        start = max(0, _alike(output, truth) - _BEFORE)
    return _cut(output, start), _cut(truth, start)


def _alike(one: str, other: str) -> int:
    """How many characters two texts have in common before they differ."""
    shorter = range(min(len(one), len(other)))
    return bisect_left(shorter, True, key=lambda place: one[: place + 1] != other[: place + 1])


def _cut(text: str, start: int) -> str:
    return "".join(_parts(text, start))


def _parts(text: str, start: int) -> Iterator[str]:
    if start:
        yield "…"
    yield text[start : start + _SHOWN]
    if len(text) > start + _SHOWN:
        yield "…"
