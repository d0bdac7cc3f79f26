"""Answers of one arrangement are written alike: nothing has to be moved or respelled."""

from typing import Any

import pytest
from hypothesis import example, given, settings

from feedbackstore import arrangement, documents, feedback, reviews
from feedbackstore.models import Feedback, Prediction
from tests.conftest import Caller, Predict, Reviewer, Say
from tests.exports.test_splice import pairs
from tests.test_documents import json_values


def arranged(value: Any) -> int | None:
    return arrangement.of(value, documents.dump(value))


def is_alike(one: Any, other: Any) -> bool:
    return None not in (arranged(one), arranged(other)) and arranged(one) == arranged(other)


@settings(max_examples=150)
@given(pairs())
@example(({"a": [1, 2.0]}, {"a": [1.0, 2]}))
@example(({"a": [{"b": 1}, {"b": 1.0}]}, {"a": [{"b": 1.0}, {"b": 1}]}))
@example(({"a": 1e16}, {"a": 10**16}))
def test_what_is_arranged_alike_is_its_own_canonical_text(pair: tuple[Any, Any]) -> None:
    like, value = pair

    if is_alike(value, like):
        assert documents.canonical(value, like) == documents.dump(value)


@given(json_values, json_values)
def test_so_is_any_answer_beside_any_other(value: Any, like: Any) -> None:
    if is_alike(value, like):
        assert documents.canonical(value, like) == documents.dump(value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": "x"}, {"a": 2, "b": None}),
        ({"a": 1250}, {"a": 12.5}),
        ({"a": 1250.0}, {"a": 3.0}),
        ({"a": [{"b": 1, "c": "x"}]}, {"a": [{"b": 2, "c": "y"}, {"b": 3, "c": None}]}),
        ({"a": [1, "x"]}, {"a": [None]}),
        ({"a": [{"b": [1]}, {"b": [2, 3]}]}, {"a": [{"b": [4]}]}),
        ({"a": [{}]}, {"a": [{}, {}]}),
    ],
)
def test_usual_corrections_are_arranged_as_the_output_is(one: Any, other: Any) -> None:
    assert is_alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 420}, {"a": 420.0}),
        ({"a": [1, {"b": 1}]}, {"a": [{"b": 1}, 1]}),
        ({"a": {"b": 1}}, {"a": [1]}),
        ({"a": 0.0}, {"a": -0.0}),
        ({"a": {"b": 1, "c": 1}}, {"a": {"b": 1}, "c": 1}),
        ({"as": 1}, {"a": 1, "s": 1}),
    ],
)
def test_another_order_or_spelling_is_another_arrangement(one: Any, other: Any) -> None:
    assert not is_alike(one, other)


@pytest.mark.parametrize("value", ["text", {"role": "assistant", "content": "a"}, {"a": -0.0}])
def test_where_it_is_not_certain_there_is_none(value: Any) -> None:
    assert arranged(value) is None


def test_what_json_has_no_type_for_is_stored_without_an_arrangement(project: int) -> None:
    feedback.submit(project, request_id="r", response={"box": (1, 2)})

    row = Feedback.get()
    assert (row.response, row.arrangement) == ('{"box":[1,2]}', None)


ONE, OTHER = {"a": 1, "b": 2}, {"b": 3, "a": 1}


def test_the_arrangement_that_is_stored_is_that_of_what_was_submitted(writer: Caller) -> None:
    writer.submit(request_id="r", response=OTHER)

    assert Feedback.get().arrangement == arranged(OTHER) != arranged(ONE)


def test_it_follows_what_reviewers_make_of_it(say: Say, reviewer: Reviewer) -> None:
    row, ada = say("r", response=ONE), reviewer("Ada")

    reviews.judge(row, ada, verdict="approved", response=OTHER)
    assert Feedback.get().arrangement == arranged(OTHER)
    reviews.undo(row, ada)
    assert Feedback.get().arrangement == arranged(ONE)


def test_it_follows_the_output_that_takes_another_ones_place(predict: Predict) -> None:
    predict("r", output=ONE)
    assert Prediction.get().arrangement == arranged(ONE)

    predict("r", output=OTHER, replace=True)
    assert Prediction.get().arrangement == arranged(OTHER)

    predict("r", output="text", replace=True)
    assert Prediction.get().arrangement is None
