"""Lengths of time, and moments that far off, as people write them: 90d, 24h, 2027-01-31."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from feedbackstore import ids

_LENGTH: Final = re.compile(r"([0-9]{1,9})([smhdw])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST: Final = timedelta(days=36_500)


def parse(text: str) -> timedelta:
    """A length of time: a whole number and s, m, h, d or w, or 0. Raises ValueError, in words."""
    form = _LENGTH.fullmatch(text if text != "0" else "0s")
    found = timedelta(**{_UNITS[form[2]]: int(form[1])}) if form else None
    if found is None or found > _LONGEST:
        raise ValueError("is no length of time up to 100 years: 90d, 24h or 30m")
    return found


def parse_end(text: str, now: datetime | None = None) -> str:
    """The moment that far from now, or a day's beginning, or a moment, all in UTC.

    Raises ValueError, in words.
    """
    if _LENGTH.fullmatch(text):
        return ids.moment((now or datetime.now(UTC)) + parse(text))
    try:
        return ids.parse_day_or_moment(text)
    except ValueError:
        raise ValueError(
            "is neither a length of time nor a day or moment: 90d, 2027-01-31 or"
            " 2027-01-31T18:00:00Z"
        ) from None
