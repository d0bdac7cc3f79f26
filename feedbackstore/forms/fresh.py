"""A new row, before anything is typed into it.

What must be there is: a text is "", a list is empty, an object holds what it must, what may be
null is null. A number or a choice that must be there cannot be nothing: it is left out, and the
schema asks for it. All else is left out too, until it is filled in.
"""

from typing import Any, Final

from feedbackstore.errors import ABSENT
from feedbackstore.forms.merging import Said, Schema
from feedbackstore.forms.shape import Shape

_DEEPEST: Final = 8


def item(shape: Shape, schema: Schema) -> Any:
    """The value of a new row; null where nothing better is known."""
    value = _value(shape, schema, 0)
    return None if value is ABSENT else value


def container(shape: Shape, schema: Schema) -> Any:
    """The value of an object that is added to the one that it belongs to."""
    value = _value(shape, schema, 0, nullable=False)
    return value if isinstance(value, dict) else {}


def _value(shape: Shape, schema: Schema, depth: int, *, nullable: bool = True) -> Any:
    said = shape.at(schema, ABSENT)
    types = said.types or frozenset()
    if "object" in types and not (nullable and said.nullable and depth):
        return _object(shape, said, depth)
    if said.nullable and nullable and depth:
        return None
    if "array" in types:
        return []
    is_text = types == {"string"} and not said.choices and said.format not in ("date", "date-time")
    if is_text:
        return ""
    return None if said.nullable else ABSENT


def _object(shape: Shape, said: Said, depth: int) -> Any:
    if depth >= _DEEPEST:
        return {}
    must = said.required | said.usual
    made = {
        name: _value(shape, schema, depth + 1)
        for name, schema in said.members.items()
        if name in must
    }
    return {name: value for name, value in made.items() if value is not ABSENT}
