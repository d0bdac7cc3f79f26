"""The shapes of JSON values, checked by hand: what is wrong comes out with its place.

Plain functions, for the same objects arrive by HTTP, from a file of an import and in a notebook.
Each takes a value and its place and yields the problems that it finds, so that whoever reads them
can stop: a body may hold millions. Types and messages are pydantic's, which the hosted service's
error lists use.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from feedbackstore.errors import Loc, Problem

Check = Callable[[Any, Loc], Iterator[Problem]]


def text(value: Any, loc: Loc) -> Iterator[Problem]:
    """A string."""
    if not isinstance(value, str):
        yield Problem(loc, "string_type", "Input should be a valid string", value)


def filled_text(value: Any, loc: Loc) -> Iterator[Problem]:
    """A string that is not empty."""
    if value == "":
        message = "String should have at least 1 character"
        yield Problem(loc, "string_too_short", message, value, {"min_length": 1})
    else:
        yield from text(value, loc)


def mapping(value: Any, loc: Loc) -> Iterator[Problem]:
    """An object."""
    if not isinstance(value, dict):
        yield Problem(loc, "dict_type", "Input should be a valid dictionary", value)


def list_of(check: Check, *, at_least: int = 0) -> Check:
    """A list of such values, at least so many."""

    def check_all(value: Any, loc: Loc) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(loc, "list_type", "Input should be a valid list", value)
        elif len(value) < at_least:
            message = f"List should have at least {at_least} item"
            yield Problem(loc, "too_short", message, value, {"min_length": at_least})
        else:
            for index, item in enumerate(value):
                yield from check(item, (*loc, index))

    return check_all


def one_of(choices: Collection[str]) -> Check:
    """One of a few strings."""
    listed = [f"'{choice}'" for choice in choices]
    expected = f"{', '.join(listed[:-1])} or {listed[-1]}"

    def check(value: Any, loc: Loc) -> Iterator[Problem]:
        if not isinstance(value, str) or value not in choices:
            message = f"Input should be {expected}"
            yield Problem(loc, "literal_error", message, value, {"expected": expected})

    return check


def members(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these members; null counts as absent, others are nobody's concern."""

    def check_all(value: Any, loc: Loc) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield from mapping(value, loc)
            return
        for name, check in required.items():
            if value.get(name) is None:
                yield Problem((*loc, name), "missing", "Field required", value)
            else:
                yield from check(value[name], (*loc, name))
        for name, check in (optional or {}).items():
            if value.get(name) is not None:
                yield from check(value[name], (*loc, name))

    return check_all
