"""What a format is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from exports import example
from exports.example import Example
from exports.selection import Row


@dataclass(frozen=True, slots=True)
class Format:
    """A shape of training row.

    `to_row` is a pure function of an example; it raises Skip for one that the shape cannot hold.
    """

    name: str
    help: str
    to_row: Callable[[Example], dict[str, Any]]
    resolve: str = "latest"

    def row(self, selected: Row) -> dict[str, Any]:
        """The row for what was selected. Raises Skip."""
        return self.to_row(example.build(selected))


@dataclass(frozen=True, slots=True)
class RawFormat:
    """A shape of row that needs no example: whatever was selected goes in."""

    name: str
    help: str
    row: Callable[[Row], dict[str, Any]]
    resolve: str = "all"
