"""POST /v1/feedback/id/{uuid}/undo: one's newest review is taken back."""

from feedbackstore import keys, predictions, reviews
from feedbackstore.models import Feedback, Review
from tests.conftest import Caller, Predict, Say


def test_it_goes_back_a_step_and_keeps_what_was_undone(say: Say, ada: Caller) -> None:
    path = f"/v1/feedback/id/{say('a', response={'total': 1}).uuid}"
    first = ada.patch(path, json={"response": {"total": 2}})
    ada.patch(path, json={"status": "rejected"})

    response = ada.post(f"{path}/undo")

    assert response.status_code == 200
    item = response.get_json()
    assert (item["status"], item["correction"]) == ("pending", {"total": 2})
    assert [bool(review["undone_at"]) for review in item["reviews"]] == [False, True]
    assert response.headers["ETag"] == first.headers["ETag"]
    assert Feedback.get().status == "pending"


def test_where_there_is_nothing_of_theirs_to_take_back_it_says_so(
    say: Say, ada: Caller, bob: Caller
) -> None:
    path = f"/v1/feedback/id/{say('a', response={'total': 1}).uuid}"
    assert ada.post(f"{path}/undo").status_code == 409
    ada.patch(path, json={"status": "approved"})
    bob.patch(path, json={"status": "rejected"})

    response = ada.post(f"{path}/undo")

    assert response.status_code == 409
    assert "nothing of yours" in response.get_json()["detail"]
    assert Feedback.get().status == "rejected"


def test_what_a_reviewer_wrote_themselves_goes_with_it(
    predict: Predict, project: int, ada: Caller
) -> None:
    predict("a", output={"total": 1})
    grant = keys.find(ada.key)
    assert grant
    asked = predictions.get(project, "request", "a")
    row, _ = reviews.correct(asked, grant.key, verdict="approved")

    response = ada.post(f"/v1/feedback/id/{row.uuid}/undo")

    assert (response.status_code, response.get_data()) == (204, b"")
    assert Feedback.select().count() == Review.select().count() == 0
