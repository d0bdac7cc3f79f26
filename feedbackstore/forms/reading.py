"""What was posted, back to a value.

Whatever was not touched comes back as it was: a text that is what the form had shown changes
nothing. Only what differs is read, and what cannot be is kept as it was typed, beside a problem.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from feedbackstore.errors import ABSENT, Invalid, Problem
from feedbackstore.forms import form, json_text, kinds, places
from feedbackstore.forms.fields import Group, Leaf, Node, Rows, Typed
from feedbackstore.forms.form import Form
from feedbackstore.forms.merging import Schema

BASE: Final = "base"
"""The name of the input that holds the exact text of what the form was made of."""


@dataclass(slots=True)
class Reading:
    """A value with what was typed, and by pointer: what is wrong, and how that was typed."""

    value: Any
    problems: dict[str, str] = field(default_factory=dict)
    typed: dict[str, Typed] = field(default_factory=dict)


def read(posted: Mapping[str, str], schema: Schema = None, *, output: Any = ABSENT) -> Reading:
    """The value of a posted form; schema and output are those that it was made with.

    Raises Invalid where the base is not there, or is nothing that the form could come from.
    """
    made = form.make(_base(posted), schema, output=output)
    if made.root is None:
        raise Invalid(Problem((BASE,), "too_long", str(made.refusal)))
    reading = Reading(made.value)
    reading.value = _Reader(posted, reading).value(made.root, made.value)
    _report_strays(posted, made, reading)
    return reading


def _base(posted: Mapping[str, str]) -> Any:
    text = posted.get(BASE)
    if text is None:
        raise Invalid(Problem((BASE,), "missing", "Field required"))
    try:
        return json_text.parse(text)
    except Invalid as error:
        raise error.under(BASE) from None


def _report_strays(posted: Mapping[str, str], made: Form, reading: Reading) -> None:
    """What was typed where the form has no field any more: it must not get lost in silence."""
    for name, text in posted.items():
        if not name.startswith(places.FIELD) or not text:
            continue
        place = places.unescape(name.removeprefix(places.FIELD))
        if not isinstance(made.places.get(place), Leaf):
            shown = place.encode("utf-8", "backslashreplace").decode()
            message = f"the form has changed: what was typed at {shown} has no place in it now"
            reading.problems[""] = message


class _Reader:
    def __init__(self, posted: Mapping[str, str], reading: Reading) -> None:
        self._posted = posted
        self._reading = reading

    def value(self, node: Node, was: Any) -> Any:
        """The value of a part of the form, which is the one that it was if nothing differs."""
        if isinstance(node, Leaf):
            return self._leaf(node)
        if isinstance(node, Group):
            return self._group(node, was) if node.present else was
        if isinstance(node, Rows) and node.present:
            return [self.value(item, was[index]) for index, item in enumerate(node.items)]
        return was

    def _leaf(self, leaf: Leaf) -> Any:
        text = self._posted.get(leaf.name)
        if text is None:
            return leaf.value
        typed = Typed(text, self._posted.get(leaf.kind_name, ""))
        if leaf.is_as_typed(typed):
            return leaf.value
        try:
            return kinds.parse(leaf, typed)
        except kinds.Unread as error:
            self._reading.problems[leaf.place] = str(error)
            self._reading.typed[leaf.place] = typed
            return leaf.value

    def _group(self, group: Group, was: dict[str, Any]) -> dict[str, Any]:
        found = {
            places.last(member.place): self.value(
                member, was.get(places.last(member.place), ABSENT)
            )
            for member in group.members
        }
        found = {name: value for name, value in found.items() if value is not ABSENT}
        return in_order(found, was)


def in_order(found: dict[str, Any], was: dict[str, Any]) -> dict[str, Any]:
    """Members as they stood; new ones where the form has them if it has all in that order."""
    before = [name for name in was if name in found]
    if before == [name for name in found if name in was]:
        return found
    return {name: found[name] for name in dict.fromkeys((*before, *found))}
