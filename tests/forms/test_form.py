from typing import Any

import pytest

from feedbackstore.errors import ABSENT
from feedbackstore.forms import form
from feedbackstore.forms.fields import Group, Leaf, Rows

INVOICE: dict[str, Any] = {
    "type": "object",
    "required": ["number", "total"],
    "properties": {
        "number": {"type": "string", "title": "Invoice number", "description": "At the top."},
        "date": {"type": "string", "format": "date"},
        "sent": {"type": "string", "format": "date-time"},
        "total": {"type": "number"},
        "currency": {"enum": ["EUR", "USD"]},
        "paid": {"type": "boolean"},
        "vendor": {"$ref": "#/$defs/vendor"},
        "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
    },
    "$defs": {
        "vendor": {"type": "object", "properties": {"name": {"type": "string"}}},
        "item": {"type": "object", "properties": {"qty": {"type": "integer"}}},
    },
}


def leaf(made: form.Form, place: str) -> Leaf:
    found = made.places[place]
    assert isinstance(found, Leaf)
    return found


def kinds(made: form.Form) -> dict[str, str]:
    return {found.place: found.kind for found in made.leaves}


def test_a_schema_says_what_kind_of_field_a_place_has() -> None:
    made = form.make({"vendor": {"name": "ACME"}, "items": [{"qty": 1}]}, INVOICE)

    assert kinds(made) == {
        "/number": "text",
        "/date": "date",
        "/sent": "date-time",
        "/total": "number",
        "/currency": "choice",
        "/paid": "choice",
        "/vendor/name": "text",
        "/items/0/qty": "integer",
    }


def test_a_field_has_the_words_of_its_schema_or_its_name_made_readable() -> None:
    value = {"number": "1", "unit_price": 1, "VAT": 2, "a b": 3, "": 4, "x" * 200: 5}
    made = form.make(value, INVOICE)

    assert (leaf(made, "/number").heading, leaf(made, "/number").description) == (
        "Invoice number",
        "At the top.",
    )
    headings = [leaf(made, f"/{name}").heading for name in ("unit_price", "VAT", "a b", "")]
    assert headings == ["Unit price", "VAT", "a b", "(no name)"]
    assert leaf(made, "/" + "x" * 200).heading == "X" + "x" * 99 + "…"
    assert leaf(made, "/unit_price").label == "unit_price"


def test_what_must_be_there_is_marked() -> None:
    made = form.make({}, INVOICE)

    assert [found.place for found in made.places.values() if found.required] == [
        "/number",
        "/total",
    ]


@pytest.mark.parametrize(
    ("value", "kind"),
    [("a", "text"), (1, "number"), (1.5, "number"), (True, "choice"), (None, "open")],
)
def test_without_a_schema_a_value_says_what_it_is(value: Any, kind: str) -> None:
    assert kinds(form.make({"a": value})) == {"/a": kind}


