"""What is said beside a correction, and how much of it: notes for people, tags to find it by."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from feedbackstore.errors import Loc, Problem

MAX_NOTES: Final = 100_000
"""Characters of notes, at most."""

MAX_TAGS: Final = 100
MAX_TAG_NAME: Final = 256
MAX_TAG_VALUE: Final = 1_000
"""Tags of one piece of feedback, and characters of a tag's name and of its value, at most."""

_SHOWN: Final = 20


def problems(notes: str | None, tags: dict[str, str] | None) -> Iterator[Problem]:
    """What there is too much of."""
    yield from _text(notes or "", MAX_NOTES, ("notes",))
    yield from islice(_tags(tags or {}), _SHOWN)


def _tags(tags: dict[str, str]) -> Iterator[Problem]:
    if len(tags) > MAX_TAGS:
        message = f"There should be at most {MAX_TAGS} tags, not {len(tags)}"
        yield Problem(("tags",), "too_long", message, ctx={"max_length": MAX_TAGS})
        return
    for name, value in tags.items():
        if len(name) > MAX_TAG_NAME:
            message = f"A tag's name should have at most {MAX_TAG_NAME} characters"
            ctx = {"max_length": MAX_TAG_NAME}
            yield Problem(("tags", name), "string_too_long", message, name, ctx)
        yield from _text(value, MAX_TAG_VALUE, ("tags", name))


def _text(text: str, limit: int, loc: Loc) -> Iterator[Problem]:
    if len(text) > limit:
        message = f"String should have at most {limit} characters"
        yield Problem(loc, "string_too_long", message, text, {"max_length": limit})
