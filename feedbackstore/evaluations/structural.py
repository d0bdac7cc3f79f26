"""Our own evaluator: it looks into lists, and knows numbers and dates for what they are."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Final

from feedbackstore.documents import Json
from feedbackstore.evaluations import pairing
from feedbackstore.evaluations.findings import (
    EXTRA,
    MISSING,
    WRONG,
    Finding,
    item,
    member,
    right_at,
)
from feedbackstore.evaluations.values import Sameness

NAME: Final = "structural"

_NESTED: Final = (dict, list)
_OBJECTS: Final = frozenset({dict, type(None)})
_LISTS: Final = frozenset({list, type(None)})
_PLAIN: Final = frozenset({str, int, float, bool})


@dataclass(frozen=True, slots=True)
class Structural:
    """Every value on its own; null and absent are one.

    A value where the truth has none is `extra`, and an error: the model made it up. Where neither
    side has one there is nothing to get right, unless `count_null` says so.
    """

    sameness: Sameness = field(default_factory=Sameness)
    ignore_order: bool = False
    count_null: bool = False
    name: str = NAME
    uses_ratings: bool = True

    def described(self) -> dict[str, Any]:
        """Its name and whatever it was told."""
        return {
            "name": self.name,
            "tolerance": self.sameness.tolerance,
            "loose_text": self.sameness.loose_text,
            "ignore_order": self.ignore_order,
            "count_null": self.count_null,
        }

    def compare(self, output: dict[str, Json], truth: dict[str, Json]) -> list[Finding]:
        """A finding for each value that one of the two has."""
        found: list[Finding] = []
        self._compare("", output, truth, found)
        return found

    def _compare(self, path: str, output: Json, truth: Json, found: list[Finding]) -> None:
        kind = type(truth)
        if kind is type(output) and kind in _PLAIN and output == truth:
            found.append(right_at(path))
        elif kind in _NESTED or isinstance(output, _NESTED):
            self._compare_nested(path, output, truth, found)
        elif truth is None and output is None:
            if self.count_null:
                found.append(right_at(path))
        elif truth is None or output is None:
            found.append(Finding(path, EXTRA if truth is None else MISSING, 0, output, truth))
        elif self.sameness.holds(output, truth):
            found.append(right_at(path))
        else:
            found.append(Finding(path, WRONG, 0, output, truth))

    def _compare_nested(self, path: str, output: Json, truth: Json, found: list[Finding]) -> None:
        kinds = {type(output), type(truth)}
        if kinds <= _OBJECTS:
            self._members(path, output or {}, truth or {}, found)
        elif kinds <= _LISTS:
            inner = item(path)
            for one, other in self._paired(output or [], truth or []):
                self._compare(inner, one, other, found)
        else:
            # An object or a list in another kind's place is one mistake, not one for each leaf.
            found.append(Finding(path, WRONG, 0, output, truth))

    def _members(
        self, path: str, output: dict[str, Json], truth: dict[str, Json], found: list[Finding]
    ) -> None:
        for name, value in truth.items():
            self._compare(member(path, name), output.get(name), value, found)
        for name, value in output.items():
            if name not in truth:
                self._compare(member(path, name), value, None, found)

    def _paired(self, output: list[Json], truth: list[Json]) -> Iterator[tuple[Json, Json]]:
        scalars = not any(isinstance(one, _NESTED) for one in (*output, *truth))
        if scalars and not self.ignore_order:
            return pairing.in_order(output, truth, self.sameness.holds)
        return pairing.by_likeness(output, truth, self._likeness)

    def _likeness(self, one: Json, other: Json) -> float:
        """How much two items have in common, from 0 to 1."""
        if isinstance(one, _NESTED) and isinstance(other, _NESTED):
            same, of = _common(one, other)
            return same / of if of else 1.0
        return float(self.sameness.holds(one, other))


def _common(one: Json, other: Json) -> tuple[int, int]:
    """How many values two items share, and of how many; lists within them by position."""
    if isinstance(one, dict) and isinstance(other, dict):
        pairs = [(value, other.get(name)) for name, value in one.items()]
        pairs += [(None, value) for name, value in other.items() if name not in one]
    elif isinstance(one, list) and isinstance(other, list):
        pairs = list(zip_longest(one, other))
    else:
        return int(one == other), 1
    same = of = 0
    for left, right in pairs:
        if isinstance(left, _NESTED):
            inner = _common(left, right)
            same, of = same + inner[0], of + inner[1]
        else:
            # Equal is enough here: it only tells which items belong together.
            same, of = same + (left == right), of + 1
    return same, of
