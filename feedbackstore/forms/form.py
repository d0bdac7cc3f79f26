"""The form of a document: a tree with a leaf for each of its values.

The same value, schema and output always make the same form: what is posted is read against the
form that is made of the posted base.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from feedbackstore import documents
from feedbackstore.errors import ABSENT
from feedbackstore.forms import json_text, places
from feedbackstore.forms.building import MOST_LEAVES, Around, Builder
from feedbackstore.forms.fields import Leaf, Node, Typed
from feedbackstore.forms.merging import Schema
from feedbackstore.forms.shape import Shape, TooMuch

TOO_LARGE: Final = (
    f"This answer has more than {MOST_LEAVES} fields, too many for a form: edit it as JSON."
)


@dataclass(slots=True)
class Form:
    """A value to be corrected; without a root where `refusal` says why it can be JSON only."""

    value: Any
    shape: Shape
    root: Node | None
    places: dict[str, Node]
    refusal: str | None = None

    @property
    def base(self) -> str:
        """The exact JSON text of the value, which the form posts back."""
        return documents.dump(self.value)

    @property
    def json(self) -> str:
        """The value as JSON that is edited."""
        return json_text.pretty(self.value)

    @property
    def problems(self) -> list[Node]:
        """The parts that have a problem, in their order."""
        return [node for node in self.places.values() if node.problem]

    @property
    def leaves(self) -> Iterator[Leaf]:
        """The parts that are typed into."""
        return (node for node in self.places.values() if isinstance(node, Leaf))


def make(
    value: Any,
    schema: Schema = None,
    *,
    output: Any = ABSENT,
    problems: Mapping[str, str] | None = None,
    typed: Mapping[str, Typed] | None = None,
) -> Form:
    """The form of a value, by a schema as far as it goes.

    `output` is what the model said, `problems` and what was `typed` in vain are by pointer.
    """
    for known in (schema, None) if schema is not None else (None,):
        shape = Shape(known)
        builder = Builder(shape, typed or {}, compares=output is not ABSENT)
        try:
            root = builder.node("", "", known, value, Around(output=output))
        except TooMuch:
            continue
        made = Form(value, shape, root, builder.places)
        for place, message in (problems or {}).items():
            _put_problem(made, place, message)
        return made
    return Form(value, Shape(None), None, {}, TOO_LARGE)


def _put_problem(form: Form, place: str, message: str) -> None:
    """At its place, or at what is nearest around it, which then says where it was."""
    nearest = place
    while nearest not in form.places:
        nearest = places.parent(nearest)
    if nearest != place:
        inner = places.parts(place)[len(places.parts(nearest)) :]
        message = f"{' › '.join(inner)}: {message}"
    node = form.places[nearest]
    node.problem = f"{node.problem}; {message}" if node.problem else message
