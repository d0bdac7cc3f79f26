"""When two values that are neither objects nor lists are the same.

A number is no string, and "007" is not "7": a string is compared as a string, for ids, postcodes
and versions look like numbers and are none.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

from feedbackstore.documents import Json
from feedbackstore.evaluations import dates

_NOISE: Final = 1e-12
"""What sums of floats differ by, relatively, though the same is meant."""


@dataclass(frozen=True, slots=True)
class Sameness:
    """`tolerance` is how far apart two numbers may be; `loose_text` forgives case and spacing."""

    tolerance: float = 0.0
    loose_text: bool = False

    def holds(self, output: Json, truth: Json) -> bool:
        """Whether the two are the same."""
        if isinstance(output, str) and isinstance(truth, str):
            return output == truth or self._same_text(output, truth)
        if _is_number(output) and _is_number(truth):
            return bool(output == truth) or self._near(output, truth)
        return output is truth

    def _same_text(self, output: str, truth: str) -> bool:
        if dates.same(output, truth):
            return True
        return self.loose_text and _loosened(output) == _loosened(truth)

    def _near(self, output: float, truth: float) -> bool:
        if isinstance(output, int) and isinstance(truth, int):
            return abs(output - truth) <= self.tolerance
        try:
            noise = _NOISE * max(abs(output), abs(truth))
            return abs(output - truth) <= self.tolerance + noise
        except OverflowError:
            return False


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _loosened(text: str) -> str:
    """Compatibility forms, case and spacing made one (Unicode UAX 15 and 3.13)."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
