"""The hosted service's evaluators, by its own rules."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbackstore.errors import Invalid
from feedbackstore.evaluations import evaluators, likeness

TRUTH = {
    "vendor": {"name": "Acme", "address": {"city": "Lyon"}},
    "lines": [{"qty": 1}],
    "note": None,
    "total": 12.5,
}
OUTPUT = {"vendor": {"name": "Acne", "vat": "x"}, "lines": [{"qty": 2}], "note": "n", "total": 12.5}


def scores(name: str, **told: Any) -> dict[str, tuple[str, float]]:
    findings = evaluators.make(name, **told).compare(OUTPUT, TRUTH)
    return {finding.field: (finding.verdict, finding.score) for finding in findings}


def test_field_accuracy_is_exact_and_a_list_is_one_value() -> None:
    assert scores("field_accuracy") == {
        "vendor.name": ("wrong", 0),
        "vendor.address.city": ("missing", 0),
        "lines": ("wrong", 0),
        "total": ("right", 1),
    }


def test_a_null_in_the_truth_counts_when_asked() -> None:
    assert scores("field_accuracy", count_null=True)["note"] == ("wrong", 0)


def test_fuzzy_field_match_is_the_similarity_of_json_texts() -> None:
    found = scores("fuzzy_field_match")

    # Of "Acne" and "Acme", quotes and all, five of six characters are in both.
    assert found["vendor.name"] == ("wrong", pytest.approx(10 / 12))
    # [{"qty": 1}] and [{"qty": 2}] differ in one of twelve.
    assert found["lines"] == ("wrong", pytest.approx(22 / 24))
    assert found["vendor.address.city"] == ("missing", 0)
    assert found["total"] == ("right", 1)


def test_long_texts_are_compared_word_by_word() -> None:
    words = [f"word{n}" for n in range(3000)]

    assert likeness.ratio(" ".join(words), " ".join(words[:1500])) == 2 / 3


@given(st.text("abc", max_size=30), st.text("abcd", max_size=30))
def test_the_likeness_of_texts_is_that_of_the_textbook(one: str, other: str) -> None:
    # The table of longest common subsequences, cell by cell (Wagner and Fischer 1974).
    row = [0] * (len(other) + 1)
    for character in one:
        above, row = row, [0]
        for index, candidate in enumerate(other):
            best = above[index] + 1 if character == candidate else max(above[index + 1], row[-1])
            row.append(best)

    expected = 2 * row[-1] / (len(one) + len(other)) if one or other else 1
    assert likeness.ratio(one, other) == likeness.ratio(other, one) == expected


@pytest.mark.parametrize("told", [{"tolerance": 1}, {"loose_text": True}, {"ignore_order": True}])
def test_they_refuse_what_they_do_not_know(told: Any) -> None:
    with pytest.raises(Invalid, match="Only structural knows it"):
        evaluators.make("field_accuracy", **told)


@pytest.mark.parametrize("tolerance", [-1, float("nan"), float("inf")])
def test_a_tolerance_is_a_finite_distance(tolerance: float) -> None:
    with pytest.raises(Invalid, match="finite"):
        evaluators.make(tolerance=tolerance)
