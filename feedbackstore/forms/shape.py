"""What a document's schema says of each of its places, with the value that is there."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote

from feedbackstore import documents
from feedbackstore.errors import ABSENT
from feedbackstore.forms import merging, places
from feedbackstore.forms.merging import NOTHING, SCALARS, Said, Schema

MOST_STEPS: Final = 20_000
"""Schemas read for one form, at most: references can make a short one endless."""

_MOST_TURNS: Final = 50
_PER_STEP: Final = 10


class TooMuch(Exception):
    """A form that takes more than a form is worth."""


class Shape:
    """A schema, asked place by place. Raises TooMuch where it leads too far."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._steps = MOST_STEPS
        # What was read stays, so that no other schema gets its id.
        self._known: dict[int, tuple[Schema, Said]] = {}

    def at(self, schema: Schema, value: Any) -> Said:
        """What a part of the schema says of a place where this value is, or ABSENT."""
        said = self._flat(schema)
        for _ in range(_MOST_TURNS):
            if not said.branches:
                return said
            branches, *others = said.branches
            said = replace(said, branches=tuple(others))
            said = self._with_branch(said, [self._flat(branch) for branch in branches], value)
        raise TooMuch

    def _flat(self, schema: Schema) -> Said:
        """What a schema says with those that it refers to or is put together of."""
        if isinstance(schema, Said):
            return schema
        if not isinstance(schema, dict):
            return NOTHING
        known = self._known.get(id(schema))
        if known is None:
            known = self._known[id(schema)] = (schema, self._followed(schema, ()))
        return known[1]

    def _followed(self, schema: dict[str, Any], trail: tuple[str, ...]) -> Said:
        self._steps -= 1 + _size(schema)
        if self._steps < 0 or len(trail) > _MOST_TURNS:
            raise TooMuch
        said = merging.read(schema)
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in trail:
            said = self._joined(said, self._target(reference), (*trail, reference))
        parts = schema.get("allOf")
        for part in parts if isinstance(parts, list) else ():
            said = self._joined(said, part, (*trail, "allOf"))
        return said

    def _joined(self, said: Said, part: Schema, trail: tuple[str, ...]) -> Said:
        if not isinstance(part, dict):
            return said
        # What was gathered so far is gone through again.
        self._steps -= (len(said.members) + len(said.choices or ())) // _PER_STEP
        return merging.merged(said, self._followed(part, trail))

    def _target(self, reference: str) -> Schema:
        if not reference.startswith("#"):
            return None
        found = places.find(self._schema, unquote(reference[1:]))
        return None if found is ABSENT else found

    def _with_branch(self, said: Said, branches: list[Said], value: Any) -> Said:
        nullable = any(_is_null(branch) for branch in branches)
        branches = [branch for branch in branches if not _is_null(branch)]
        picked = self._picked(branches, value)
        if picked is None:
            return replace(said, unclear=True)
        if nullable:
            picked = replace(picked, nullable=True)
        return merging.merged(said, picked)

    def _picked(self, branches: list[Said], value: Any) -> Said | None:
        """The one that a value is under, or all in one; None where that is not clear."""
        if not branches:
            return Said(types=frozenset())
        if len(branches) == 1:
            return branches[0]
        if all(branch.choices and not branch.branches for branch in branches):
            return _all_choices(branches)
        if all(_is_plain(branch) for branch in branches):
            return _all_types(branches)
        scored = [(self._likeness(branch, value), branch) for branch in branches]
        fitting = [(score, branch) for score, branch in scored if score is not None]
        return max(fitting, key=lambda pair: pair[0])[1] if fitting else None

    def _likeness(self, said: Said, value: Any) -> int | None:
        """How well a value fits, by its members; None if it does not."""
        if value is ABSENT or not _allows(said, value):
            return None
        if not isinstance(value, dict):
            return 0
        if not said.required <= value.keys():
            return None
        known = [name for name in value if name in said.members]
        if not all(_allows(self._flat(said.members[name]), value[name]) for name in known):
            return None
        return len(known)


def _size(schema: dict[str, Any]) -> int:
    """The steps that the longest parts of one schema are worth."""
    parts = (schema.get("properties"), schema.get("enum"))
    return sum(len(part) for part in parts if isinstance(part, dict | list)) // _PER_STEP


def _is_null(said: Said) -> bool:
    return said.nullable and not said.types and not said.choices and not said.branches


def _is_plain(said: Said) -> bool:
    """Whether a schema names types of single values, and leaves them free."""
    types = said.types or frozenset()
    return bool(types) and types <= SCALARS and not said.choices and not said.branches


def _all_types(branches: Iterable[Said]) -> Said:
    types = frozenset[str]().union(*(branch.types or () for branch in branches))
    return Said(types=types, nullable=any(branch.nullable for branch in branches))


def _all_choices(branches: Iterable[Said]) -> Said:
    choices = tuple(choice for branch in branches for choice in branch.choices or ())
    return Said(choices=choices, nullable=any(branch.nullable for branch in branches))


def _allows(said: Said, value: Any) -> bool:
    if value is None:
        return said.nullable or not said.speaks
    if said.choices is not None:
        return any(documents.same(choice, value) for choice in said.choices)
    if said.types is None:
        return True
    name = merging.type_of(value)
    return name in said.types or (name == "number" and "integer" in said.types)
