from typing import Any

import pytest

from feedbackstore.errors import Invalid
from feedbackstore.forms import form, reading, rows, schemas
from feedbackstore.forms.fields import Typed
from tests.forms.browser import Page, render, type_in

ITEM = {
    "type": "object",
    "required": ["name", "qty", "tags", "of", "note"],
    "properties": {
        "name": {"type": "string"},
        "qty": {"type": "integer"},
        "price": {"type": "number"},
        "when": {"type": "string", "format": "date"},
        "note": {"type": ["string", "null"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "of": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
    },
}
ORDER = {
    "type": "object",
    "required": ["buyer"],
    "properties": {
        "id": {"type": "string"},
        "items": {"type": "array", "items": ITEM},
        "vendor": {"properties": {"name": {"type": "string"}}, "required": ["name"]},
        "buyer": {"type": ["object", "null"], "properties": {"name": {"type": "string"}}},
        "end": {"type": "string"},
    },
}  # fmt: skip
FRESH = {"name": "", "note": None, "tags": [], "of": {"id": ""}}


def press(op: str, value: Any, schema: Any = None, **more: Any) -> Any:
    return rows.apply(op, reading.Reading(value), schema, **more).value


def test_a_new_row_holds_what_it_must_and_leaves_out_what_nobody_knows() -> None:
    made = press("add /items", {"items": []}, ORDER)

    assert made == {"items": [FRESH]}
    assert schemas.check(made, ORDER).problems == {
        "/buyer": "is missing",
        "/items/0/qty": "is missing",
    }


@pytest.mark.parametrize(
    ("value", "added"),
    [
        (["a", "b"], ""),
        ([1, 2], None),
        ([True], None),
        ([], None),
        ([None, "a"], ""),
        ([["a"], []], []),
        ([{"a": 1, "b": "x", "c": [1], "d": {"e": "y"}, "f": None}], {
            "a": None, "b": "", "c": [], "d": {"e": ""},
        }),
        ([{"a": "x"}, {"a": "y", "b": "z"}], {"a": ""}),
        ([{"a": 1}, "x"], None),
    ],
)  # fmt: skip
def test_without_a_schema_a_new_row_is_like_the_others(value: Any, added: Any) -> None:
    assert press("add ", value) == [*value, added]


def test_a_new_row_of_none_is_like_the_models() -> None:
    assert press("add /a", {"a": []}, output={"a": [{"b": "x"}]}) == {"a": [{"b": ""}]}


def test_a_new_row_of_a_tuple_is_what_comes_at_its_place() -> None:
    schema = {"prefixItems": [{"type": "number"}, {"type": "string"}]}

    assert press("add ", [1], schema) == [1, ""]


def test_a_list_that_is_not_there_begins_with_a_row() -> None:
    assert press("add /items", {"id": "a", "end": "b"}, ORDER) == {
        "id": "a", "items": [FRESH], "end": "b",
    }  # fmt: skip
    assert press("add /items", {"items": None}, ORDER) == {"items": [FRESH]}


def test_an_object_that_is_not_there_is_added_and_removed() -> None:
    added = press("add /vendor", {"id": "a", "end": "b"}, ORDER)

    assert list(added) == ["id", "vendor", "end"]
    assert added["vendor"] == {"name": ""}
    assert press("remove /vendor", added, ORDER) == {"id": "a", "end": "b"}
    assert press("add ", None, ORDER) == {"buyer": None}


def test_members_that_stand_in_another_order_keep_it() -> None:
    assert list(press("add /vendor", {"end": "b", "id": "a"}, ORDER)) == ["end", "id", "vendor"]


def test_an_object_that_must_be_there_but_may_be_null_becomes_null() -> None:
    assert press("remove /buyer", {"buyer": {"name": "x"}}, ORDER) == {"buyer": None}
    assert press("add /buyer", {"buyer": None}, ORDER) == {"buyer": {}}


def test_a_null_among_rows_of_objects_becomes_one() -> None:
    assert press("add /1", [{"a": "x"}, None]) == [{"a": "x"}, {"a": ""}]


def test_a_member_that_the_schema_does_not_know_is_removed() -> None:
    assert press("remove /stray~1", {"stray/": 1, "id": "a"}, ORDER) == {"id": "a"}


def test_rows_move_and_stay_at_the_ends() -> None:
    assert press("up /2", [1, 2, 3]) == [1, 3, 2]
    assert press("down /0", [1, 2, 3]) == [2, 1, 3]
    assert press("up /0", [1, 2, 3]) == [1, 2, 3]
    assert press("down /2", [1, 2, 3]) == [1, 2, 3]
    assert press("remove /1", [1, 2, 3]) == [1, 3]


def test_what_was_typed_moves_with_its_row_also_if_it_cannot_be_read() -> None:
    value = {"items": [{"name": "a", "qty": 1}, {"name": "b", "qty": 2}, {"name": "c", "qty": 3}]}
    typed = {"/items/1/qty": "two", "/items/2/qty": "three", "/items/0/name": "A", "/id": "x"}
    posted = type_in(form.make(value, ORDER), typed)

    done = rows.apply("up /items/2", reading.read(posted, ORDER), ORDER)

    assert [item["name"] for item in done.value["items"]] == ["A", "c", "b"]
    assert done.typed == {"/items/2/qty": Typed("two"), "/items/1/qty": Typed("three")}
    assert done.problems.keys() == done.typed.keys()

    again = form.make(done.value, ORDER, problems=done.problems, typed=done.typed)
    posted = Page(render(again)).inputs
    done = rows.apply("remove /items/1", reading.read(posted, ORDER), ORDER)

    assert [item["name"] for item in done.value["items"]] == ["A", "b"]
    assert done.typed == {"/items/1/qty": Typed("two")}

    again = form.make(done.value, ORDER, problems=done.problems, typed=done.typed)
    fixed = reading.read(type_in(again, {"/items/1/qty": "20"}), ORDER)

    assert [item["qty"] for item in fixed.value["items"]] == [1, 20]
    assert (fixed.problems, fixed.value["id"]) == ({}, "x")


def test_what_was_typed_elsewhere_stays_where_it_is() -> None:
    read = reading.Reading(
        {"a": [1, 2], "ab": [1, 2]},
        {"/ab/1": "x", "/a/1": "y"},
        {"/ab/1": Typed("1,"), "": Typed("")},
    )

    done = rows.apply("up /a/1", read)

    assert done.problems == {"/ab/1": "x", "/a/0": "y"}
    assert done.typed == read.typed


def test_what_was_typed_in_an_object_goes_with_it() -> None:
    value = {"vendor": {"name": "a"}, "items": []}
    read = reading.Reading(value, {"/vendor/name": "x", "/id": "y"}, {"/vendor/name": Typed("b")})

    done = rows.apply("remove /vendor", read, ORDER)

    assert (done.problems, done.typed) == ({"/id": "y"}, {})


def test_to_check_changes_nothing() -> None:
    read = reading.Reading([1, 2], {"/0": "x"})

    assert rows.apply("check", read) is read


def test_the_value_before_is_not_touched() -> None:
    value = {"a": [{"b": "x"}]}

    assert press("add /a", value) == {"a": [{"b": "x"}, {"b": ""}]}
    assert value == {"a": [{"b": "x"}]}


@pytest.mark.parametrize(
    "op",
    ["", "add", "add /b", "add /a/0", "remove ", "remove /a", "up ", "up /a", "down /c", "grow /a",
     "remove /a/9", "up /a/-1", "remove /a/x", "down /a/0/0", "up /a/01"],
)  # fmt: skip
def test_what_no_button_does_is_invalid(op: str) -> None:
    with pytest.raises(Invalid, match="does nothing here"):
        press(op, {"a": [1, 2], "c": 1})


def test_rows_beyond_what_a_form_holds_are_for_json() -> None:
    with pytest.raises(Invalid, match="edit it as JSON"):
        press("add ", [*range(999)])


def test_odd_names_are_pressed_as_they_stand() -> None:
    value = {"a\r\n%41/~": [1, 2]}
    ops = [op for op in Page(render(form.make(value))).buttons if op.startswith("remove")]

    assert press(ops[0], value) == {"a\r\n%41/~": [2]}
