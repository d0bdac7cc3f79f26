import sys
from typing import Any

import pytest

from feedbackstore.forms import schemas


def said(value: Any, schema: Any) -> dict[str, str]:
    pytest.importorskip("jsonschema_rs")
    checked = schemas.check(value, schema)
    assert checked.checked
    return checked.problems


@pytest.mark.parametrize(
    ("value", "schema", "message"),
    [
        (1, {"type": "string"}, "should be a text"),
        ("1,200", {"type": "number"}, "should be a number, such as 1200 or 12.5"),
        ("1", {"type": ["number", "null"]}, "should be empty or a number"),
        ("1", {"anyOf": [{"type": "number"}, {"type": "null"}]}, "should be a number or empty"),
        (5, {"anyOf": [{"maximum": 4}, {"type": "null"}]}, "should be at most 4"),
        ([], {"anyOf": [{"type": "string"}, {"minItems": 1}]}, "fits none of the shapes"),
        (1, {"oneOf": [{"minimum": 0}, {"minimum": 1}]}, "fits more than one of the shapes"),
        ("x", {"enum": ["a", 1, ""]}, 'should be one of: a, 1, ""'),
        ("x", {"enum": [*range(9)]}, "should be one of: 0, 1, 2, 3, 4, 5, 6, 7, …"),
        ("x", {"const": {"a": 1}}, 'should be {"a":1}'),
        ("x", {"pattern": "y" * 100}, f"should match the pattern {'y' * 60}…"),
        ("x", {"minLength": 2}, "should have at least 2 characters"),
        ("xy", {"maxLength": 1}, "should have at most 1 character"),
        ([], {"minItems": 1}, "should have at least 1 item"),
        ([1, 2], {"maxItems": 1}, "should have at most 1 item"),
        ({}, {"minProperties": 1}, "should have at least 1 member"),
        ({"a": 1}, {"maxProperties": 0}, "should have at most 0 members"),
        (1, {"minimum": 2}, "should be at least 2"),
        (1, {"exclusiveMinimum": 1}, "should be more than 1"),
        (1, {"exclusiveMaximum": 1}, "should be less than 1"),
        (1, {"multipleOf": 2}, "should be a multiple of 2"),
        ([1, 1], {"uniqueItems": True}, "should not hold the same item twice"),
        (1, False, "should not be here"),
        (1, {"not": {}}, "is what the schema excludes"),
        ({"abc": 1}, {"propertyNames": {"maxLength": 1}}, "has a name that is not allowed"),
        ([1], {"contains": {"type": "string"}}, "None of [1] are valid"),
        ("x", {"$schema": "http://json-schema.org/draft-07/schema#", "format": "date"},
         "should be written as a date"),
    ],
)  # fmt: skip
def test_what_breaks_a_schema_is_said_in_plain_words(value: Any, schema: Any, message: str) -> None:
    (found,) = said(value, schema).values()

    assert found.startswith(message)


def test_a_problem_is_placed_where_it_can_be_put_right() -> None:
    schema = {
        "required": ["a/b"],
        "properties": {"items": {"items": {"required": ["qty"], "type": "object"}}},
        "additionalProperties": False,
    }

    assert said({"items": [{}, 1], "x~": 1, "y": 2}, schema) == {
        "/a~1b": "is missing",
        "/items/0/qty": "is missing",
        "/items/1": "should be an object with members",
        "/x~0": "is not in the schema: remove it",
        "/y": "is not in the schema: remove it",
    }
    closed = {"unevaluatedProperties": False}
    assert said({"a": 1}, closed) == {"/a": "is not in the schema: remove it"}


def test_the_problem_of_the_only_branch_is_told_rather_than_that_none_fits() -> None:
    schema = {
        "properties": {"a": {"anyOf": [{"required": ["b"], "type": "object"}, {"type": "null"}]}}
    }

    assert said({"a": {}}, schema) == {"/a/b": "is missing"}


def test_of_very_many_problems_some_are_said() -> None:
    assert len(said([*range(1000)], {"items": {"type": "string"}})) == schemas.MOST_PROBLEMS


def test_where_the_package_is_not_installed_nothing_is_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)

    checked = schemas.check(1, {"type": "string"})

    assert (checked.problems, checked.checked) == ({}, False)
    assert "pip install jsonschema-rs" in checked.reason


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (None, "There is no schema"),
        ({"type": 5}, "not a valid one"),
        ("{}", "not a valid one"),
        ([], "not a valid one"),
        ({"$ref": "http://example.org/schema"}, "not a valid one"),
        ({"pattern": "("}, "not a valid one"),
    ],
)
def test_without_a_schema_that_can_be_used_nothing_is_checked(schema: Any, reason: str) -> None:
    pytest.importorskip("jsonschema_rs")
    checked = schemas.check(1, schema)

    assert (checked.problems, checked.checked) == ({}, False)
    assert reason in checked.reason
