"""The parts of a form: groups of members, rows of items, and the leaves that are typed into."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Final, NamedTuple

from feedbackstore.errors import ABSENT
from feedbackstore.forms import places
from feedbackstore.forms.merging import Schema

_LONG: Final = 80
_TALLEST: Final = 12
_COLUMNS: Final = 8
_LONGEST: Final = 100
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*([_-][A-Za-z0-9]+)*")
_WORD_ENDS: Final = re.compile(r"[_-]|(?<=[a-z])(?=[A-Z][a-z])")


class Typed(NamedTuple):
    """What somebody typed, and what they said it is where that is a choice."""

    text: str
    kind: str = ""


class Option(NamedTuple):
    """One of a select's choices; `foreign` is what is there but is not to be chosen."""

    text: str
    label: str
    foreign: bool = False


@dataclass(slots=True, kw_only=True)
class Node:
    """What every part of a form has; `place` is its JSON Pointer, `id` is its own in the page."""

    type: ClassVar[str]

    place: str
    id: str = ""
    label: str = ""
    description: str = ""
    required: bool = False
    optional: bool = False
    """Whether it may be left out of the object that it belongs to."""
    removable: bool = False
    added: bool = False
    """Whether the model's output has nothing here though it has what is around it."""
    changed: bool = False
    model_said: str | None = None
    problem: str | None = None

    @property
    def name(self) -> str:
        """The name of its input."""
        return places.FIELD + places.escape(self.place)

    @property
    def heading(self) -> str:
        """Its label as a person reads it: invoice_number as Invoice number."""
        if not self.label:
            return "(no name)" if self.place else "Answer"
        words = self.label
        if _NAME.fullmatch(words):
            words = _WORD_ENDS.sub(" ", words)
            words = words[0].upper() + words[1:]
        return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"

    @property
    def escaped(self) -> str:
        """Its pointer, for the value of a button."""
        return places.escape(self.place)


@dataclass(slots=True, kw_only=True)
class Leaf(Node):
    """A value with an input of its own.

    `kind` says how the text is read: text, date, date-time, number, integer, choice, json, or open
    where that is chosen beside it, among `kinds`.
    """

    type: ClassVar[str] = "leaf"

    kind: str
    text: str = ""
    chosen_kind: str = ""
    kinds: tuple[str, ...] = ()
    options: list[Option] = field(default_factory=list)
    nullable: bool = False
    value: Any = ABSENT

    @property
    def kind_name(self) -> str:
        """The name of the select beside it."""
        return places.KIND + self.escaped

    @property
    def control(self) -> str:
        """What it is typed into: select, date, textarea or input."""
        if self.kind == "choice":
            return "select"
        if "\n" in self.text or "\r" in self.text:
            return "textarea"
        if self.kind == "date" and is_date(self.text):
            return "date"
        return "textarea" if self.kind == "json" or len(self.text) > _LONG else "input"

    @property
    def inputmode(self) -> str:
        """The keyboard that a phone shows. Those for numbers have no minus: not for one below 0."""
        if self.text.startswith("-"):
            return ""
        return {"number": "decimal", "integer": "numeric"}.get(self.kind, "")

    @property
    def lines(self) -> int:
        """The height of its textarea."""
        return min(_TALLEST, 2 + self.text.count("\n") + len(self.text) // _LONG)

    def is_as_typed(self, typed: Typed) -> bool:
        """Whether nothing was typed: a browser gives back what it was given."""
        same = one_line_break(typed.text) == one_line_break(self.text)
        return same and (self.kind != "open" or typed.kind in ("", self.chosen_kind))


@dataclass(slots=True, kw_only=True)
class Group(Node):
    """An object's members; where `present` is False there is no object, and it may be added."""

    type: ClassVar[str] = "group"

    present: bool = True
    schema: Schema = None
    members: list[Node] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Rows(Node):
    """A list's items; `schema` is what is known of one more of them."""

    type: ClassVar[str] = "rows"

    present: bool = True
    schema: Schema = None
    items: list[Node] = field(default_factory=list)

    @property
    def is_table(self) -> bool:
        """Whether the rows are alike and flat, so that they stand below each other."""
        columns = [_columns(item) for item in self.items]
        return any(columns) and columns.count(columns[0]) == len(columns)


def one_line_break(text: str) -> str:
    r"""A text with its line breaks spelled \n: browsers spell them anew."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_date(text: str) -> bool:
    """Whether a browser's date input can show a text: nothing, or a day as ISO 8601 has it."""
    if text == "":
        return True
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _columns(item: Node) -> list[str]:
    """The names of a flat row's fields; none for a row that is not flat, or too wide."""
    if not isinstance(item, Group) or len(item.members) > _COLUMNS:
        return []
    if not all(isinstance(member, Leaf) and member.kind != "json" for member in item.members):
        return []
    return [member.label for member in item.members]
