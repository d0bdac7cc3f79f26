"""GET /v1/feedback/id/{uuid}: one piece of feedback, and what reviewers made of it."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from feedbackstore import keys, reviews
from feedbackstore.models import Feedback, Review
from tests.conftest import Caller, Predict, Say


def path(row: Feedback) -> str:
    return f"/v1/feedback/id/{row.uuid}"


def key(caller: Caller) -> int:
    grant = keys.find(caller.key)
    assert grant
    return grant.key


def test_it_has_every_review_those_that_were_undone_too(
    say: Say, predict: Predict, ada: Caller, bob: Caller
) -> None:
    predict("a", output={"total": 1})
    row = say("a", response={"total": 2})
    reviews.judge(row, key(ada), verdict="approved", response={"total": 3}, comment="a digit")
    reviews.judge(row, key(bob), verdict="rejected")
    reviews.undo(row, key(bob))

    response = ada.get(path(row))

    item = response.get_json()
    first, second = Review.select().order_by(Review.id)
    assert response.headers["ETag"] == f'"{first.id}"'
    assert (item["id"], item["status"], item["correction"]) == (row.uuid, "approved", {"total": 3})
    assert item["reviews"] == [
        {
            "id": first.id,
            "reviewer": {"key_id": keys.id_of(ada.key), "name": "Ada"},
            "verdict": "approved",
            "response": {"total": 3},
            "comment": "a digit",
            "final": True,
            "created_at": first.created_at,
            "undone_at": None,
        },
        {
            "id": second.id,
            "reviewer": {"key_id": keys.id_of(bob.key), "name": "Bob"},
            "verdict": "rejected",
            "response": None,
            "comment": None,
            "final": True,
            "created_at": second.created_at,
            "undone_at": second.undone_at,
        },
    ]
    assert second.undone_at


def test_it_is_the_item_of_the_list_and_its_reviews(
    writer: Caller, say: Say, predict: Predict
) -> None:
    predict("a", model="m")
    row = say("a", response={"total": 2}, tags={"k": "v"})

    one = writer.get(path(row))

    assert one.headers["ETag"] == '"0"'
    (item,) = writer.get("/v1/feedback").get_json()["items"]
    assert one.get_json() == {**item, "reviews": []}


def test_independent_reviewers_see_nothing_of_each_other_before_it_is_decided(
    say: Say, ada: Caller, bob: Caller
) -> None:
    reviews.ask_for("default", 2)
    row = say("a", response={"total": 2})
    reviews.judge(row, key(ada), verdict="approved", response={"total": 3})

    def seen(caller: Caller) -> Any:
        found = caller.get(path(row))
        return (
            found.headers["ETag"],
            found.get_json()["correction"],
            [review["reviewer"]["name"] for review in found.get_json()["reviews"]],
        )

    assert seen(ada) == ('"0"', {"total": 2}, ["Ada"])
    assert seen(bob) == ('"0"', {"total": 2}, [])
    reviews.judge(row, key(bob), verdict="approved", response={"total": 3})
    assert seen(ada) == seen(bob) == ('"2"', {"total": 3}, ["Ada", "Bob"])


def test_an_id_of_a_request_that_looks_alike_is_still_an_id(writer: Caller) -> None:
    undo = "id/00000000-0000-7000-8000-000000000000/undo"
    for name in ("id", "id/x", "id/00000000-0000", undo):
        writer.submit(request_id=name, notes="n")
        answer = writer.get(f"/v1/feedback/{name}").get_json()
        assert (answer["request_id"], len(answer["items"])) == (name, 1)


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_what_is_not_there_is_said_in_a_sentence(stranger: Caller, method: str) -> None:
    unknown = "00000000-0000-7000-8000-000000000000"

    response = getattr(stranger, method)(f"/v1/feedback/id/{unknown}", json={"status": "approved"})

    assert response.status_code == 404
    assert response.get_json() == {"detail": f"There is no feedback {unknown}."}


def test_another_projects_feedback_is_not_there(say: Say, stranger: Caller) -> None:
    row = say("a", response={"total": 2})
    reviews.judge(row, 1, verdict="approved")
    said = {"status": "rejected"}

    for response in (
        stranger.get(path(row)),
        stranger.patch(path(row), json=said),
        stranger.post(f"{path(row)}/undo"),
        stranger.delete(path(row)),
    ):
        assert response.status_code == 404
    assert Feedback.get().status == "approved"
    assert Review.select().count() == 1


def test_the_answers_have_every_member_that_their_document_names(
    client: FlaskClient, ada: Caller, say: Say, predict: Predict
) -> None:
    predict("a")
    row = say("a", response={"total": 2})
    reviews.judge(row, key(ada), verdict="approved")
    document = client.get("/openapi.json").get_json()
    schemas = document["components"]["schemas"]

    item = ada.get(path(row)).get_json()

    listed = ada.get("/v1/feedback").get_json()
    assert item.keys() == schemas["ReviewedItem"]["properties"].keys()
    assert item["reviews"][0].keys() == schemas["ReviewShown"]["properties"].keys()
    assert listed.keys() == schemas["StandingList"]["properties"].keys()
    assert listed["items"][0].keys() == schemas["StandingItem"]["properties"].keys()
    parameters = document["paths"]["/v1/feedback/id/{uuid}"]["patch"]["parameters"]
    assert [each["name"] for each in parameters] == ["If-Match"]
