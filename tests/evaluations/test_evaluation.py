"""What is counted, and what is not."""

from typing import Any

import pytest

from feedbackstore import reviews
from feedbackstore.errors import Invalid
from feedbackstore.evaluations import evaluation, tally
from feedbackstore.evaluations.evaluation import evaluate
from feedbackstore.evaluations.evaluators import make
from feedbackstore.evaluations.judgements import Row, Scope, rows
from tests.conftest import Predict, Say
from tests.evaluations.conftest import Evaluate


def verdicts(report: Any, name: str) -> list[int]:
    return list(report.total.fields[name].verdicts.values())


@pytest.mark.usefixtures("judged")
def test_every_prediction_is_counted_once_and_only_those_judged_in_a_rate(
    evaluated: Evaluate,
) -> None:
    found = evaluated().as_json()

    assert found["predictions"] == {
        "total": 7,
        "without_feedback": 1,
        "without_verdict": 1,
        "without_output": 1,
        "rated_down": 1,
        "rated_up": 1,
        "corrected": 2,
    }
    assert (found["judged"], found["pairs"], found["compared"]) == (4, 3, 3)
    # Rated up, and corrected to what it was; rated down and corrected are not.
    assert (found["exact_match"]["part"], found["exact_match"]["of"]) == (2, 4)
    # Two totals right and one wrong, one quantity right and one missing: rated down is in none.
    assert (found["accuracy"]["part"], found["accuracy"]["of"]) == (3, 5)


@pytest.mark.usefixtures("judged")
def test_fields_come_with_their_errors_and_what_recurs(evaluated: Evaluate) -> None:
    report = evaluated()

    assert verdicts(report, "total") == [2, 1, 0, 0]
    assert verdicts(report, "items[].qty") == [1, 0, 1, 0]
    fields = report.as_json()["fields"]
    assert [field["field"] for field in fields] == ["items[].qty", "total"]
    assert fields[1]["confusions"] == {
        "top": [{"output": '"$1,200.00"', "truth": '"1200"', "times": 1}],
        "undercounted_by_at_most": 0,
    }


@pytest.mark.usefixtures("judged")
def test_the_hosted_evaluators_compare_corrections_alone(evaluated: Evaluate) -> None:
    report = evaluated(name="field_accuracy")

    assert report.total.compared == 2
    assert verdicts(report, "total") == [1, 1, 0, 0]
    assert verdicts(report, "items") == [0, 1, 0, 0]
    assert report.total.exact_match == (2, 4)


@pytest.mark.usefixtures("judged")
@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("model", {"new": 2, "old": 5}),
        ("domain", {"document.invoice": 5, "document.receipt": 2}),
        ("week", {"2026-W42": 5, "2026-W45": 2}),
    ],
)
def test_groups_stand_side_by_side(evaluated: Evaluate, by: str, groups: dict[str, int]) -> None:
    report = evaluated(by)

    assert {name: one.predictions for name, one in report.in_order(report.groups)} == groups
    assert sum(one.exact for one in report.groups.values()) == report.total.exact


@pytest.mark.usefixtures("judged")
def test_weeks_say_how_much_of_what_was_judged_was_corrected(evaluated: Evaluate) -> None:
    weeks = evaluated().as_json()["weeks"]

    assert [
        (w["week"], w["predictions"], w["judged"], w["corrections"]["part"]) for w in weeks
    ] == [
        ("2026-W42", 5, 2, 2),
        ("2026-W45", 2, 2, 0),
    ]


@pytest.mark.usefixtures("judged")
@pytest.mark.parametrize(
    ("scope", "predictions"),
    [
        ({"model": "new"}, 2),
        ({"domain": "document.invoice"}, 5),
        ({"kind": "request"}, 7),
        ({"kind": "chat"}, 0),
        ({"since": "2026-11-02T12:00:00.000000Z"}, 2),
        ({"until": "2026-11-02T12:00:00.000000Z"}, 5),
    ],
)
def test_a_scope_narrows(evaluated: Evaluate, scope: dict[str, str], predictions: int) -> None:
    report = evaluated(**scope)

    assert report.total.predictions == predictions
    assert report.as_json()["scope"] == scope


