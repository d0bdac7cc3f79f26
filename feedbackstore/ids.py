"""Identifiers: the callers' own, checked; ours, made; and the moments that go with them."""

import os
import time
import unicodedata
import uuid
from datetime import UTC, datetime
from typing import Any, Final

from feedbackstore.errors import Invalid, Loc, Problem

MAX_LENGTH: Final = 256

KINDS: Final = ("request", "agent_execution", "chat")
"""What feedback can be about, in the order in which it looks for its prediction."""


def problems(value: Any, loc: Loc) -> list[Problem]:
    """What is wrong with an id: it is 1 to 256 characters, none of them a control character."""
    if not isinstance(value, str):
        return [Problem(loc, "string_type", "Input should be a valid string", value)]
    if not value:
        message = "String should have at least 1 character"
        return [Problem(loc, "string_too_short", message, value, {"min_length": 1})]
    if len(value) > MAX_LENGTH:
        message = f"String should have at most {MAX_LENGTH} characters"
        return [Problem(loc, "string_too_long", message, value, {"max_length": MAX_LENGTH})]
    if any(unicodedata.category(character) == "Cc" for character in value):
        message = "An id should hold no control characters"
        return [Problem(loc, "string_pattern_mismatch", message, value)]
    return []


def check(value: Any, *loc: str | int) -> str:
    """`value` if it is an id. Raises Invalid, with `loc` as the place."""
    found = problems(value, loc)
    if found:
        raise Invalid(*found)
    return str(value)


def uuid7() -> str:
    """A new UUID of version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, 74 random ones."""
    milliseconds = time.time_ns() // 1_000_000
    bits = int.from_bytes(os.urandom(10))
    random_a, random_b = bits >> 68, bits & (1 << 62) - 1
    number = milliseconds << 80 | 7 << 76 | random_a << 64 | 0b10 << 62 | random_b
    return str(uuid.UUID(int=number))


def now() -> str:
    """The present moment as RFC 3339 text in UTC; texts of this shape sort as their moments do."""
    return moment(datetime.now(UTC))


def moment(when: datetime) -> str:
    """An aware datetime as RFC 3339 text in UTC, with six digits of a second and a `Z`."""
    return when.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
