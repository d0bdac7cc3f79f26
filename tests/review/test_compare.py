"""Answers side by side: every place of each, and what differs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbackstore.review import compare

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xy", max_size=2), inner),
    max_leaves=8,
)


def shown(*answers: Any) -> list[tuple[str, tuple[str | None, ...], str]]:
    return [(row.name, row.texts, row.state) for row in compare.table(*answers).rows]


def test_every_place_has_a_row_and_what_differs_is_told() -> None:
    assert shown({"a": 1, "b": [1, 2], "c": "x"}, {"a": 1, "b": [1, 3], "d": None}) == [
        ("a", ("1", "1"), "same"),
        ("b[0]", ("1", "1"), "same"),
        ("b[1]", ("2", "3"), "changed"),
        ("d", (None, "null"), "added"),
        ("c", ("x", None), "removed"),
    ]


def test_an_item_more_does_not_shift_those_after_it() -> None:
    states = [row[2] for row in shown({"a": [1, 2, 3]}, {"a": [1, 9, 2, 3]})]

    assert states == ["same", "added", "same", "same"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("1200", '"1200"'),
        ("true", '"true"'),
        ("", '""'),
        (" ", '" "'),
        (1200, "1200"),
        (None, "null"),
        ([], "[]"),
        ({}, "{}"),
    ],
)
def test_a_text_is_told_from_what_it_looks_like(value: Any, text: str) -> None:
    assert shown({"a": value}) == [("a", (text,), "same")]


def test_true_is_not_one() -> None:
    assert [row[2] for row in shown({"a": 1}, {"a": True})] == ["changed"]


def test_an_object_in_a_texts_place_is_one_row() -> None:
    assert [row[0] for row in shown({"a": "x"}, {"a": {"b": 1}})] == ["a"]


def test_names_that_look_like_ways_are_quoted() -> None:
    assert [row[0] for row in shown({"a.b": 1, "": 2})] == ['["a.b"]', '[""]']


def test_a_long_answer_is_cut() -> None:
    table = compare.table({"a": list(range(compare.MAX_ROWS + 1))})

    assert len(table.rows) == compare.MAX_ROWS
    assert table.cut


@given(JSON, JSON)
def test_nothing_differs_exactly_where_both_are_the_same(one: Any, other: Any) -> None:
    assert compare.table(one, one).differing == []
    assert bool(compare.table(one, other).differing) == (not compare._same(one, other))


@given(JSON, JSON, JSON)
def test_a_row_has_a_text_for_each_answer(one: Any, two: Any, three: Any) -> None:
    assert all(len(row.texts) == 3 for row in compare.table(one, two, three).rows)
