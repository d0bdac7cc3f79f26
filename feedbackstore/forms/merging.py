"""What a schema says of a place: its keywords read one by one, whatever else it holds.

A schema comes from outside. What is not as JSON Schema has it says nothing; nothing here raises.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Final

from feedbackstore import documents

Schema = Any
"""A JSON schema as it came, or a Said that was made of values."""

SCALARS: Final = frozenset({"string", "number", "integer", "boolean"})

_TYPES: Final = SCALARS | {"object", "array"}


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of the values at a place; None and empty where nothing was said."""

    types: frozenset[str] | None = None
    nullable: bool = False
    choices: tuple[Any, ...] | None = None
    title: str = ""
    description: str = ""
    format: str = ""
    members: dict[str, Schema] = field(default_factory=dict)
    others: Schema = None
    required: frozenset[str] = frozenset()
    usual: frozenset[str] = frozenset()
    items: Schema = None
    first_items: tuple[Schema, ...] = ()
    branches: tuple[tuple[Schema, ...], ...] = ()
    unclear: bool = False

    @property
    def speaks(self) -> bool:
        """Whether anything was said of which values there may be."""
        return self.types is not None or self.choices is not None


NOTHING: Final = Said()


def read(schema: dict[str, Any]) -> Said:
    """What the keywords of one schema say; those that lead elsewhere are not followed."""
    types, nullable = _types(schema)
    choices, has_null = _choices(schema)
    items, first_items = _items(schema)
    return Said(
        types=types,
        nullable=has_null if types is None else nullable,
        choices=choices,
        title=_text(schema, "title"),
        description=_text(schema, "description"),
        format=_text(schema, "format"),
        members=_mapping(schema, "properties"),
        others=_mapping(schema, "additionalProperties") or None,
        required=frozenset(name for name in _list(schema, "required") if isinstance(name, str)),
        items=items,
        first_items=first_items,
        branches=tuple(
            tuple(_list(schema, word)) for word in ("anyOf", "oneOf") if _list(schema, word)
        ),
    )


def merged(one: Said, other: Said) -> Said:
    """What two schemas say together; where only one can be heard it is the first."""
    return replace(
        one,
        types=_common_types(one.types, other.types),
        nullable=_both_nullable(one, other),
        choices=_common_choices(one.choices, other.choices),
        title=one.title or other.title,
        description=one.description or other.description,
        format=one.format or other.format,
        members=_all_members(one.members, other.members),
        others=one.others or other.others,
        required=one.required | other.required,
        usual=one.usual | other.usual,
        items=_both(one.items, other.items),
        first_items=one.first_items or other.first_items,
        branches=one.branches + other.branches,
        unclear=one.unclear or other.unclear,
    )


def type_of(value: Any) -> str:
    """The type of a value, as JSON Schema calls it; a whole number is a number."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    if value is None:
        return "null"
    return "object" if isinstance(value, dict) else "array"


def _types(schema: dict[str, Any]) -> tuple[frozenset[str] | None, bool]:
    named = schema.get("type")
    listed = [named] if isinstance(named, str) else _list(schema, "type")
    known = frozenset(name for name in listed if isinstance(name, str)) & (_TYPES | {"null"})
    if known:
        return known - {"null"}, "null" in known
    if _mapping(schema, "properties"):
        return frozenset({"object"}), False
    if "items" in schema or "prefixItems" in schema:
        return frozenset({"array"}), False
    return None, False


def _choices(schema: dict[str, Any]) -> tuple[tuple[Any, ...] | None, bool]:
    listed = [schema["const"]] if "const" in schema else _list(schema, "enum")
    choices = tuple(choice for choice in listed if choice is not None)
    return choices or None, len(choices) < len(listed)


def _items(schema: dict[str, Any]) -> tuple[Schema, tuple[Schema, ...]]:
    """The schema of all items, and those of the first ones: by two spellings, of two drafts."""
    items = schema.get("items")
    if isinstance(items, list):
        return schema.get("additionalItems"), tuple(items)
    return items, tuple(_list(schema, "prefixItems"))


def _common_types(
    one: frozenset[str] | None, other: frozenset[str] | None
) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    whole = {"integer"} if "integer" in one | other and "number" in one | other else set()
    return ((one & other) | whole) or one


def _both_nullable(one: Said, other: Said) -> bool:
    if one.speaks and other.speaks:
        return one.nullable and other.nullable
    if one.speaks or other.speaks:
        return one.nullable if one.speaks else other.nullable
    return one.nullable or other.nullable


def _common_choices(
    one: tuple[Any, ...] | None, other: tuple[Any, ...] | None
) -> tuple[Any, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    allowed = {documents.dump(choice) for choice in other}
    return tuple(choice for choice in one if documents.dump(choice) in allowed) or one


def _all_members(one: dict[str, Schema], other: dict[str, Schema]) -> dict[str, Schema]:
    if not one or not other:
        return one or other
    return {name: _both(one.get(name), other.get(name)) for name in {**one, **other}}


def _both(one: Schema, other: Schema) -> Schema:
    if one is None or other is None:
        return other if one is None else one
    return {"allOf": [one, other]}


def _list(schema: dict[str, Any], keyword: str) -> list[Any]:
    found = schema.get(keyword)
    return found if isinstance(found, list) else []


def _mapping(schema: dict[str, Any], keyword: str) -> dict[str, Any]:
    found = schema.get(keyword)
    return found if isinstance(found, dict) else {}


def _text(schema: dict[str, Any], keyword: str) -> str:
    found = schema.get(keyword)
    return found if isinstance(found, str) else ""
