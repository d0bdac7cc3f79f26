"""The tree of a form, made of a value, what its schema says, and what the model said."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from feedbackstore import documents
from feedbackstore.errors import ABSENT
from feedbackstore.forms import inferred, leaves, places
from feedbackstore.forms.fields import Group, Leaf, Node, Rows, Typed
from feedbackstore.forms.merging import NOTHING, Said, Schema
from feedbackstore.forms.shape import Shape, TooMuch

DEEPEST: Final = 8
"""Groups and rows inside one another, at most; what is deeper is JSON."""

MOST_LEAVES: Final = 1000
"""Fields of a form, at most; a group or a list counts half, a long select more."""

_LISTS_IN_LISTS: Final = 2
_OPTIONS_PER_LEAF: Final = 20


@dataclass(frozen=True, slots=True)
class Around:
    """What a place has from its surroundings; `output` is what the model said at it."""

    output: Any = ABSENT
    is_new: bool = False
    depth: int = 0
    lists: int = 0
    is_member: bool = False
    required: bool = False
    optional: bool = False
    removable: bool = False


class Builder:
    """Makes the parts of one form, and keeps them by their places. Raises TooMuch."""

    def __init__(self, shape: Shape, typed: Mapping[str, Typed], *, compares: bool) -> None:
        self._shape = shape
        self._typed = typed
        self._compares = compares
        self._left = 2 * MOST_LEAVES
        self.places: dict[str, Node] = {}

    def node(self, place: str, label: str, schema: Schema, value: Any, around: Around) -> Node:
        """The part of the form for what is at a place: a value, or ABSENT."""
        said = self._shape.at(schema, value)
        node = _empty_node(place, said, value, around)
        self._spend(2 if isinstance(node, Leaf) else 1)
        node.id = f"f{len(self.places)}"
        node.label = said.title or label
        node.description = said.description
        node.required, node.optional = around.required, around.optional
        node.removable = around.removable
        self.places[place] = node
        if self._compares:
            _compare(node, value, around)
        if isinstance(node, Group):
            node.schema = schema
            self._fill_group(node, said, value, around)
        elif isinstance(node, Rows):
            self._fill_rows(node, said, value, around)
        elif isinstance(node, Leaf):
            self._fill_leaf(node, said)
        return node

    def _fill_leaf(self, leaf: Leaf, said: Said) -> None:
        typed = self._typed.get(leaf.place)
        leaves.dress(leaf, said, typed)
        leaf.changed = leaf.changed or typed is not None
        self._spend(len(leaf.options) // _OPTIONS_PER_LEAF)

    def _fill_group(self, group: Group, said: Said, value: Any, around: Around) -> None:
        group.present = isinstance(value, dict)
        if not group.present:
            return
        may_be_null = around.is_member and said.nullable
        group.removable = around.removable or around.optional or may_be_null
        must = said.required | said.usual
        for name in dict.fromkeys((*said.members, *value)):
            known = name in said.members
            inside = replace(
                _inside(around, name),
                is_member=True,
                required=name in said.required,
                optional=bool(said.members) and name not in must,
                removable=bool(said.members) and not known,
            )
            schema = said.members[name] if known else said.others
            place = places.child(group.place, name)
            member = self.node(place, name, schema, value.get(name, ABSENT), inside)
            group.members.append(member)

    def _fill_rows(self, rows: Rows, said: Said, value: Any, around: Around) -> None:
        items = value if isinstance(value, list) else []
        rows.present = isinstance(value, list)
        if len(items) > MOST_LEAVES:
            raise TooMuch
        schema = self._schema_of_items(said, items, around.output)
        schemas = [*said.first_items[: len(items) + 1]]
        schemas += [schema] * (len(items) + 1 - len(schemas))
        rows.schema = schemas[-1]
        for index, item in enumerate(items):
            inside = replace(_inside(around, index), lists=around.lists + 1)
            place = places.child(rows.place, index)
            rows.items.append(self.node(place, f"Item {index + 1}", schemas[index], item, inside))

    def _schema_of_items(self, said: Said, items: list[Any], output: Any) -> Schema:
        if self._shape.at(said.items, ABSENT) != NOTHING:
            return said.items
        if sum(len(item) for item in items if isinstance(item, dict)) > self._left:
            raise TooMuch
        # The model's rows count too: emptying or removing one does not change what the others are.
        models = output[:MOST_LEAVES] if isinstance(output, list) else []
        return inferred.common([*items, *models])

    def _spend(self, cost: int) -> None:
        self._left -= cost
        if self._left < 0:
            raise TooMuch


def _empty_node(place: str, said: Said, value: Any, around: Around) -> Node:
    if not (leaves.has_choices(said) or said.unclear or around.depth >= DEEPEST):
        wanted = said.types if value is None or value is ABSENT else None
        if isinstance(value, dict) or wanted == frozenset({"object"}):
            return Group(place=place)
        is_list = isinstance(value, list) or wanted == frozenset({"array"})
        if is_list and around.lists < _LISTS_IN_LISTS:
            return Rows(place=place)
    return Leaf(place=place, kind=leaves.kind_of(said, value), value=value)


def _inside(around: Around, part: str | int) -> Around:
    """The surroundings of a member or an item, as far as what the model said goes."""
    outer = around.output
    output: Any = ABSENT
    if isinstance(part, str) and isinstance(outer, dict):
        output = outer.get(part, ABSENT)
    elif isinstance(part, int) and isinstance(outer, list) and part < len(outer):
        output = outer[part]
    return Around(output=output, is_new=outer is ABSENT, depth=around.depth + 1)


def _compare(node: Node, value: Any, around: Around) -> None:
    """Mark what differs from the model's output: once, where all around it is new."""
    model = around.output
    if value is ABSENT or model is ABSENT:
        node.changed = value is not model
        node.added = model is ABSENT and node.changed and not around.is_new
    else:
        node.changed = not documents.same(value, model)
    if node.changed and model is not ABSENT and isinstance(node, Leaf):
        node.model_said = leaves.shown(model)
