"""Identifiers: the callers' own, checked; ours, made; and the moments that go with them."""

import os
import re
import time
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from feedbackstore.errors import Invalid, Loc, Problem

MAX_LENGTH: Final = 256

_RFC_3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_WEEK: Final = re.compile(r"([0-9]{4})-W([0-9]{2})")
_NO_MOMENT: Final = "Input should be a moment with its offset from UTC, as in 2026-11-01T12:00:00Z"

KINDS: Final = ("request", "agent_execution", "chat")
"""What feedback can be about, in the order in which it looks for its prediction."""


def problems(value: Any, loc: Loc) -> Iterator[Problem]:
    """What is wrong with an id: it is 1 to 256 characters, none of them a control character."""
    if not isinstance(value, str):
        yield Problem(loc, "string_type", "Input should be a valid string", value)
    elif not value:
        message = "String should have at least 1 character"
        yield Problem(loc, "string_too_short", message, value, {"min_length": 1})
    elif len(value) > MAX_LENGTH:
        message = f"String should have at most {MAX_LENGTH} characters"
        yield Problem(loc, "string_too_long", message, value, {"max_length": MAX_LENGTH})
    elif has_control_characters(value):
        message = "An id should hold no control characters"
        yield Problem(loc, "string_pattern_mismatch", message, value)


def has_control_characters(text: str) -> bool:
    """Whether a text holds one of Unicode's control characters (category Cc)."""
    # What is printable holds none, and is told at once.
    return not text.isprintable() and any(unicodedata.category(each) == "Cc" for each in text)


def check(value: Any, *loc: str | int) -> str:
    """`value` if it is an id. Raises Invalid, with `loc` as the place."""
    Invalid.raise_any(problems(value, loc))
    return str(value)


def uuid7() -> str:
    """A new UUID of version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, 74 random ones."""
    milliseconds = time.time_ns() // 1_000_000
    bits = int.from_bytes(os.urandom(10))
    random_a, random_b = bits >> 68, bits & (1 << 62) - 1
    digits = f"{milliseconds << 80 | 7 << 76 | random_a << 64 | 0b10 << 62 | random_b:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def now() -> str:
    """The present moment as RFC 3339 text in UTC; texts of this shape sort as their moments do."""
    return moment(present())


def before(seconds: int) -> str:
    """The moment that is so many seconds ago, as `now` writes it."""
    return moment(present() - timedelta(seconds=seconds))


def present() -> datetime:
    """The clock."""
    return datetime.now(UTC)


def moment(when: datetime) -> str:
    """An aware datetime as RFC 3339 text in UTC, with six digits of a second and a `Z`."""
    return when.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@lru_cache(maxsize=1024)
def parse_moment(text: str) -> str:
    """RFC 3339 text of any offset, as `moment` writes it. Raises ValueError, in words."""
    # Cached, for what a batch holds is checked first and written later.
    if not _RFC_3339.fullmatch(text):
        raise ValueError(_NO_MOMENT)
    try:
        return moment(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError):
        raise ValueError(_NO_MOMENT) from None


def parse_week(text: str) -> tuple[str, str]:
    """When a week of ISO 8601 begins, in UTC, and when it is over. Raises ValueError, in words."""
    form = _WEEK.fullmatch(text)
    try:
        year, week = (int(form[1]), int(form[2])) if form else (0, 0)
        start = datetime.fromisocalendar(year, week, 1).replace(tzinfo=UTC)
        return moment(start), moment(start + timedelta(days=7))
    except (ValueError, OverflowError):
        raise ValueError("is no week: 2026-W45") from None


def parse_day_or_moment(text: str) -> str:
    """The same for a day too: it begins at midnight, in UTC. Raises ValueError, in words."""
    try:
        return parse_moment(f"{text}T00:00:00Z" if "T" not in text.upper() else text)
    except ValueError:
        raise ValueError("is no day or moment: 2026-11-24 or 2026-11-24T08:00:00Z") from None
