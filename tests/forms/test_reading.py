from typing import Any

import pytest

from feedbackstore import documents
from feedbackstore.errors import Invalid
from feedbackstore.forms import form, kinds, reading
from feedbackstore.forms.fields import Typed
from tests.forms.browser import Page, render, type_in


def read(value: Any, schema: Any, typed: dict[str, Any]) -> reading.Reading:
    return reading.read(type_in(form.make(value, schema), typed), schema)


def one(kind: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": {"type": kind, **more}}, "required": ["a"]}


def maybe(kind: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": {"type": kind, **more}}}


NULLABLE = {"anyOf": [{"type": "number"}, {"type": "null"}]}
MIXED = one(["string", "integer", "null"])
NOTHING: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("schema", "was", "typed", "value"),
    [
        (one("string"), "x", "new", "new"),
        (one("string"), "x", " new ", " new "),
        (one("string"), "x", "", ""),
        (one("string"), 5, "6", "6"),
        (one(["string", "null"]), "x", "", None),
        (one("string"), "a\r\nb", "a\nb\nc", "a\r\nb\r\nc"),
        (one("string"), "a\nb", "a\nb\nc", "a\nb\nc"),
        (one("number"), 1, " 12.5 ", 12.5),
        (one("number"), 1, "123456789012345678901234567890", 123456789012345678901234567890),
        (one("number"), 1, "1e3", 1000.0),
        (one("number"), 1, "-0.0", -0.0),
        (one("number"), "1,200", "1200", 1200),
        (one(["number", "null"]), 1, "", None),
        ({"properties": {"a": NULLABLE}}, 1, " ", None),
        (None, 1, "", None),
        (one("integer"), 1, "12", 12),
        (one("integer"), 1, "12.0", 12.0),
        (one("boolean"), True, "false", False),
        (one(["boolean", "null"]), True, "", None),
        (one("string", enum=["x", "y"]), "x", '"y"', "y"),
        ({"properties": {"a": {"enum": ["x", None]}}}, "x", "", None),
        ({"properties": {"a": {"enum": [1, {"b": 1}]}}}, 1, '{"b":1}', {"b": 1}),
        (one("string", format="date"), "2026-03-31", "2026-04-01", "2026-04-01"),
        (one(["string", "null"], format="date"), "2026-03-31", "", None),
        (None, None, ("ACME", "null"), "ACME"),
        (None, None, ("12", "number"), 12),
        (None, None, ("12", "text"), "12"),
        (None, None, ("TRUE", "boolean"), True),
        (None, None, ("", "text"), ""),
        (None, None, ("", "number"), None),
        (MIXED, 5, ("6", "integer"), 6),
        (MIXED, 5, ("6", "text"), "6"),
        (MIXED, 5, ("", "null"), None),
        (MIXED, "5", ("5", "integer"), 5),
        (None, [[[1]]], {}, [[[1]]]),
    ],
)
def test_what_is_typed_becomes_a_value_of_its_kind(
    schema: Any, was: Any, typed: Any, value: Any
) -> None:
    found = read({"a": was}, schema, {"/a": typed} if typed else {})
    if typed == "":
        found = read({"a": was}, schema, {"/a": ""})

    assert documents.dump(found.value) == documents.dump({"a": value})
    assert not found.problems


@pytest.mark.parametrize(
    ("schema", "was", "typed", "problem"),
    [
        (one("number"), 1, "1,200", kinds.NUMBER_WANTED),
        (one("number"), 1, "+5", kinds.NUMBER_WANTED),
        (one("number"), 1, "1.", kinds.NUMBER_WANTED),
        (one("number"), 1, "NaN", kinds.NUMBER_WANTED),
        (one("number"), 1, "٣", kinds.NUMBER_WANTED),
        (one("number"), 1, "", kinds.NUMBER_WANTED),
        (one("number"), 1, "1e999", "is too large a number to be stored"),
        (one("number"), 1, "9" * 5000, "is too large a number to be stored"),
        (one("integer"), 1, "12.5", "should be a whole number, such as 12"),
        (one("integer"), 1, "x", "should be a whole number, such as 12"),
        (one("integer"), 1, "1e999", "is too large a number to be stored"),
        (one("boolean"), True, "maybe", "should be one of the choices"),
        (one("string", enum=["x"]), "x", "x", "should be one of the choices"),
        (one("string", format="date"), "2026-03-31", "", "should be a date, such as 2026-03-31"),
        (one("string"), "x", "a\0", "holds a character that cannot be stored"),
        (one("string"), "x", "\ud800", "holds a character that cannot be stored"),
        (None, None, ("12", "null"), "is set to nothing: choose what kind of value this is"),
        (None, None, ("x", "boolean"), "should be true or false"),
        (None, None, ("x", "odd"), "should be of a kind that is offered"),
        (MIXED, 5, ("x", "integer"), "should be a whole number, such as 12"),
    ],
)
def test_what_cannot_be_read_is_kept_as_it_was_typed_beside_a_problem(
    schema: Any, was: Any, typed: Any, problem: str
) -> None:
    value = {"a": was}
    posted = type_in(form.make(value, schema), {"/a": typed})
    found = reading.read(posted, schema)

    assert (found.value, found.problems) == (value, {"/a": problem})
    text, kind = typed if isinstance(typed, tuple) else (typed, "")
    assert found.typed == {"/a": Typed(text, kind)}

    again = form.make(found.value, schema, problems=found.problems, typed=found.typed)
    if "\0" not in text and "\ud800" not in text and kind != "odd":
        assert reading.read(Page(render(again)).inputs, schema) == found


@pytest.mark.parametrize("kind", ["number", "integer", "boolean"])
def test_an_emptied_member_that_may_be_left_out_is_left_out(kind: str) -> None:
    was = True if kind == "boolean" else 1

    assert read({"a": was, "b": 1}, maybe(kind), {"/a": ""}).value == {"b": 1}
    assert read({"a": "2026-01-01"}, maybe("string", format="date"), {"/a": ""}).value == {}
    assert read({"a": ["x"]}, maybe(["string", "object"]), {"/a/0": ""}).value == {"a": [""]}


def test_a_number_in_a_list_cannot_be_left_out() -> None:
    schema = {"type": "array", "items": {"type": "number"}}

    assert read([1, 2], schema, {"/1": ""}).problems == {"/1": kinds.NUMBER_WANTED}


def test_members_that_were_not_there_stay_away_until_they_are_filled_in() -> None:
    schema = {"properties": {"a": {"type": "string"}, "b": {"type": "number"}, "c": {}}}

    assert read({"c": 1}, schema, {}).value == {"c": 1}
    assert list(read({"c": 1}, schema, {"/a": "x"}).value) == ["a", "c"]
    assert list(read({"c": 1, "b": 2}, schema, {"/a": "x"}).value) == ["c", "b", "a"]


def test_json_that_is_typed_into_a_field_is_read_as_strictly_as_the_store_reads() -> None:
    value = {"a": [[[1]]]}

    assert read(value, None, {"/a/0/0": '[1.50,\n"x"]'}).value == {"a": [[[1.5, "x"]]]}
    problems = read(value, None, {"/a/0/0": "[1,\n oops]"}).problems
    assert problems["/a/0/0"].startswith("This is not JSON: line 2, column 2:")
    assert "unique" in read(value, None, {"/a/0/0": '{"b":1,"b":2}'}).problems["/a/0/0"]
    assert "should be JSON" in read(value, None, {"/a/0/0": ""}).problems["/a/0/0"]


def test_a_field_that_was_not_posted_is_not_changed() -> None:
    assert reading.read({"base": '{"a":1}'}).value == {"a": 1}


@pytest.mark.parametrize(
    "posted", [{}, {"base": "{"}, {"base": "NaN"}, {"base": '"\ud800"'}, {"base": "[" * 200}]
)
def test_without_the_value_that_it_was_made_of_a_form_is_invalid(posted: dict[str, str]) -> None:
    with pytest.raises(Invalid) as caught:
        reading.read(posted)

    assert caught.value.problems[0].loc[0] == "base"


def test_a_form_that_could_not_have_been_made_is_invalid() -> None:
    with pytest.raises(Invalid, match="too many for a form"):
        reading.read({"base": documents.dump([*range(2000)])})


def test_what_was_typed_where_there_is_no_field_now_is_not_lost_in_silence() -> None:
    posted = {"base": '{"a":1}', "field:/b": "typed", "field:/c": "", "field:": "x"}

    found = reading.read({**posted, "field:": ""})

    assert found.problems == {
        "": "the form has changed: what was typed at /b has no place in it now"
    }


def test_members_may_be_called_as_the_forms_own_inputs_are() -> None:
    value = {"base": "a", "op": "b", "csrf": "c", "field:": "d", "": "e", "a/b": "f", "%2F": "g"}
    typed = {f"/{name}": "new" for name in ("base", "op", "csrf", "field:", "", "a~1b", "%2F")}

    assert read(value, None, typed).value == dict.fromkeys(value, "new")


def test_a_long_text_comes_back_whole() -> None:
    long = "x\r\n<b>" * 40_000

    assert read({"a": long, "b": 1}, None, {"/b": "2"}).value == {"a": long, "b": 2}
    assert read({"a": None}, one("string"), {}).value == {"a": None}
