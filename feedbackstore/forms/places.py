"""Where something stands in a document (RFC 6901 JSON Pointer), and how a form says so.

What a browser posts comes back with its line breaks changed, in names too, so a pointer goes into
HTML with its control characters and percent signs escaped.
"""

import re
from typing import Any, Final
from urllib.parse import unquote

from feedbackstore.errors import ABSENT, Loc

FIELD: Final = "field:"
"""Goes before the pointer in the name of an input, so that no member can pose as another input."""

KIND: Final = "kind:"
"""The same for the choice of what kind of value was typed."""

_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f%]")


def pointer(loc: Loc) -> str:
    """The pointer to a place."""
    return "".join(f"/{_token(part)}" for part in loc)


def child(place: str, part: str | int) -> str:
    """The pointer to a member or an item of what is at `place`."""
    return f"{place}/{_token(part)}"


def parent(place: str) -> str:
    """The pointer to what holds the value at `place`."""
    return place.rpartition("/")[0]


def last(place: str) -> str:
    """The name or the index that a pointer ends with."""
    return _part(place.rpartition("/")[2])


def parts(place: str) -> list[str]:
    """The names and indexes on the way to a place, indexes as texts."""
    return [_part(token) for token in place.split("/")[1:]]


def is_within(place: str, outer: str) -> bool:
    """Whether a place is another one, or inside it."""
    return place == outer or place.startswith(f"{outer}/")


def find(value: Any, place: str) -> Any:
    """What is at a place; ABSENT where there is nothing."""
    for part in parts(place):
        if isinstance(value, dict):
            value = value.get(part, ABSENT)
        elif isinstance(value, list):
            index = index_of(part)
            value = value[index] if index is not None and index < len(value) else ABSENT
        else:
            return ABSENT
    return value


def index_of(part: str) -> int | None:
    """The index that a part of a pointer is, if it is one."""
    return int(part) if re.fullmatch(r"0|[1-9][0-9]{0,8}", part) else None


def escape(place: str) -> str:
    """A pointer as an attribute in HTML carries it."""
    return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", place)


def unescape(text: str) -> str:
    """The pointer that was escaped."""
    return unquote(text)


def _token(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _part(token: str) -> str:
    return token.replace("~1", "/").replace("~0", "~")
