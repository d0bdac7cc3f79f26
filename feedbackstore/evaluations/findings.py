"""What an evaluator finds in a pair of objects: a verdict on each of their fields."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, Protocol

from feedbackstore.documents import Json, dump

RIGHT: Final = "right"
WRONG: Final = "wrong"
MISSING: Final = "missing"
EXTRA: Final = "extra"

_PLAIN: Final = re.compile(r"[^.\[\]\"]+")


class Finding(NamedTuple):
    """One value of one field: what the model said, what is right, and a score from 0 to 1.

    `field` is the way to it, with every item of a list under one name: `items[].price`.
    """

    field: str
    verdict: str
    score: float
    output: Json = None
    truth: Json = None


@lru_cache(maxsize=8192)
def right_at(path: str) -> Finding:
    """The finding of a value that is right, as most are: the same each time."""
    return Finding(path, RIGHT, 1)


class Evaluator(Protocol):
    """A way to hold an output against the truth."""

    @property
    def name(self) -> str:
        """What it is called by."""

    @property
    def uses_ratings(self) -> bool:
        """Whether an output that was rated up is compared, with itself."""

    def compare(self, output: dict[str, Json], truth: dict[str, Json]) -> list[Finding]:
        """A finding for each value that counts."""

    def described(self) -> Mapping[str, Any]:
        """Its name and whatever it was told."""


@lru_cache(maxsize=8192)
def member(path: str, name: str) -> str:
    """The way to an object's member; a name that would look like a way of its own is quoted."""
    shown = name if _PLAIN.fullmatch(name) else f"[{dump(name)}]"
    return f"{path}.{shown}" if path and shown is name else path + shown


def item(path: str) -> str:
    """The way to a list's items, all of them."""
    return f"{path}[]"
