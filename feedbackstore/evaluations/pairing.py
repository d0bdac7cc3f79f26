"""Which of a list's items is meant by which of another's."""

import json
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Final

from feedbackstore.documents import Json

Pairs = Iterator[tuple[Json, Json]]

_key_of: Final = json.JSONEncoder(sort_keys=True).encode

_COMPARED: Final = 2500
"""Pairs of items that are compared in search of the likest, at most."""


def in_order(output: list[Json], truth: list[Json], same: Callable[[Json, Json], bool]) -> Pairs:
    """Pair by position, once the equal beginning and the equal end are taken.

    So one item too many or too few does not make every one after it wrong. What has no partner is
    paired with None.
    """
    shorter = min(len(output), len(truth))
    head = 0
    while head < shorter and same(output[head], truth[head]):
        head += 1
    tail = 0
    while tail < shorter - head and same(output[-1 - tail], truth[-1 - tail]):
        tail += 1
    yield from zip(output[:head], truth[:head], strict=True)
    yield from zip_longest(output[head : len(output) - tail], truth[head : len(truth) - tail])
    yield from zip(output[len(output) - tail :], truth[len(truth) - tail :], strict=True)


def by_likeness(
    output: list[Json], truth: list[Json], likeness: Callable[[Json, Json], float]
) -> Pairs:
    """Pair the equal, then the likest first, then what is left in order.

    Taking the likest first is not always the best of all assignments, but it is what a reader
    would do, and the same each time: of pairs that are equally like, the closest in position goes
    first, then the first in the truth. What has no partner is paired with None.
    """
    if output == truth:
        yield from zip(output, truth, strict=True)
        return
    found = _equal(output, truth)
    left, right = _left(output, truth, found)
    if len(left) * len(right) <= _COMPARED:
        found += _likest(output, truth, left, right, likeness)
        left, right = _left(output, truth, found)
    yield from ((output[i], truth[j]) for i, j in found)
    yield from zip_longest((output[i] for i in left), (truth[j] for j in right))


def _left(
    output: list[Json], truth: list[Json], found: list[tuple[int, int]]
) -> tuple[list[int], list[int]]:
    """The places on both sides that no pair takes."""
    left, right = {i for i, _ in found}, {j for _, j in found}
    return (
        [i for i in range(len(output)) if i not in left],
        [j for j in range(len(truth)) if j not in right],
    )


def _equal(output: list[Json], truth: list[Json]) -> list[tuple[int, int]]:
    """Equal items: those at the same place first, so that a list like itself costs little."""
    found = [
        (i, i) for i, (one, other) in enumerate(zip(output, truth, strict=False)) if one == other
    ]
    taken = {i for i, _ in found}
    places: dict[str, list[int]] = {}
    for i in range(len(output)):
        if i not in taken:
            places.setdefault(_key_of(output[i]), []).append(i)
    if places:
        found.extend(
            (same.pop(0), j)
            for j in range(len(truth))
            if j not in taken and (same := places.get(_key_of(truth[j])))
        )
    return found


def _likest(
    output: list[Json],
    truth: list[Json],
    left: list[int],
    right: list[int],
    likeness: Callable[[Json, Json], float],
) -> list[tuple[int, int]]:
    ranked = sorted((-likeness(output[i], truth[j]), abs(i - j), j, i) for j in right for i in left)
    found: list[tuple[int, int]] = []
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    for negative, _, j, i in ranked:
        if negative < 0 and i not in taken_left and j not in taken_right:
            found.append((i, j))
            taken_left.add(i)
            taken_right.add(j)
    return found
