"""PATCH /v1/feedback/id/{uuid}: a review by API."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from feedbackstore import database, reviews
from feedbackstore.models import Feedback, Review
from tests.api.conftest import Hire
from tests.conftest import Caller, Say


@pytest.fixture
def row(say: Say) -> Feedback:
    return say("a", response={"total": 12})


def path(row: Feedback) -> str:
    return f"/v1/feedback/id/{row.uuid}"


def stands() -> tuple[str, str | None, str | None]:
    row = Feedback.get()
    return row.status, row.revised, row.response


def test_it_approves_corrects_and_comments_at_once(ada: Caller, row: Feedback) -> None:
    said = {"status": "approved", "response": {"total": 13}, "comment": "a digit"}

    response = ada.patch(path(row), json=said)

    assert response.status_code == 200
    item = response.get_json()
    assert (item["status"], item["correction"]) == ("approved", {"total": 13})
    assert item["response"] == {"total": 12}
    (review,) = item["reviews"]
    assert (review["reviewer"]["name"], review["comment"]) == ("Ada", "a digit")
    assert response.headers["ETag"] == f'"{review["id"]}"'
    assert stands() == ("approved", '{"total":13}', '{"total":12}')


@pytest.mark.parametrize(
    ("said", "stood"),
    [
        ({"status": "rejected", "colour": "red"}, ("rejected", None)),
        ({"response": {"total": 13}, "status": None}, ("pending", '{"total":13}')),
        ({"comment": "hm"}, ("pending", None)),
    ],
)
def test_each_member_will_do_and_an_unknown_one_is_ignored(
    ada: Caller, row: Feedback, said: dict[str, Any], stood: tuple[str, str | None]
) -> None:
    assert ada.patch(path(row), json=said).status_code == 200
    assert stands()[:2] == stood
    assert Review.select().count() == 1


def test_what_changes_nothing_is_fine_and_kept_nowhere(ada: Caller, row: Feedback) -> None:
    for said in ({"response": {"total": 12}}, {"comment": ""}, {"status": "pending"}):
        response = ada.patch(path(row), json=said)
        assert (response.status_code, response.get_json()["reviews"]) == (200, [])

    for _ in range(2):
        ada.patch(path(row), json={"status": "approved", "comment": "sent twice"})
    assert Review.select().count() == 1


@pytest.mark.parametrize(
    ("said", "loc", "type_"),
    [
        ({}, ["body"], "value_error"),
        ({"status": None, "colour": "red"}, ["body"], "value_error"),
        ({"status": "disputed"}, ["body", "status"], "literal_error"),
        ({"status": 1}, ["body", "status"], "string_type"),
        ({"response": [1]}, ["body", "response"], "dict_type"),
        ({"response": "x"}, ["body", "response"], "dict_type"),
        ({"comment": ["x"]}, ["body", "comment"], "string_type"),
        ({"comment": "x" * 10_001}, ["body", "comment"], "string_too_long"),
        ([], ["body"], "model_attributes_type"),
    ],
)
def test_a_body_that_says_nothing_is_refused(
    ada: Caller, row: Feedback, said: Any, loc: list[str], type_: str
) -> None:
    response = ada.patch(path(row), json=said)

    assert response.status_code == 422
    (problem,) = response.get_json()["detail"]
    assert (problem["loc"], problem["type"]) == (loc, type_)
    assert Review.select().count() == 0


def test_who_comes_second_with_what_they_saw_is_told(
    ada: Caller, bob: Caller, row: Feedback
) -> None:
    seen = bob.get(path(row)).headers["ETag"]
    assert ada.patch(path(row), json={"status": "approved"}).status_code == 200

    refused = bob.patch(path(row), json={"status": "rejected"}, headers={"If-Match": seen})

    assert refused.status_code == 412
    assert refused.get_json()["detail"].startswith("It was approved by Ada at ")
    assert stands()[0] == "approved"

    seen = bob.get(path(row)).headers["ETag"]
    done = bob.patch(path(row), json={"status": "rejected"}, headers={"If-Match": seen})
    assert (done.status_code, stands()[0]) == (200, "rejected")


@pytest.mark.parametrize("header", [None, "*", "", '"{newest}"', 'W/"{newest}"', '"0", "{newest}"'])
def test_without_a_tag_or_with_the_newest_nothing_is_in_the_way(
    ada: Caller, bob: Caller, row: Feedback, header: str | None
) -> None:
    newest = ada.patch(path(row), json={"status": "approved"}).headers["ETag"].strip('"')
    headers = {} if header is None else {"If-Match": header.format(newest=newest)}

    assert bob.patch(path(row), json={"status": "rejected"}, headers=headers).status_code == 200
    assert stands()[0] == "rejected"


@pytest.mark.parametrize("header", ['"x"', "x", '"-1"', '"00"', '"999"', '"' + "9" * 400 + '"'])
def test_a_tag_that_this_feedback_never_had_is_refused(
    ada: Caller, row: Feedback, header: str
) -> None:
    response = ada.patch(path(row), json={"status": "approved"}, headers={"If-Match": header})

    assert response.status_code == 412
    assert isinstance(response.get_json()["detail"], str)
    assert stands()[0] == "pending"


def test_of_many_at_the_same_moment_one_decides(
    app: Flask, ada: Caller, bob: Caller, row: Feedback
) -> None:
    gate = Barrier(6)

    def decide(number: int) -> int:
        who = (ada, bob)[number % 2]
        client = Caller(app.test_client(), who.key)
        gate.wait()
        said = {"response": {"total": number}}
        status = client.patch(path(row), json=said, headers={"If-Match": '"0"'}).status_code
        database.close()
        return int(status)

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(decide, range(6)))

    # Nobody is overtaken by themselves: all that one of them said is kept.
    assert sorted(statuses) == [200, 200, 200, 412, 412, 412]
    assert len({review.reviewer_id for review in Review.select()}) == 1


def test_two_independent_reviewers_decide_together(
    ada: Caller, bob: Caller, hire: Hire, row: Feedback
) -> None:
    reviews.ask_for("default", 2)
    said = {"status": "approved", "response": {"total": 13}}
    headers = {"If-Match": '"0"'}

    first = ada.patch(path(row), json=said, headers=headers)
    second = bob.patch(path(row), json=said, headers=headers)

    assert (first.get_json()["status"], first.status_code) == ("pending", 200)
    assert (second.get_json()["status"], second.status_code) == ("approved", 200)
    assert stands()[:2] == ("approved", '{"total":13}')

    third = hire("Eve").patch(path(row), json={"status": "rejected"}, headers=headers)
    assert (third.status_code, stands()[0]) == (412, "approved")
