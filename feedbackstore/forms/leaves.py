"""Which leaf shows a value: what its kind is, and how its text and its choices read."""

from collections.abc import Collection
from contextlib import suppress
from typing import Any, Final

from feedbackstore import documents
from feedbackstore.errors import ABSENT, Invalid
from feedbackstore.forms import json_text
from feedbackstore.forms.fields import Leaf, Option, Typed
from feedbackstore.forms.merging import SCALARS, Said, type_of

MOST_CHOICES: Final = 200

_KINDS: Final = {
    "string": "text",
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
}
_OPEN: Final = ("text", "number", "boolean", "null")
_BOOLEANS: Final = (True, False)
_SHOWN: Final = 300
_EMPTY: Final = "(empty text)"


def kind_of(said: Said, value: Any) -> str:
    """The kind of the leaf for a value: what the schema wants there, else what it is."""
    if has_choices(said):
        return "choice"
    if said.unclear or isinstance(value, dict | list):
        return "json"
    wanted = _scalars(said)
    if value is None or value is ABSENT:
        # Nothing tells which of its types it would be.
        if not (said.types or frozenset()) <= SCALARS:
            return "json"
        return _kind_among(wanted, said) if wanted else "open"
    return _kind_among(wanted or frozenset({type_of(value)}), said)


def _kind_among(wanted: frozenset[str], said: Said) -> str:
    if len(wanted) > 1:
        return "open"
    (name,) = wanted
    if name == "boolean":
        return "choice"
    if name == "string" and said.format in ("date", "date-time"):
        return said.format
    return _KINDS[name]


def has_choices(said: Said) -> bool:
    """Whether a schema lists the values, few enough for a select."""
    return said.choices is not None and len(said.choices) <= MOST_CHOICES


def dress(leaf: Leaf, said: Said, typed: Typed | None) -> None:
    """Give a leaf the text of its value, its choices, and what was typed in its place."""
    leaf.text = _text(leaf)
    leaf.nullable = said.nullable or _is_free(leaf, said)
    if leaf.kind == "open":
        leaf.kinds = _kinds(said, leaf.value)
        leaf.chosen_kind = _chosen(leaf)
    if leaf.kind == "choice":
        _give_options(leaf, said)
    if typed is not None:
        leaf.text = typed.text
        leaf.chosen_kind = typed.kind or leaf.chosen_kind
    if leaf.kind == "choice" and all(option.text != leaf.text for option in leaf.options):
        leaf.options.append(Option(leaf.text, _label(leaf.text), foreign=True))


def shown(value: Any) -> str:
    """A value as a note reads it, cut short."""
    text = value if isinstance(value, str) else documents.dump(value)
    if text == "":
        return _EMPTY
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _scalars(said: Said) -> frozenset[str]:
    wanted = (said.types or frozenset()) & SCALARS
    return wanted - {"integer"} if "number" in wanted else wanted


def _is_free(leaf: Leaf, said: Said) -> bool:
    """Whether nothing is said of a value that is no text: it may as well be null."""
    return not said.speaks and leaf.kind != "text"


def _kinds(said: Said, value: Any) -> tuple[str, ...]:
    wanted = _scalars(said)
    if not wanted:
        return _OPEN
    kinds = {_KINDS[name] for name in wanted}
    if said.nullable or value is None:
        kinds.add("null")
    if value is not None and value is not ABSENT:
        kinds.add(_kind_of_scalar(value, kinds))
    return tuple(kind for kind in (*_OPEN[:2], "integer", *_OPEN[2:]) if kind in kinds)


def _chosen(leaf: Leaf) -> str:
    if leaf.value is ABSENT:
        return leaf.kinds[0]
    return "null" if leaf.value is None else _kind_of_scalar(leaf.value, leaf.kinds)


def _kind_of_scalar(value: Any, kinds: Collection[str]) -> str:
    kind = _KINDS[type_of(value)]
    is_whole = isinstance(value, int) and "integer" in kinds
    return "integer" if kind == "number" and is_whole else kind


def _text(leaf: Leaf) -> str:
    value = leaf.value
    if value is ABSENT:
        return ""
    if leaf.kind == "json":
        return json_text.pretty(value)
    if value is None:
        return ""
    if leaf.kind == "choice":
        return documents.dump(value)
    return value if isinstance(value, str) else documents.dump(value)


def _give_options(leaf: Leaf, said: Said) -> None:
    choices = said.choices if has_choices(said) and said.choices else _BOOLEANS
    for choice in choices:
        if leaf.value is not ABSENT and documents.same(choice, leaf.value):
            leaf.text = documents.dump(choice)
    texts = dict.fromkeys(documents.dump(choice) for choice in choices)
    if leaf.text == "" or leaf.nullable or leaf.optional:
        leaf.options.append(Option("", _label("")))
    leaf.options += [Option(text, _label(text)) for text in texts]


def _label(text: str) -> str:
    """How a choice reads: a text without its quotation marks."""
    if text in ("", '""'):
        return _EMPTY if text else "—"
    with suppress(Invalid):
        value = json_text.parse(text)
        return value if isinstance(value, str) else text
    return text
