"""What the buttons of a form do: rows that are added, removed and moved, objects added, removed.

It is done to the value with all that was typed; what was typed in vain moves along.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

from feedbackstore.errors import ABSENT, Invalid, Problem
from feedbackstore.forms import form, fresh, places
from feedbackstore.forms.fields import Group, Node, Rows
from feedbackstore.forms.form import Form
from feedbackstore.forms.merging import Schema
from feedbackstore.forms.reading import Reading, in_order

NAME: Final = "op"
"""The name of the buttons."""

CHECK: Final = "check"
"""The button that changes nothing: what was typed is read, and shown again."""

_T = TypeVar("_T")


def apply(op: str, reading: Reading, schema: Schema = None, *, output: Any = ABSENT) -> Reading:
    """What was read, after the operation: `add`, `remove`, `up` or `down` and a pointer.

    Raises Invalid for what is no operation, or is none at that place.
    """
    if op == CHECK:
        return reading
    word, _, escaped = op.partition(" ")
    made = form.make(reading.value, schema, output=output)
    node = made.places.get(places.unescape(escaped))
    done = _OPERATIONS[word](made, node, reading) if node and word in _OPERATIONS else None
    if done is None:
        raise Invalid(Problem((NAME,), "literal_error", "This button does nothing here"))
    if form.make(done.value, schema, output=output).root is None:
        raise Invalid(Problem((NAME,), "too_long", form.TOO_LARGE))
    return done


def _add(made: Form, node: Node, reading: Reading) -> Reading | None:
    if isinstance(node, Rows):
        rows = places.find(made.value, node.place) if node.present else []
        new: Any = [*rows, fresh.item(made.shape, node.schema)]
    elif isinstance(node, Group) and not node.present:
        new = fresh.container(made.shape, node.schema)
    else:
        return None
    return replace(reading, value=_put(made, node.place, new))


def _remove(made: Form, node: Node, reading: Reading) -> Reading | None:
    if not node.place:
        return None
    outer = made.places[places.parent(node.place)]
    if isinstance(outer, Rows):
        order = [*range(len(outer.items))]
        del order[int(places.last(node.place))]
        return _arranged(made, outer, order, reading)
    if not node.removable:
        return None
    new = None if node.required and not node.optional else ABSENT
    return Reading(
        _put(made, node.place, new),
        _without(reading.problems, node.place),
        _without(reading.typed, node.place),
    )


def _up(made: Form, node: Node, reading: Reading) -> Reading | None:
    return _move(made, node, reading, -1)


def _down(made: Form, node: Node, reading: Reading) -> Reading | None:
    return _move(made, node, reading, 1)


def _move(made: Form, node: Node, reading: Reading, by: int) -> Reading | None:
    """An item moved past its neighbour; at the end of the list it stays."""
    outer = made.places[places.parent(node.place)]
    if not isinstance(outer, Rows) or not node.place:
        return None
    order = [*range(len(outer.items))]
    index = int(places.last(node.place))
    if 0 <= index + by < len(order):
        order[index], order[index + by] = order[index + by], order[index]
    return _arranged(made, outer, order, reading)


def _arranged(made: Form, rows: Rows, order: list[int], reading: Reading) -> Reading:
    """The rows in an order of their indexes, and whatever was typed in them with them."""
    items = places.find(made.value, rows.place)
    at = {was: index for index, was in enumerate(order)}
    return Reading(
        _put(made, rows.place, [items[index] for index in order]),
        _shifted(reading.problems, rows.place, at),
        _shifted(reading.typed, rows.place, at),
    )


def _shifted(by_place: dict[str, _T], rows: str, at: dict[int, int]) -> dict[str, _T]:
    shifted = {}
    for place, what in by_place.items():
        if place == rows or not places.is_within(place, rows):
            shifted[place] = what
            continue
        index, slash, inner = place[len(rows) + 1 :].partition("/")
        if int(index) in at:
            shifted[f"{rows}/{at[int(index)]}{slash}{inner}"] = what
    return shifted


def _without(by_place: dict[str, _T], gone: str) -> dict[str, _T]:
    return {place: what for place, what in by_place.items() if not places.is_within(place, gone)}


def _put(made: Form, place: str, new: Any) -> Any:
    """The form's value with another at a place; ABSENT takes the member away."""
    if not place:
        return new
    outer = places.find(made.value, places.parent(place))
    if isinstance(outer, list):
        index = int(places.last(place))
        return _put(made, places.parent(place), [*outer[:index], new, *outer[index + 1 :]])
    members = {**outer, places.last(place): new}
    group = made.places[places.parent(place)]
    names = (
        [places.last(member.place) for member in group.members] if isinstance(group, Group) else []
    )
    found = {name: members[name] for name in names if members.get(name, ABSENT) is not ABSENT}
    return _put(made, places.parent(place), in_order(found, outer))


_OPERATIONS: Final[dict[str, Callable[[Form, Node, Reading], Reading | None]]] = {
    "add": _add,
    "remove": _remove,
    "up": _up,
    "down": _down,
}
