"""Trainers' rules as checks of a row, made of small ones (`feedbackstore.checks`)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from feedbackstore import checks
from feedbackstore.checks import Check
from feedbackstore.errors import Loc, Problem


def all_of(*several: Check) -> Check:
    """What each of several checks finds; the later ones look only at what the first ones pass."""

    def check(value: Any, loc: Loc) -> Iterator[Problem]:
        for one in several:
            found = list(one(value, loc))
            yield from found
            if found:
                return

    return check


def closed(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these members and no other."""
    known = {*required, *(optional or {})}
    inner = checks.members(required, optional)

    def check(value: Any, loc: Loc) -> Iterator[Problem]:
        yield from inner(value, loc)
        if isinstance(value, dict):
            for name in value:
                if name not in known:
                    yield Problem((*loc, name), "extra_forbidden", "No such member is known", name)

    return check


def rule(holds: Callable[[Any], bool], type_: str, message: str) -> Check:
    """A rule of its own, for a value whose shape was checked before."""

    def check(value: Any, loc: Loc) -> Iterator[Problem]:
        if not holds(value):
            yield Problem(loc, type_, message)

    return check


def boolean(value: Any, loc: Loc) -> Iterator[Problem]:
    """True or false."""
    if not isinstance(value, bool):
        yield Problem(loc, "bool_type", "Input should be a valid boolean", value)


def anything(_: Any, __: Loc) -> Iterator[Problem]:
    """Whatever it is."""
    return iter(())


def zero_or_one(value: Any, loc: Loc) -> Iterator[Problem]:
    """The integer 0 or 1."""
    if value not in (0, 1) or isinstance(value, bool) or not isinstance(value, int):
        yield Problem(loc, "literal_error", "Input should be 0 or 1", value)


def ends_with(*roles: str) -> Check:
    """A conversation whose last turn has one of these roles."""
    named = " or ".join(roles)
    return rule(
        lambda turns: bool(turns) and turns[-1].get("role") in roles,
        "last_role",
        f"The last message should be of {named}",
    )


def roles_alternate(first: str, second: str) -> Check:
    """A conversation in which two roles take turns, beginning with the first."""
    return rule(
        lambda turns: all(
            turn.get("role") == (first, second)[i % 2] for i, turn in enumerate(turns)
        ),
        "role_order",
        f"The roles should alternate: {first}, {second}, {first}, …",
    )


def turn(*roles: str, content: Check = checks.text) -> Check:
    """A message of one of these roles with such content, and no other member."""
    return closed({"role": checks.one_of(roles), "content": content})