@pytest.mark.parametrize(
    ("said", "truth"),
    [
        ([{"response": {"total": 1}}, {"response": {"total": 2}}], 2),
        ([{"response": {"total": 2}}, {"rating": "up"}], 2),
        ([{"response": {"total": 2}}, {"notes": "n"}], 2),
        ([{"rating": "up"}, {"notes": "n"}], 1),
        ([{"rating": "down"}, {"rating": "up"}], 1),
        ([{"rating": "up"}, {"rating": "down"}], None),
        ([{"rating": "down", "response": {"total": 2}}], 2),
    ],
)
def test_of_several_the_latest_correction_counts_then_the_latest_rating(
    evaluated: Evaluate, predict: Predict, say: Say, said: list[Any], truth: int | None
) -> None:
    predict("x", output={"total": 1})
    for members in said:
        say("x", **members)

    total = evaluated().total

    assert (total.judged, total.pairs) == (1, int(truth is not None))
    assert total.exact == int(truth == 1)


def test_feedback_counts_on_the_first_kind_that_has_a_prediction(
    evaluated: Evaluate, predict: Predict, say: Say
) -> None:
    predict("x", kind="agent_execution")
    predict("x", kind="chat")
    say("gone", agent_execution_id="x", chat_id="x", rating="up")

    assert evaluated(kind="agent_execution").total.judged == 1
    assert evaluated(kind="chat").total.judged == 0


@pytest.mark.parametrize(
    ("output", "response", "exact", "compared"),
    [
        ('{"total": 1}', {"total": 1.0}, True, True),
        ("Yes.", {"role": "assistant", "content": "Yes."}, True, False),
        ("Yes.", {"role": "assistant", "content": "No."}, False, False),
        ("not json", {"total": 1}, False, False),
        ([1, 2], {"role": "assistant", "content": "[1, 2.0]"}, True, False),
        ({"a": True}, {"a": 1}, False, True),
        ({"a": 1, "a_metadata": {"sure": 1}}, {"a": 1}, True, True),
    ],
)
def test_answers_of_any_shape_match_or_not_and_objects_have_fields(
    evaluated: Evaluate,
    predict: Predict,
    say: Say,
    output: Any,
    response: Any,
    exact: bool,
    compared: bool,
) -> None:
    predict("x", output=output)
    say("x", response=response)

    total = evaluated().total

    assert (total.exact, total.compared) == (int(exact), int(compared))


@pytest.mark.usefixtures("judged")
def test_pages_join_without_a_seam(project: int) -> None:
    whole = list(rows(project, Scope()))

    assert len(whole) == 7
    assert all(list(rows(project, Scope(), page=page)) == whole for page in (1, 2, 7))


@pytest.mark.usefixtures("judged")
def test_what_comes_while_it_reads_is_not_counted(project: int, predict: Predict, say: Say) -> None:
    reading = rows(project, Scope(), page=1)
    next(reading)
    predict("late")
    say("down", rating="up")

    found = [row.rating for row in reading]

    assert len(found) == 6
    assert "down" in found


@pytest.mark.usefixtures("judged")
def test_more_than_at_most_is_refused(evaluated: Evaluate) -> None:
    assert evaluated(at_most=4).total.judged == 4
    with pytest.raises(Invalid, match="More than 3 judged predictions match: narrow them"):
        evaluated(at_most=3)


def row(number: int, **members: Any) -> Row:
    whole = {
        "id": number,
        "made_at": "2026-11-02T00:00:00.000000Z",
        "model": None,
        "domain": None,
        "output": f'{{"k{number}":1,"n":"{number}"}}',
        "feedback_id": number,
        "response": f'{{"k{number}":1,"n":"x"}}',
        "rating": None,
        **members,
    }
    return Row(**whole)


def test_fields_and_groups_beyond_a_bound_are_counted_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tally, "MAX_FIELDS", 10)
    monkeypatch.setattr(evaluation, "MAX_GROUPS", 5)
    many = (row(number, model=f"m{number}") for number in range(100))

    report = evaluate(many, make(), Scope())

    assert len(report.total.fields) == 11
    assert len(report.groups) == 6
    assert report.total.accuracy == (100, 200)
    assert report.total.fields["n"].accuracy == (0, 100)
    assert report.total.fields[tally.OTHERS].accuracy.of == 91
    assert report.groups["(others)"].predictions == 95
    assert list(report.recurring) == ["n"]


def test_what_reviewers_rejected_is_no_truth_and_what_they_corrected_is(
    evaluated: Evaluate, predict: Predict, say: Say
) -> None:
    for name in ("rejected", "corrected", "older"):
        predict(name, output={"total": 1})
    say("older", response={"total": 1})
    for row in (say("rejected", response={"total": 2}), say("older", response={"total": 2})):
        reviews.judge(row, 1, verdict="rejected")
    reviews.judge(say("corrected", response={"total": 2}), 1, response={"total": 1})

    report = evaluated()

    assert report.as_json()["predictions"]["without_feedback"] == 1
    assert verdicts(report, "total") == [2, 0, 0, 0]
