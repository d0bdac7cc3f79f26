"""Our own evaluator: what it finds in two objects."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbackstore.evaluations import evaluators, pairing
from feedbackstore.evaluations.findings import RIGHT, Finding
from tests.test_documents import json_values, scalars, texts

objects = st.dictionaries(texts, json_values, max_size=5)
names = st.sampled_from(["a", "b", "c"])
without_lists = st.dictionaries(
    names,
    st.recursive(scalars, lambda inner: st.dictionaries(names, inner, max_size=3), max_leaves=8),
)


def found(output: Any, truth: Any, **told: Any) -> list[tuple[str, str]]:
    findings = evaluators.make(**told).compare(output, truth)
    return sorted((finding.field, finding.verdict) for finding in findings)


def test_each_value_has_a_verdict_of_its_own() -> None:
    output = {"total": 1250, "vendor": {"name": "A", "vat": "x"}, "note": "made up"}
    truth = {"total": 12.5, "vendor": {"name": "A", "city": "Lyon"}, "note": None}

    assert found(output, truth) == [
        ("note", "extra"),
        ("total", "wrong"),
        ("vendor.city", "missing"),
        ("vendor.name", "right"),
        ("vendor.vat", "extra"),
    ]


@pytest.mark.parametrize("output", [{}, {"a": None}])
def test_null_and_absent_are_one_and_count_only_when_asked(output: Any) -> None:
    assert found(output, {"a": None}) == []
    assert found(output, {"a": None}, count_null=True) == [("a", "right")]


def test_what_is_missing_or_extra_is_counted_leaf_by_leaf() -> None:
    whole = {"items": [{"a": 1, "b": None}, {"a": 2}], "of": {"x": 1}}

    leaves = ["items[].a", "items[].a", "of.x"]
    assert found({}, whole) == [(leaf, "missing") for leaf in leaves]
    assert found(whole, {}) == [(leaf, "extra") for leaf in leaves]


@pytest.mark.parametrize(
    ("output", "truth"), [([1], 1), ({"b": 1}, 1), (1, {"b": 1}), ({"b": 1}, [1])]
)
def test_one_kind_in_anothers_place_is_one_mistake(output: Any, truth: Any) -> None:
    assert found({"a": output}, {"a": truth}) == [("a", "wrong")]


def test_names_that_look_like_ways_are_quoted() -> None:
    document = {"a.b": 1, "a": {"b": 1, "[]": 1}, "": 1}

    assert found(document, document) == [
        ('[""]', "right"),
        ('["a.b"]', "right"),
        ("a.b", "right"),
        ('a["[]"]', "right"),
    ]


def test_items_are_matched_before_they_are_compared() -> None:
    truth = [{"sku": "x", "qty": 1}, {"sku": "y", "qty": 2}, {"sku": "z", "qty": 3}]
    output = [{"sku": "z", "qty": 3}, {"sku": "x", "qty": 9}]

    assert found({"items": output}, {"items": truth}) == [
        ("items[].qty", "missing"),
        ("items[].qty", "right"),
        ("items[].qty", "wrong"),
        ("items[].sku", "missing"),
        ("items[].sku", "right"),
        ("items[].sku", "right"),
    ]


def test_what_items_hold_within_tells_which_belong_together() -> None:
    truth = [{"of": {"a": 1, "b": [1, 2]}}, {"of": {"a": 2, "b": [3, 4]}}]
    output = [{"of": {"a": 9, "b": [3, 4]}}, {"of": {"a": 9, "b": [1, 2]}}]

    assert Counter(found({"i": output}, {"i": truth})) == {
        ("i[].of.a", "wrong"): 2,
        ("i[].of.b[]", "right"): 4,
    }


def test_items_that_share_nothing_are_matched_in_order() -> None:
    assert found({"i": [{"a": 1}, {"a": 2}]}, {"i": [{"a": 3}, {"a": 4}]}) == [
        ("i[].a", "wrong"),
        ("i[].a", "wrong"),
    ]


def test_too_many_items_to_compare_are_matched_where_equal_and_in_order() -> None:
    output = [{"a": n, "b": 0} for n in range(100)]
    truth = [{"a": n, "b": 1} for n in range(1, 100)] + [{"a": 0, "b": 0}]

    verdicts = Counter(found({"i": output}, {"i": truth}))

    assert verdicts == {
        ("i[].a", "right"): 100,
        ("i[].b", "right"): 1,
        ("i[].b", "wrong"): 99,
    }


def test_scalars_are_compared_in_order_and_one_left_out_spoils_no_other() -> None:
    assert Counter(found({"t": ["a", "c", "d"]}, {"t": ["a", "b", "c", "d"]})) == {
        ("t[]", "right"): 3,
        ("t[]", "missing"): 1,
    }
    assert Counter(found({"t": ["b", "a"]}, {"t": ["a", "b"]})) == {("t[]", "wrong"): 2}


def test_order_may_be_ignored() -> None:
    told = {"ignore_order": True, "tolerance": 0.01}

    assert Counter(found({"t": [5.01, 1]}, {"t": [1, 5.0]}, **told)) == {("t[]", "right"): 2}
    assert Counter(found({"t": ["a", "a"]}, {"t": ["a"]}, **told)) == {
        ("t[]", "right"): 1,
        ("t[]", "extra"): 1,
    }


def test_lists_in_lists_are_compared_too() -> None:
    assert Counter(found({"rows": [[1, 2], [3, 4]]}, {"rows": [[3, 5], [1, 2]]})) == {
        ("rows[][]", "right"): 3,
        ("rows[][]", "wrong"): 1,
    }


def test_the_closest_of_equally_like_items_go_together() -> None:
    same = {"a": 1}

    pairs = list(pairing.by_likeness([{**same, "n": 1}, same], [same, {**same, "n": 2}], _shared))

    assert ({**same, "n": 1}, {**same, "n": 2}) in pairs


def _shared(one: Any, other: Any) -> float:
    return len(one.items() & other.items()) / len({**one, **other})


# Making documents takes longer than comparing them: each goes through everything.
@given(objects)
def test_a_document_is_right_about_itself_and_every_evaluator_gives_it_the_full_score(
    document: Any,
) -> None:
    for told in ({}, {"ignore_order": True, "count_null": True}):
        assert {f.verdict for f in evaluators.make(**told).compare(document, document)} <= {RIGHT}
    for name in evaluators.NAMES:
        assert all(f.score == 1 for f in evaluators.make(name).compare(document, document))


@given(objects, objects)
def test_the_order_of_members_changes_nothing(output: Any, truth: Any) -> None:
    evaluator = evaluators.make()

    def counted(findings: list[Finding]) -> Counter[Any]:
        return Counter((finding.field, finding.verdict) for finding in findings)

    straight = counted(evaluator.compare(output, truth))
    assert counted(evaluator.compare(_reversed(output), _reversed(truth))) == straight


@given(without_lists, without_lists)
def test_swapping_the_sides_swaps_missing_and_extra(output: Any, truth: Any) -> None:
    swapped = {"missing": "extra", "extra": "missing"}

    there = found(output, truth)

    assert found(truth, output) == sorted((name, swapped.get(v, v)) for name, v in there)


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _reversed(member) for name, member in reversed(value.items())}
    return [_reversed(item) for item in value] if isinstance(value, list) else value
