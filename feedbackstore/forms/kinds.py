"""What was typed into a leaf, as a value of JSON."""

import re
from collections.abc import Callable
from typing import Any, Final

from feedbackstore import documents
from feedbackstore.errors import ABSENT, Invalid
from feedbackstore.forms import json_text
from feedbackstore.forms.fields import Leaf, Typed, one_line_break

NUMBER_WANTED: Final = "should be a number, such as 1200 or 12.5"

_WANTED: Final = {
    "number": NUMBER_WANTED,
    "integer": "should be a whole number, such as 12",
    "boolean": "should be true or false",
    "choice": "should be one of the choices",
    "date": "should be a date, such as 2026-03-31",
    "date-time": "should be a date and a time, such as 2026-03-31T09:30:00Z",
    "json": "should be JSON; a text stands in quotation marks",
}

_NUMBER: Final = re.compile(r"-?[0-9][0-9.eE+-]*")


class Unread(Exception):
    """What was typed is not what belongs here; the message says what does."""


def parse(leaf: Leaf, typed: Typed) -> Any:
    """The value of what was typed; ABSENT if the member is to be left out. Raises Unread."""
    if leaf.kind == "open":
        return _open(leaf, typed)
    return _parse_as(leaf.kind, leaf, typed.text)


def _parse_as(kind: str, leaf: Leaf, text: str) -> Any:
    if kind == "text":
        return None if text == "" and leaf.nullable else _text(leaf, text)
    if not text.strip():
        return _emptied(kind, leaf)
    return _READERS[kind](leaf, text)


def _emptied(kind: str, leaf: Leaf) -> Any:
    if leaf.nullable:
        return None
    if leaf.optional:
        return ABSENT
    raise Unread(_WANTED[kind])


def _open(leaf: Leaf, typed: Typed) -> Any:
    kind = typed.kind or leaf.chosen_kind
    if kind not in leaf.kinds:
        raise Unread("should be of a kind that is offered")
    if kind != "null":
        # Whoever chooses text and types nothing wants "": null has a choice of its own.
        return _text(leaf, typed.text) if kind == "text" else _parse_as(kind, leaf, typed.text)
    if typed.text == "":
        return None
    if "text" in leaf.kinds and not _is_like_another(typed.text):
        return _text(leaf, typed.text)
    raise Unread("is set to nothing: choose what kind of value this is")


def _is_like_another(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text.strip())) or text.strip().lower() in ("true", "false")


def _text(leaf: Leaf, text: str) -> str:
    text = one_line_break(text)
    was = leaf.value
    if (
        isinstance(was, str)
        and "\r\n" in was
        and one_line_break(was).count("\n") == was.count("\r\n")
    ):
        text = text.replace("\n", "\r\n")
    try:
        # A key of a form may hold what a document must not: NUL, half of a surrogate pair.
        json_text.parse(documents.quote(text))
    except Invalid:
        raise Unread("holds a character that cannot be stored") from None
    return text


def _number(_: Leaf, text: str) -> Any:
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        raise Unread(_WANTED["number"])
    try:
        return json_text.parse(text)
    except Invalid as error:
        wanted = error.problems[0].type == "json_invalid"
        raise Unread(
            _WANTED["number"] if wanted else "is too large a number to be stored"
        ) from None


def _integer(leaf: Leaf, text: str) -> Any:
    try:
        number = _number(leaf, text)
    except Unread as error:
        too_large = str(error) != _WANTED["number"]
        raise Unread(str(error) if too_large else _WANTED["integer"]) from None
    if isinstance(number, float) and not number.is_integer():
        raise Unread(_WANTED["integer"])
    return number


def _boolean(_: Leaf, text: str) -> bool:
    word = text.strip().lower()
    if word not in ("true", "false"):
        raise Unread(_WANTED["boolean"])
    return word == "true"


def _choice(leaf: Leaf, text: str) -> Any:
    if not any(option.text == text for option in leaf.options):
        raise Unread(_WANTED["choice"])
    return json_text.parse(text)


def _json(_: Leaf, text: str) -> Any:
    text = one_line_break(text)
    try:
        return json_text.parse(text)
    except Invalid as error:
        raise Unread(json_text.explain(error, text)) from None


_READERS: Final[dict[str, Callable[[Leaf, str], Any]]] = {
    "date": _text,
    "date-time": _text,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "choice": _choice,
    "json": _json,
}
