"""Dates as they are written where the writing leaves no doubt.

ISO 8601, the year first, or the month by its English name. 02/11/2026 is not read: it is November
here and February there.
"""

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_NUMBERS: Final = {
    **{name: number for number, name in enumerate(_MONTHS, 1)},
    **{name[:3]: number for number, name in enumerate(_MONTHS, 1)},
    "sept": 9,
}
_DAY: Final = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_MONTH: Final = rf"(?P<month>{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})\.?"
_YEAR: Final = r"(?P<year>[0-9]{4})"
_FORMS: Final = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_YEAR}(?P<mark>[-/.])(?P<month>[0-9]{{1,2}})(?P=mark)(?P<day>[0-9]{{1,2}})",
        rf"{_DAY}(?:\.? |-){_MONTH}(?:,? |-){_YEAR}",
        rf"{_MONTH} {_DAY},? {_YEAR}",
    )
)
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)
_LENGTHS: Final = range(8, 36)


def same(one: str, other: str) -> bool:
    """Whether two texts are the same day, or the same moment."""
    if not (_may_be(one) and _may_be(other)):
        return False
    first = read(one)
    return first is not None and first == read(other)


def _may_be(text: str) -> bool:
    return len(text) in _LENGTHS and (text[0].isdigit() or text[-1].isdigit())


@lru_cache(maxsize=4096)
def read(text: str) -> date | datetime | None:
    """The day or the moment that a text is; a moment with an offset in UTC.

    A day equals no moment, and a moment without an offset none that has one.
    """
    try:
        if _MOMENT.fullmatch(text):
            found = datetime.fromisoformat(text.upper())
            return found if found.tzinfo is None else found.astimezone(UTC)
        for form in _FORMS:
            if parts := form.fullmatch(text):
                month = parts["month"].lower()
                number = _NUMBERS.get(month) or int(month)
                return date(int(parts["year"]), number, int(parts["day"]))
    except (ValueError, OverflowError):
        return None
    return None
