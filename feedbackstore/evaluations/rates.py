"""A share with what it is a share of, and how far chance alone may move it."""

from math import sqrt
from typing import Any, Final, NamedTuple

_Z: Final = 1.959963984540054
"""The normal distribution's 97.5 % point: 95 % lie between its negative and it."""

_DIGITS: Final = 6


class Rate(NamedTuple):
    """`part` of `of`; `part` may be a sum of scores between 0 and 1."""

    part: float
    of: int

    @property
    def share(self) -> float | None:
        """The rate itself; None where there is nothing that it would be a share of."""
        return self.part / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % score interval (Wilson 1927, doi.org/10.2307/2276774).

        Unlike the textbook's p ± 1.96 s it stays within 0 and 1, and is no point where all are
        right. Scores between 0 and 1 spread less than zeros and ones of the same mean: for their
        sum it is wider than it would have to be.
        """
        if not self.of:
            return 0.0, 1.0
        share, z2 = self.part / self.of, _Z * _Z
        middle = (share + z2 / (2 * self.of)) / (1 + z2 / self.of)
        spread = sqrt(share * (1 - share) / self.of + z2 / (4 * self.of**2))
        half = _Z / (1 + z2 / self.of) * spread
        return max(0.0, middle - half), min(1.0, middle + half)

    def as_json(self) -> dict[str, Any]:
        """The rate for machines."""
        low, high = self.interval
        return {
            "part": round(self.part, _DIGITS),
            "of": self.of,
            "rate": None if self.share is None else round(self.share, _DIGITS),
            "low": round(low, _DIGITS),
            "high": round(high, _DIGITS),
        }