@pytest.mark.parametrize(
    ("schema", "value", "kind"),
    [
        ({"type": ["string", "null"]}, None, "text"),
        ({"type": ["number", "null"]}, 1, "number"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, None, "integer"),
        ({"oneOf": [{"type": "null"}, {"enum": ["a"]}]}, None, "choice"),
        ({"anyOf": [{"const": "a"}, {"const": "b"}]}, "a", "choice"),
        ({"type": ["string", "number"]}, 1, "open"),
        ({"anyOf": [{"type": "string"}, {"type": "boolean"}]}, "a", "open"),
        ({"type": ["string", "object"]}, None, "json"),
        ({"type": ["string", "object"]}, "a", "text"),
        ({"anyOf": [{"properties": {"a": {}}}, {"type": "string", "minLength": 2}]}, 1, "json"),
        ({"allOf": [{"type": "number"}, {"type": "integer"}]}, 1, "integer"),
        ({"anyOf": [{"type": "null"}, {"type": "null"}]}, None, "open"),
        ({"anyOf": [{"type": "null"}, {"type": "object"}, {"type": "array"}]}, None, "json"),
        ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b"]}]}, "b", "choice"),
        ({"type": "number"}, "1,200", "number"),
        ({"type": "string", "format": "date"}, 5, "date"),
        ({"type": "object"}, "a", "text"),
        ({"enum": [*range(500)], "type": "integer"}, 1, "integer"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#"}}}, 1, "number"),
        ({"$ref": "#/$defs/a%25", "$defs": {"a%": {"type": "string"}}}, 1, "text"),
        ({"$ref": "http://example.org/a"}, 1, "number"),
        (True, 1, "number"),
        (False, 1, "number"),
        ([{"type": "string"}], 1, "number"),
        (
            {"type": {"a": 1}, "properties": [], "enum": "a", "anyOf": {}, "required": 1},
            1,
            "number",
        ),
    ],
)
def test_a_schema_is_understood_as_far_as_it_goes(schema: Any, value: Any, kind: str) -> None:
    assert leaf(form.make(value, schema), "").kind == kind


def test_of_several_objects_the_form_is_of_the_one_that_fits() -> None:
    card = {"properties": {"by": {"const": "card"}, "last": {"type": "string"}}}
    bank = {"properties": {"by": {"const": "bank"}, "iban": {"type": "string"}}}
    schema = {"oneOf": [card, bank]}

    made = form.make({"by": "bank"}, schema)

    assert "/iban" in made.places
    assert "/last" not in made.places
    assert kinds(form.make({"by": "cash"}, schema)) == {"": "json"}


def test_a_member_that_has_to_be_there_tells_one_object_from_another() -> None:
    one = {"type": "object", "required": ["a"], "properties": {"a": {}, "one": {}}}
    other = {"type": "object", "required": ["b"], "properties": {"b": {}, "other": {}}}

    assert "/other" in form.make({"b": 1}, {"anyOf": [one, other]}).places


def test_the_parts_of_a_schema_are_put_together() -> None:
    named = {"properties": {"name": {"type": "string"}}, "required": ["name"]}
    schema = {"allOf": [named, {"properties": {"name": {"title": "Who"}, "age": {}}}]}

    made = form.make({"name": "a"}, schema)

    assert (leaf(made, "/name").heading, leaf(made, "/name").required) == ("Who", True)
    assert "/age" in made.places


def test_a_tuple_has_a_schema_for_each_place() -> None:
    schema = {"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": {"enum": ["x"]}}
    older = {"items": schema["prefixItems"], "additionalItems": {"enum": ["x"]}}

    for spelled in (schema, older):
        made = form.make(["a", 1, "x"], spelled)
        assert [found.kind for found in made.leaves] == ["text", "integer", "choice"]


def test_members_that_a_schema_does_not_know_are_shown_and_can_be_removed() -> None:
    made = form.make({"stray": 1, "number": "1"}, INVOICE)

    assert (leaf(made, "/stray").kind, leaf(made, "/stray").removable) == ("number", True)
    assert not leaf(made, "/number").removable
    assert not leaf(form.make({"free": 1}), "/free").removable


def test_other_members_have_a_schema_too() -> None:
    schema = {"type": "object", "additionalProperties": {"type": "integer"}}

    assert kinds(form.make({"a": "1"}, schema)) == {"/a": "integer"}


def test_an_object_that_is_not_there_is_offered() -> None:
    group = form.make({"number": "1"}, INVOICE).places["/vendor"]

    assert isinstance(group, Group)
    assert (group.present, group.members, group.removable) == (False, [], False)
    assert form.make({"vendor": {}}, INVOICE).places["/vendor"].removable


def test_a_schema_that_refers_to_itself_ends() -> None:
    tree = {"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}}

    made = form.make({"left": {"left": {}}}, tree)

    assert list(made.places) == [
        "", "/left", "/left/left", "/left/left/left", "/left/left/right", "/left/right", "/right",
    ]  # fmt: skip


def endless(links: int) -> dict[str, Any]:
    """Each refers twice to the next: 2 to the power of so many."""
    parts = {
        str(link): {"allOf": [{"$ref": f"#/$defs/{link + 1}"}, {"$ref": f"#/$defs/{link + 1}"}]}
        for link in range(links)
    }
    return {"$defs": parts, "$ref": "#/$defs/0"}


@pytest.mark.parametrize(
    "schema",
    [
        endless(40),
        {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
        {"allOf": [{"enum": [*range(1000)]}] * 1000},
        {"$defs": {str(n): {"$ref": f"#/$defs/{n + 1}"} for n in range(500)}, "$ref": "#/$defs/0"},
        {"properties": {str(number): {} for number in range(10_000)}},
        {"allOf": [{"properties": {"a": {"type": "object"}}}] * 30_000},
        {"properties": {name: {"enum": [*range(190)]} for name in (*map(str, range(200)), "b")}},
    ],
    ids=["doubling", "itself or null", "long parts", "chain", "wide", "many parts", "choices"],
)  # fmt: skip
def test_a_schema_that_leads_too_far_is_left_aside(schema: Any) -> None:
    assert kinds(form.make({"b": 1}, schema)) == {"/b": "number"}


def test_rows_have_the_fields_that_any_of_them_has() -> None:
    made = form.make([{"qty": 1, "name": "a"}, {"qty": None, "when": "b"}])

    assert {place: kind for place, kind in kinds(made).items() if place.startswith("/1")} == {
        "/1/qty": "number",
        "/1/name": "text",
        "/1/when": "text",
    }
    assert leaf(made, "/0/when").value is ABSENT


def test_rows_have_the_fields_of_the_models_rows_too() -> None:
    rows = form.make({"a": []}, output={"a": [{"qty": 1}]}).places["/a"]

    assert isinstance(rows, Rows)
    assert list(rows.schema.members) == ["qty"]


def test_rows_that_are_alike_and_flat_are_a_table() -> None:
    def is_table(value: Any) -> bool:
        rows = form.make(value).places[""]
        assert isinstance(rows, Rows)
        return rows.is_table

    assert is_table([{"a": 1, "b": 2}, {"a": 3}])
    assert not is_table([{"a": {"b": 1}}])
    assert not is_table(["a", "b"])
    assert not is_table([{str(number): number for number in range(9)}])
    assert not is_table([])


def nested(levels: int, *, value: Any, in_lists: bool = False) -> Any:
    for _ in range(levels):
        value = [value] if in_lists else {"a": value}
    return value


def test_what_is_nested_too_deeply_is_json() -> None:
    assert kinds(form.make(nested(9, value=1))) == {"/a" * 8: "json"}
    assert kinds(form.make(nested(8, value=1))) == {"/a" * 8: "number"}
    assert kinds(form.make(nested(3, value=1, in_lists=True))) == {"/0/0": "json"}
    assert kinds(form.make(nested(2, value=1, in_lists=True))) == {"/0/0": "number"}
    assert kinds(form.make(nested(99, value=1, in_lists=True))) == {"/0/0": "json"}


@pytest.mark.parametrize(
    "value", [[*range(1001)], {str(number): 1 for number in range(10_000)}, [[]] * 2000]
)
def test_an_answer_with_too_many_fields_is_for_json(value: Any) -> None:
    made = form.make(value)

    assert (made.root, made.refusal) == (None, form.TOO_LARGE)
    assert made.json


def test_an_answer_that_is_much_too_large_is_refused_before_its_rows_are_compared() -> None:
    row = {str(number): number for number in range(1000)}

    assert form.make([row] * 1000).refusal == form.TOO_LARGE


def test_a_thousand_fields_are_a_form() -> None:
    assert form.make([*range(999)]).refusal is None


def test_what_differs_from_the_models_output_is_marked_where_it_differs() -> None:
    output = {"a": 1, "b": "x", "c": [{"d": 1}], "e": None}
    value = {"a": 1.0, "b": "y", "c": [{"d": 1}, {"d": 2}], "f": True}

    made = form.make(value, {"properties": {"e": {"type": "string"}}}, output=output)

    assert [place for place, node in made.places.items() if node.changed] == [
        "", "/e", "/b", "/c", "/c/1", "/c/1/d", "/f",
    ]  # fmt: skip
    assert [place for place, node in made.places.items() if node.added] == ["/c/1", "/f"]
    assert (leaf(made, "/b").model_said, leaf(made, "/e").model_said) == ("x", "null")
    assert leaf(made, "/c/1/d").model_said is None


def test_without_an_output_nothing_is_marked() -> None:
    assert not any(node.changed for node in form.make({"a": 1}).places.values())


def test_a_long_answer_of_the_models_is_cut_short() -> None:
    made = form.make({"a": "x", "b": "x"}, output={"a": "y" * 1000, "b": ""})

    assert leaf(made, "/a").model_said == "y" * 300 + "…"
    assert leaf(made, "/b").model_said == "(empty text)"


def test_a_problem_stands_at_its_place_or_at_the_nearest_one_around_it() -> None:
    deep = nested(9, value=1)
    problems = {"/x/y": "is missing", "/a": "is wrong", "/a" * 10: "too deep", "/z": "is stray"}

    made = form.make(deep, problems=problems)

    found = {node.place: node.problem for node in made.problems}
    assert found == {
        "": "x › y: is missing; z: is stray",
        "/a": "is wrong",
        "/a" * 8: "a › a: too deep",
    }


@pytest.mark.parametrize(
    ("value", "schema", "control"),
    [
        ("a", None, "input"),
        ("a" * 81, None, "textarea"),
        ("a\nb", None, "textarea"),
        ("a\rb", None, "textarea"),
        (True, None, "select"),
        ([[[1]]], None, "textarea"),
        ("2026-03-31", {"format": "date", "type": "string"}, "date"),
        ("", {"format": "date", "type": "string"}, "date"),
        ("2026-02-31", {"format": "date", "type": "string"}, "input"),
        ("31 March", {"format": "date", "type": "string"}, "input"),
        ("２０２６-03-31", {"format": "date", "type": "string"}, "input"),
        ("2026-03-31T00:00:00Z", {"format": "date-time", "type": "string"}, "input"),
    ],
)
def test_a_value_is_typed_into_what_can_show_it(value: Any, schema: Any, control: str) -> None:
    assert next(form.make(value, schema).leaves).control == control


def test_a_phone_shows_the_keyboard_for_a_number_unless_that_has_a_minus() -> None:
    made = form.make({"a": 1.5, "b": -1.5, "c": "a"})

    assert [found.inputmode for found in made.leaves] == ["decimal", "", ""]


def test_a_value_that_is_not_among_the_choices_is_one_more_and_marked() -> None:
    made = form.make({"currency": "GBP", "paid": "no"}, INVOICE)

    options = leaf(made, "/currency").options
    assert [(option.label, option.foreign) for option in options] == [
        ("—", False), ("EUR", False), ("USD", False), ("GBP", True),
    ]  # fmt: skip
    assert leaf(made, "/paid").options[-1].label == "no"


def test_a_number_among_the_choices_is_chosen_however_it_is_spelled() -> None:
    made = form.make(1.0, {"enum": [1, 2]})

    assert [option.text for option in leaf(made, "").options] == ["1", "2"]
    assert leaf(made, "").text == "1"


def test_true_is_not_among_the_choices_that_hold_1() -> None:
    made = form.make([True], {"items": {"enum": [1]}})

    assert [(option.text, option.foreign) for option in leaf(made, "/0").options] == [
        ("1", False), ("true", True),
    ]  # fmt: skip


def test_a_choice_that_has_to_be_made_can_be_none_until_then() -> None:
    made = form.make({}, {"properties": {"a": {"enum": ["x"]}}, "required": ["a"]})

    assert [(option.label, option.foreign) for option in leaf(made, "/a").options] == [
        ("—", False), ("x", False),
    ]  # fmt: skip


def test_a_row_that_may_be_null_is_removed_by_the_rows_own_button_only() -> None:
    made = form.make([{"a": 1}, None])

    assert not made.places["/0"].removable
