"""The hosted service's evaluators, by the rules that its guide states (docs.vlm.run).

Both sides are flattened to dotted leaf paths; a list is one atomic value; a leaf whose truth is
null is left out unless asked for; only corrections are compared, not ratings. What its guide does
not say, we read so: a member that is absent is null, and a leaf that only the output has is not
scored.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from feedbackstore import documents
from feedbackstore.documents import Json
from feedbackstore.evaluations import likeness
from feedbackstore.evaluations.findings import MISSING, RIGHT, WRONG, Finding, member

FIELD_ACCURACY: Final = "field_accuracy"
FUZZY: Final = "fuzzy_field_match"

_text_of: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


@dataclass(frozen=True, slots=True)
class Hosted:
    """Leaf by leaf: equal or not, or how similar as texts."""

    name: str = FIELD_ACCURACY
    count_null: bool = False
    uses_ratings: bool = False

    def described(self) -> dict[str, Any]:
        """Its name and whatever it was told."""
        return {"name": self.name, "count_null": self.count_null}

    def compare(self, output: dict[str, Json], truth: dict[str, Json]) -> list[Finding]:
        """A finding for each leaf of the truth."""
        said = dict(flattened(output))
        return [
            self._finding(path, said.get(path), value)
            for path, value in flattened(truth)
            if value is not None or self.count_null
        ]

    def _finding(self, path: str, output: Json, truth: Json) -> Finding:
        if output == truth and documents.same(output, truth):
            return Finding(path, RIGHT, 1)
        score = similarity(output, truth) if self.name == FUZZY else 0
        return Finding(path, MISSING if output is None else WRONG, score, output, truth)


def flattened(value: dict[str, Json], path: str = "") -> Iterator[tuple[str, Json]]:
    """The leaves of an object with the way to each."""
    for name, inner in value.items():
        inner_path = member(path, name)
        if isinstance(inner, dict):
            yield from flattened(inner, inner_path)
        else:
            yield inner_path, inner


def similarity(output: Json, truth: Json) -> float:
    """How similar two values are as JSON texts, from 0 to 1."""
    if output is None or truth is None:
        return 0
    return likeness.ratio(*(_text_of(value) for value in (output, truth)))
