"""JSON as data that is kept: what is refused and where, what comes back and how it compares."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbackstore import documents, flaws
from feedbackstore.errors import Invalid

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**60), 10**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=30,
)


def typed(value: Any) -> Any:
    """A value in which 1, 1.0 and true differ, -0.0 differs from 0.0, and order counts."""
    if isinstance(value, dict):
        return [(name, typed(member)) for name, member in value.items()]
    if isinstance(value, list):
        return [typed(item) for item in value]
    return type(value).__name__, repr(value)


@given(json_values)
def test_a_document_comes_back_as_it_went_in(value: Any) -> None:
    text = documents.dump(value)

    assert typed(documents.parse(text.encode())) == typed(value)
    assert documents.dump(documents.load(text)) == text


@given(json_values)
def test_a_document_is_understood_however_it_is_escaped(value: Any) -> None:
    escaped = json.dumps(value, ensure_ascii=True, indent=1)

    assert typed(documents.parse(escaped.encode())) == typed(value)


def respelled(value: Any) -> Any:
    """The same JSON, with members the other way round and whole numbers as floats."""
    if isinstance(value, dict):
        return {name: respelled(value[name]) for name in reversed(value)}
    if isinstance(value, list):
        return [respelled(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return float(value)
    return value


@given(json_values)
def test_what_equals_the_models_answer_is_written_as_it_is(value: Any) -> None:
    assert documents.same(value, respelled(value))
    assert documents.canonical(respelled(value), like=value) == documents.dump(value)


@given(json_values, json_values)
def test_the_canonical_text_holds_the_value_whatever_it_is_like(value: Any, like: Any) -> None:
    assert documents.same(documents.load(documents.canonical(value, like)), value)


def outcomes(text: str, envelope: int = 0) -> tuple[Any, Any]:
    """What the quick reading makes of a text, and the explaining one: a value or problems."""

    def outcome(read: Callable[[], Any]) -> Any:
        try:
            return typed(read())
        except Invalid as error:
            return error.problems

    return (
        outcome(lambda: documents.parse(text.encode(), envelope)),
        outcome(lambda: flaws.checked(text, documents.MAX_DEPTH + envelope)),
    )


odd_texts = st.text(
    st.sampled_from('{}[],: "0e9.-+ab\\/') | st.characters(exclude_categories=["Cs"])
)
pieces = st.sampled_from(
    [
        "\\u0000",
        "\\ud800",
        "\\udfff",
        "\\ud83d\\ude00",
        "\\\\u0000",
        "\\u00e9",
        '"a":',
        '"a":1,',
        "é",
        "1e999",
        "-1E400",
        "1e-999",
        "NaN",
        "-Infinity",
        "9" * 4301,
        "[" * 99,
        "]" * 99,
        "[[]]",
        "{}",
    ]
)


@given(st.lists(pieces | odd_texts | json_values.map(json.dumps), max_size=5), st.integers(0, 2))
def test_the_quick_reading_and_the_explaining_one_agree(parts: list[str], envelope: int) -> None:
    joined = "".join(parts)
    for text in (joined, f"[{','.join(parts)}]", f'{{"a":{joined}}}', f'["{joined}"]'):
        quick, explaining = outcomes(text, envelope)

        assert quick == explaining


@pytest.mark.parametrize("depth", [99, 100, 101, 102, 103])
@pytest.mark.parametrize("inner", ["", "[],{}", '1,"x"', "[1]"])
def test_both_readings_count_levels_alike(depth: int, inner: str) -> None:
    lists = "[" * depth + inner + "]" * depth
    mixed = '{"a":[' * (depth // 2) + inner + "]}" * (depth // 2)
    for text in (lists, mixed, f"[{mixed}]"):
        quick, explaining = outcomes(text)

        assert quick == explaining


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused_with_a_place(data: bytes) -> None:
    refused: Invalid | None = None
    try:
        documents.parse(data)
    except Invalid as error:
        refused = error

    assert refused is None or refused.problems


@pytest.mark.parametrize(
    ("text", "loc", "type_"),
    [
        ("", (0,), "json_invalid"),
        ("{", (1,), "json_invalid"),
        ("[1 2]", (3,), "json_invalid"),
        ("{} {}", (3,), "json_invalid"),
        ("{'a': 1}", (1,), "json_invalid"),
        ('"\x01"', (1,), "json_invalid"),
        ("\ufeff{}", (0,), "json_invalid"),
        ("NaN", (), "finite_number"),
        ('{"a": [1, -Infinity]}', ("a", 1), "finite_number"),
        ('{"a": 1e999}', ("a",), "finite_number"),
        ('{"a": {"b": 1, "b": 2}}', ("a", "b"), "duplicate_member"),
        ('{"k": 1, "\\u006b": 2}', ("k",), "duplicate_member"),
        ('{"a": "x\\ud800"}', ("a",), "string_unicode"),
        ('{"a\\udfff": 1}', ("a\\udfff",), "string_unicode"),
        ('{"a": "\\u0000"}', ("a",), "string_nul"),
        ('{"a\\u0000": 1}', ("a\0",), "string_nul"),
        ("[" + "9" * 4301 + "]", (0,), "int_parsing_size"),
        ("[-" + "9" * 4301 + "]", (0,), "int_parsing_size"),
        ("[" * 101 + "]" * 101, (0,) * 10, "nested_too_deep"),
        ('{"a":' * 101 + "1" + "}" * 101, ("a",) * 10, "nested_too_deep"),
        ("[" * 100_000, (), "nested_too_deep"),
        ('{"a": NaN, "b": ' + "[" * 100_000, (), "nested_too_deep"),
        ("[NaN, x", (6,), "json_invalid"),
    ],
)
def test_what_is_no_strict_json_is_refused_with_its_place(
    text: str, loc: tuple[str | int, ...], type_: str
) -> None:
    with pytest.raises(Invalid) as refused:
        documents.parse(text.encode())

    assert [(problem.loc, problem.type) for problem in refused.value.problems] == [(loc, type_)]


@pytest.mark.parametrize("data", [b'"\xff"', '"a"'.encode("utf-16"), '"a"'.encode("utf-32")])
def test_what_is_not_utf8_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match="JSON decode error"):
        documents.parse(data)


def test_every_place_that_is_wrong_is_named_up_to_a_number() -> None:
    with pytest.raises(Invalid) as refused:
        documents.parse(json.dumps({"a": [float("nan")] * 50}).encode())

    assert [problem.loc for problem in refused.value.problems] == [("a", i) for i in range(20)]


@pytest.mark.parametrize(
    "text",
    ["[" * 100 + "]" * 100, "9" * 4300, "5e-324", "-0.0", '{"":""}', '"\\ud83d\\ude00"', "1.0"],
)
def test_what_is_just_within_the_bounds_is_kept(text: str) -> None:
    value = documents.parse(text.encode())

    assert typed(documents.load(documents.dump(value))) == typed(json.loads(text))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        (1, 1.0, True),
        (10**400, 1.0, False),
        (True, 1, False),
        (False, 0, False),
        (True, True, True),
        (None, False, False),
        ("1", 1, False),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ({"a": None}, {}, False),
        ({"a": [{"b": 1.0}]}, {"a": [{"b": 1}]}, True),
    ],
)
def test_values_are_compared_as_json(one: Any, other: Any, same: bool) -> None:
    assert documents.same(one, other) is same
    assert documents.same(other, one) is same


def test_a_correction_is_written_in_the_order_of_the_models_own_answer() -> None:
    correction = {"total": 2, "new": 1, "lines": [{"b": 1, "a": 2}, {"b": 3, "a": 4}]}
    output = {"lines": [{"a": 0, "b": 0}], "total": 1, "gone": 0}

    text = documents.canonical(correction, like=output)

    assert text == '{"lines":[{"a":2,"b":1},{"a":4,"b":3}],"total":2,"new":1}'
