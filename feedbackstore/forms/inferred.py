"""What the rows of a list have in common, where no schema says it."""

from collections.abc import Sequence
from typing import Any

from feedbackstore.forms.merging import NOTHING, SCALARS, Said, type_of


def common(values: Sequence[Any]) -> Said:
    """What is true of each of these values; nothing where they are too different.

    A number, and true or false, may be null: nothing forbids it. A text may be if one is.
    """
    types = {type_of(value) for value in values}
    nullable = "null" in types
    types.discard("null")
    if types == {"object"}:
        return _objects([value for value in values if value is not None], nullable=nullable)
    if types == {"array"}:
        items = [item for value in values if value is not None for item in value]
        return Said(types=frozenset(types), nullable=nullable, items=common(items))
    if not types or not types <= SCALARS:
        return NOTHING
    return Said(types=frozenset(types), nullable=nullable or types != {"string"})


def _objects(values: Sequence[dict[str, Any]], *, nullable: bool) -> Said:
    found: dict[str, list[Any]] = {}
    for value in values:
        for name, member in value.items():
            found.setdefault(name, []).append(member)
    return Said(
        types=frozenset({"object"}),
        nullable=nullable,
        members={name: common(members) for name, members in found.items()},
        usual=frozenset(name for name, members in found.items() if len(members) == len(values)),
    )
