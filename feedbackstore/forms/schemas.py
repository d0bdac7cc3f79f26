"""Whether a corrected answer is as its schema wants it, said in plain words at each place."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from feedbackstore import documents, json_schemas
from feedbackstore.errors import Unusable
from feedbackstore.forms import places
from feedbackstore.forms.merging import Schema

MOST_PROBLEMS: Final = 100

_SHOWN: Final = 60
_SHOWN_CHOICES: Final = 8

_TYPES: Final = {
    "string": "a text",
    "number": "a number, such as 1200 or 12.5",
    "integer": "a whole number, such as 12",
    "boolean": "true or false",
    "object": "an object with members",
    "array": "a list",
    "null": "empty",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """The problems by pointer; `checked` is False where nothing could be held against a schema.

    `reason` then says why.
    """

    problems: dict[str, str]
    checked: bool = True
    reason: str = ""


def check(value: Any, schema: Schema) -> Checked:
    """What a schema has against a value. A broken schema, or none, has nothing against any."""
    if schema is None:
        return Checked({}, checked=False, reason="There is no schema to check this against.")
    try:
        validator = json_schemas.compiled(schema)
    except Unusable:
        reason = "This is not checked against its schema: pip install jsonschema-rs"
        return Checked({}, checked=False, reason=reason)
    if validator is None:
        reason = "This is not checked: its schema is not a valid one."
        return Checked({}, checked=False, reason=reason)
    found: dict[str, str] = {}
    for error in islice(validator.iter_errors(value), MOST_PROBLEMS):
        for place, message in _problems(error):
            found.setdefault(place, message)
    return Checked(found)


def _problems(error: Any) -> Iterator[tuple[str, str]]:
    place = places.pointer(tuple(error.instance_path))
    word, kind = error.kind.name, error.kind
    if word == "required":
        yield places.child(place, kind.property), "is missing"
    elif word in ("additionalProperties", "unevaluatedProperties"):
        for name in kind.unexpected:
            yield places.child(place, name), "is not in the schema: remove it"
    elif word == "propertyNames":
        yield place, f"has a name that is not allowed: {_short(kind.error.message)}"
    elif word in ("anyOf", "oneOf") and all(kind.context):
        yield from _branches(kind.context, place)
    else:
        say = _SAID.get(word)
        yield place, say(kind) if say else _short(error.message)


def _branches(context: list[list[Any]], place: str) -> Iterator[tuple[str, str]]:
    """What the one branch says that is not null's; of types, all; else only that none fits."""
    errors = [error for branch in context for error in branch]
    if all(error.kind.name == "type" for error in errors):
        names = dict.fromkeys(name for error in errors for name in error.kind.types)
        if all(places.pointer(tuple(error.instance_path)) == place for error in errors):
            yield place, _wanted_types(names)
            return
    branches = [branch for branch in context if not _is_null(branch)]
    if len(branches) == 1:
        for error in branches[0]:
            yield from _problems(error)
        return
    yield place, "fits none of the shapes that the schema allows"


def _is_null(branch: list[Any]) -> bool:
    return [error.kind.types for error in branch if error.kind.name == "type"] == [["null"]]


def _types(kind: Any) -> str:
    return _wanted_types(kind.types)


def _wanted_types(names: Iterable[str]) -> str:
    said = [_TYPES.get(name, name) for name in names]
    # An example is clear beside one type only.
    return f"should be {' or '.join(said if len(said) == 1 else _without_examples(said))}"


def _without_examples(said: list[str]) -> list[str]:
    return [words.partition(",")[0] for words in said]


def _choices(kind: Any) -> str:
    shown = [_shown(choice) for choice in kind.options[:_SHOWN_CHOICES]]
    if len(kind.options) > _SHOWN_CHOICES:
        shown.append("…")
    return f"should be one of: {', '.join(shown)}"


def _counted(kind: Any, what: str) -> str:
    return f"{kind.limit} {what}" if kind.limit == 1 else f"{kind.limit} {what}s"


def _shown(value: Any) -> str:
    return _short(value if isinstance(value, str) and value else documents.dump(value))


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


_SAID: Final[dict[str, Callable[[Any], str]]] = {
    "type": _types,
    "enum": _choices,
    "const": lambda kind: f"should be {_shown(kind.expected_value)}",
    "format": lambda kind: f"should be written as a {_short(kind.format)}",
    "pattern": lambda kind: f"should match the pattern {_short(kind.pattern)}",
    "minLength": lambda kind: f"should have at least {_counted(kind, 'character')}",
    "maxLength": lambda kind: f"should have at most {_counted(kind, 'character')}",
    "minItems": lambda kind: f"should have at least {_counted(kind, 'item')}",
    "maxItems": lambda kind: f"should have at most {_counted(kind, 'item')}",
    "minProperties": lambda kind: f"should have at least {_counted(kind, 'member')}",
    "maxProperties": lambda kind: f"should have at most {_counted(kind, 'member')}",
    "minimum": lambda kind: f"should be at least {kind.limit}",
    "maximum": lambda kind: f"should be at most {kind.limit}",
    "exclusiveMinimum": lambda kind: f"should be more than {kind.limit}",
    "exclusiveMaximum": lambda kind: f"should be less than {kind.limit}",
    "multipleOf": lambda kind: f"should be a multiple of {kind.multiple_of}",
    "uniqueItems": lambda _: "should not hold the same item twice",
    "additionalItems": lambda kind: f"should have at most {_counted(kind, 'item')}",
    "falseSchema": lambda _: "should not be here",
    "not": lambda _: "is what the schema excludes",
    "oneOf": lambda _: "fits more than one of the shapes that the schema allows",
}
