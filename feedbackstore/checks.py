"""The shapes of JSON values, checked by hand: what is wrong comes out as a list, with its place.

Plain functions, for the same objects arrive by HTTP, from a file of an import and in a notebook.
Each takes a value and its place, and returns the problems that it finds (none: an empty list).
Types and messages are pydantic's, which the hosted service's error lists use.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from feedbackstore.errors import Loc, Problem

Check = Callable[[Any, Loc], list[Problem]]


def text(value: Any, loc: Loc) -> list[Problem]:
    """A string."""
    if isinstance(value, str):
        return []
    return [Problem(loc, "string_type", "Input should be a valid string", value)]


def filled_text(value: Any, loc: Loc) -> list[Problem]:
    """A string that is not empty."""
    if value == "":
        message = "String should have at least 1 character"
        return [Problem(loc, "string_too_short", message, value, {"min_length": 1})]
    return text(value, loc)


def mapping(value: Any, loc: Loc) -> list[Problem]:
    """An object."""
    if isinstance(value, dict):
        return []
    return [Problem(loc, "dict_type", "Input should be a valid dictionary", value)]


def array(value: Any, loc: Loc) -> list[Problem]:
    """A list."""
    if isinstance(value, list):
        return []
    return [Problem(loc, "list_type", "Input should be a valid list", value)]


def filled_array(value: Any, loc: Loc) -> list[Problem]:
    """A list of at least one item."""
    if value == []:
        message = "List should have at least 1 item after validation, not 0"
        return [Problem(loc, "too_short", message, value, {"min_length": 1, "actual_length": 0})]
    return array(value, loc)


def one_of(choices: Collection[str]) -> Check:
    """One of a few strings."""
    listed = [f"'{choice}'" for choice in choices]
    expected = " or ".join(filter(None, (", ".join(listed[:-1]), listed[-1])))

    def check(value: Any, loc: Loc) -> list[Problem]:
        if isinstance(value, str) and value in choices:
            return []
        ctx = {"expected": expected}
        return [Problem(loc, "literal_error", f"Input should be {expected}", value, ctx)]

    return check


def members(
    value: Any,
    loc: Loc,
    required: Mapping[str, Check],
    optional: Mapping[str, Check] | None = None,
) -> list[Problem]:
    """An object with these members; null counts as absent, other members are nobody's concern."""
    problems = mapping(value, loc)
    if problems:
        return problems
    for name, check in required.items():
        if value.get(name) is None:
            problems.append(Problem((*loc, name), "missing", "Field required", value))
        else:
            problems += check(value[name], (*loc, name))
    for name, check in (optional or {}).items():
        if value.get(name) is not None:
            problems += check(value[name], (*loc, name))
    return problems
