"""Reviewing: who said what stays, and where feedback stands follows from it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbackstore import feedback, leases, predictions, reviews
from feedbackstore.errors import Conflict, Invalid, NotFound
from feedbackstore.models import Feedback, Lease, Review
from feedbackstore.reviews import judge
from feedbackstore.standings import Standing, answers, newest, standing
from tests.conftest import Predict, Reviewer, Say

RIGHT = {"total": 12}
BETTER = {"total": 13}


@pytest.fixture
def ada(reviewer: Reviewer) -> int:
    return reviewer("Ada")


@pytest.fixture
def bob(reviewer: Reviewer) -> int:
    return reviewer("Bob")


def stands(row: Feedback) -> tuple[str, str | None]:
    fresh = Feedback.get(Feedback.id == row.id)
    return fresh.status, fresh.revised


def test_one_verdict_decides_and_the_submitted_correction_stays(say: Say, ada: int) -> None:
    row = say("a", response=RIGHT)

    judge(row, ada, verdict="approved", response=BETTER, comment="a digit")

    assert stands(row) == ("approved", '{"total":13}')
    assert Feedback.get().response == '{"total":12}'
    (kept,) = reviews.history(row)
    assert (kept.verdict, kept.comment, kept.reviewer.name) == ("approved", "a digit", "Ada")


def test_saving_what_changes_nothing_keeps_nothing(say: Say, ada: int) -> None:
    row = say("a", response=RIGHT)

    judged = judge(row, ada, response=dict(RIGHT))

    assert judged.review is None
    assert Review.select().count() == 0
    judge(row, ada, verdict="approved", response=dict(RIGHT))
    assert stands(row) == ("approved", None)


def test_true_in_place_of_one_is_a_change(say: Say, ada: int) -> None:
    row = say("a", response={"n": 1})

    judge(row, ada, response={"n": True})

    assert stands(row) == ("pending", '{"n":true}')


def test_undoing_goes_back_step_by_step_and_keeps_what_was_undone(say: Say, ada: int) -> None:
    row = say("a", response=RIGHT)
    judge(row, ada, response=BETTER)
    judge(row, ada, verdict="rejected")

    reviews.undo(row, ada)
    assert stands(row) == ("pending", '{"total":13}')
    reviews.undo(row, ada)
    assert stands(row) == ("pending", None)

    with pytest.raises(Conflict):
        reviews.undo(row, ada)
    assert len(reviews.history(row, undone=True)) == 2


def test_nobody_undoes_what_another_decided_since(say: Say, ada: int, bob: int) -> None:
    row = say("a", response=RIGHT)
    judge(row, ada, verdict="approved")
    judge(row, bob, verdict="rejected")

    with pytest.raises(Conflict, match="not the newest"):
        reviews.undo(row, ada)

    assert stands(row) == ("rejected", None)


def test_who_comes_second_is_told_and_may_still_say_it(say: Say, ada: int, bob: int) -> None:
    row = say("a", response=RIGHT)
    seen = newest(row, reviews.history(row))
    judge(row, ada, verdict="approved", response=BETTER, seen=seen)

    with pytest.raises(Conflict, match="approved by Ada"):
        judge(row, bob, verdict="rejected", seen=seen)
    assert stands(row) == ("approved", '{"total":13}')

    judge(row, bob, verdict="rejected", seen=newest(row, reviews.history(row)))
    assert stands(row) == ("rejected", '{"total":13}')


def test_two_who_agree_decide_and_none_decides_alone(say: Say, ada: int, bob: int) -> None:
    reviews.ask_for("default", 2)
    row = say("a", response=RIGHT)

    judge(row, ada, verdict="approved", response=BETTER)
    assert stands(row) == ("pending", None)
    judge(row, bob, verdict="approved", response=BETTER)

    assert stands(row) == ("approved", '{"total":13}')
    assert list(answers(row, reviews.history(row))) == ['{"total":13}'] * 2


def test_the_same_person_twice_is_one_review(say: Say, ada: int) -> None:
    reviews.ask_for("default", 2)
    row = say("a", response=RIGHT)

    judge(row, ada, verdict="approved")
    judge(row, ada, verdict="approved")

    assert stands(row) == ("pending", None)


@pytest.mark.parametrize(
    ("verdict", "response"), [("rejected", None), ("approved", BETTER)], ids=["verdict", "answer"]
)
def test_two_who_differ_make_a_dispute_which_the_next_word_ends(
    say: Say, ada: int, bob: int, verdict: str, response: dict[str, Any] | None
) -> None:
    reviews.ask_for("default", 2)
    row = say("a", response=RIGHT)
    judge(row, ada, verdict="approved")
    judge(row, bob, verdict=verdict, response=response)
    assert stands(row) == ("disputed", None)

    judge(row, ada, verdict="approved", response=BETTER)

    assert stands(row) == ("approved", '{"total":13}')


def test_opened_again_everybody_is_asked_anew(say: Say, ada: int, bob: int) -> None:
    reviews.ask_for("default", 2)
    row = say("a", response=RIGHT)
    for who in (ada, bob):
        judge(row, who, verdict="rejected")

    judge(row, ada, verdict="pending")
    assert stands(row)[0] == "pending"
    judge(row, ada, verdict="approved")
    assert stands(row)[0] == "pending"
    judge(row, bob, verdict="approved")
    assert stands(row)[0] == "approved"


@pytest.mark.parametrize(
    ("verdict", "response", "said"),
    [
        ("approved", None, (None, "up", "approved")),
        ("rejected", None, (None, "down", "approved")),
        ("approved", {"a": 2}, ('{"a":2}', None, "approved")),
        ("approved", {"a": 1}, (None, "up", "approved")),
        (None, {"a": 2}, ('{"a":2}', None, "pending")),
    ],
)
def test_an_output_without_feedback_gets_some(
    predict: Predict, project: int, ada: int, verdict: str | None, response: Any, said: Any
) -> None:
    predict("a", output={"a": 1})
    prediction = predictions.get(project, "request", "a")

    reviews.correct(prediction, ada, verdict=verdict, response=response, seen=0)

    row = Feedback.get()
    assert (row.response, row.rating, row.status) == said
    assert (row.request_id, row.author_id) == ("a", ada)


def test_undoing_ones_own_correction_leaves_nothing(
    predict: Predict, project: int, ada: int
) -> None:
    predict("a", output={"a": 1})
    prediction = predictions.get(project, "request", "a")
    row, _ = reviews.correct(prediction, ada, verdict="approved")

    reviews.undo(row, ada)

    assert Feedback.select().count() == Review.select().count() == 0


def test_a_correction_of_what_somebody_corrected_meanwhile_is_refused_first(
    predict: Predict, say: Say, project: int, ada: int
) -> None:
    predict("a", output={"a": 1})
    prediction = predictions.get(project, "request", "a")
    say("a", response=RIGHT)

    with pytest.raises(Conflict, match="Somebody else"):
        reviews.correct(prediction, ada, response=BETTER, seen=0)
    assert Feedback.select().count() == 1

    reviews.correct(prediction, ada, response=BETTER, seen=1)
    assert Feedback.select().count() == 2


def test_nothing_said_of_an_output_is_refused(predict: Predict, project: int, ada: int) -> None:
    predict("a", output={"a": 1})

    with pytest.raises(Invalid):
        reviews.correct(predictions.get(project, "request", "a"), ada, response={"a": 1})


def test_one_who_approves_an_output_agrees_with_one_who_approved_it_first(
    predict: Predict, project: int, ada: int, bob: int
) -> None:
    reviews.ask_for("default", 2)
    predict("a", output={"a": 1})
    row, _ = reviews.correct(predictions.get(project, "request", "a"), ada, verdict="approved")

    judge(row, bob, verdict="approved", response={"a": 1})

    assert stands(row) == ("approved", None)


def test_a_review_gives_the_lease_back(say: Say, project: int, ada: int) -> None:
    row = say("a", response=RIGHT)
    leases.hold(project, ada, row.uuid)

    judge(row, ada, verdict="approved")

    assert Lease.select().count() == 0


def test_deleted_feedback_is_gone_with_its_reviews(say: Say, ada: int) -> None:
    row = say("a", response=RIGHT)
    judge(row, ada, verdict="approved")

    reviews.delete(row)

    assert Feedback.select().count() == Review.select().count() == 0
    with pytest.raises(NotFound):
        judge(row, ada, verdict="approved")


def test_what_is_no_verdict_or_number_is_refused(say: Say, ada: int) -> None:
    row = say("a", response=RIGHT)

    with pytest.raises(Invalid):
        judge(row, ada, verdict="fine")
    with pytest.raises(Invalid):
        judge(row, ada, comment="x" * (reviews.MAX_COMMENT + 1))
    for number in (0, 10):
        with pytest.raises(Invalid):
            reviews.ask_for("default", number)
    with pytest.raises(NotFound):
        reviews.ask_for("nowhere", 2)
    assert feedback.get(row.project_id, row.uuid).status == "pending"


steps = st.lists(
    st.builds(
        lambda who, verdict, response, final: Review(
            reviewer=who, verdict=verdict, response=response, final=final
        ),
        st.integers(1, 3),
        st.sampled_from(["approved", "rejected", "pending", None]),
        st.sampled_from(['{"a":1}', '{"a":2}', None]),
        st.booleans(),
    ),
    max_size=6,
)


@given(steps, st.integers(1, 3))
def test_no_independent_reviews_decide_before_there_are_enough(
    said: list[Review], needed: int
) -> None:
    for review in said:
        review.final = False
    voters = {review.reviewer_id for review in said if review.verdict}

    stood = standing(said, needed, '{"a":1}')

    assert (len(voters) >= needed) == (stood.status != "pending") or "pending" in {
        review.verdict for review in said
    }


@given(steps, st.sampled_from(["approved", "rejected"]))
def test_the_last_word_of_one_who_decides_counts(said: list[Review], verdict: str) -> None:
    last = Review(reviewer=9, verdict=verdict, response='{"a":3}', final=True)

    assert standing([*said, last], 2, None) == Standing(verdict, '{"a":3}')


def test_the_same_again_is_nothing_new(say: Say, ada: int, bob: int) -> None:
    row = say("a", response=RIGHT)
    for _ in range(2):
        judge(row, ada, verdict="approved", response=BETTER, comment="a digit")
        judge(row, ada, verdict="approved")
    judge(row, bob, verdict="approved")

    assert [review.reviewer_id for review in reviews.history(row)] == [ada, bob]


def test_what_was_never_decided_cannot_be_opened_again(say: Say, ada: int) -> None:
    row = say("a", response=RIGHT)

    assert judge(row, ada, verdict="pending").review is None


def test_an_independent_reviewer_may_take_their_verdict_back(say: Say, ada: int, bob: int) -> None:
    reviews.ask_for("default", 2)
    row = say("a", response=RIGHT)
    judge(row, ada, verdict="rejected")
    judge(row, ada, verdict="pending")

    judge(row, bob, verdict="approved")
    assert stands(row) == ("pending", None)
    judge(row, ada, verdict="approved")
    assert stands(row) == ("approved", None)


def test_who_only_comments_does_not_say_that_it_is_right(say: Say, ada: int, bob: int) -> None:
    row = say("a", response=RIGHT)
    judge(row, ada, comment="Not sure.")
    assert list(answers(row, reviews.history(row))) == ['{"total":12}']

    judge(row, bob, verdict="approved")
    judge(row, bob, verdict="pending")
    assert list(answers(row, reviews.history(row))) == ['{"total":12}'] * 2


def test_who_saw_what_was_taken_back_since_is_told(say: Say, ada: int, bob: int) -> None:
    row = say("a", response=RIGHT)
    judge(row, ada, verdict="approved", response=BETTER)
    seen = newest(row, reviews.history(row))
    reviews.undo(row, ada)

    with pytest.raises(Conflict, match="Ada took back"):
        judge(row, bob, verdict="approved", seen=seen)
    judge(row, ada, verdict="rejected", seen=seen)
    assert stands(row) == ("rejected", None)


def test_the_state_of_other_feedback_is_no_state_of_this(say: Say, ada: int) -> None:
    row, other = say("a", response=RIGHT), say("b", response=RIGHT)
    judge(other, ada, verdict="approved")

    with pytest.raises(Conflict, match="other feedback"):
        judge(row, ada, verdict="approved", seen=newest(other, reviews.history(other)))


def test_what_independent_reviewers_decided_overtakes_and_is_not_undone_alone(
    say: Say, reviewer: Reviewer, ada: int, bob: int
) -> None:
    reviews.ask_for("default", 2)
    row, eve = say("a", response=RIGHT), reviewer("Eve")
    seen = newest(row, reviews.history(row))
    judge(row, ada, verdict="approved", seen=seen)
    judge(row, bob, verdict="approved", seen=seen)

    with pytest.raises(Conflict, match="approved by Bob"):
        judge(row, eve, verdict="rejected", seen=seen)
    with pytest.raises(Conflict, match="not the newest"):
        reviews.undo(row, ada)

    row = Feedback.get()
    judge(row, eve, verdict="rejected", seen=newest(row, reviews.history(row)))
    assert stands(row) == ("rejected", None)


def test_a_comment_is_called_one(say: Say, ada: int, bob: int) -> None:
    row = say("a", response=RIGHT)
    judge(row, ada, comment="Not sure.")

    with pytest.raises(Conflict, match="commented on by Ada"):
        judge(row, bob, verdict="approved", seen=0)
