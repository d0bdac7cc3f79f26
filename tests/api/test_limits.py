"""Bounds: what is as long as may be is taken, one more is refused, and told of."""

from typing import Any

import pytest

from feedbackstore import documents, feedback, flaws, ids, predictions, remarks
from feedbackstore.api.schemas import MAX_PAGE
from feedbackstore.filters import MAX_SEARCH
from feedbackstore.models import Feedback
from tests.conftest import Caller

NOTES, TAGS = remarks.MAX_NOTES, remarks.MAX_TAGS


def deep(levels: int) -> Any:
    """An object that holds lists inside one another: so many levels, itself included."""
    value: list[Any] = []
    for _ in range(levels - 2):
        value = [value]
    return {"a": value}


def submitted(**members: Any) -> dict[str, Any]:
    return {"request_id": "x", "notes": "n", **members}


FEEDBACK = {
    "id": (lambda n: submitted(request_id="\U0001f9fe" * n), ids.MAX_LENGTH, "request_id"),
    "notes": (lambda n: submitted(notes="ß" * n), NOTES, "notes"),
    "tags": (lambda n: submitted(tags={str(at): "" for at in range(n)}), TAGS, "tags"),
    "tag's name": (lambda n: submitted(tags={"x" * n: ""}), remarks.MAX_TAG_NAME, "tags"),
    "tag's value": (lambda n: submitted(tags={"x": "y" * n}), remarks.MAX_TAG_VALUE, "tags"),
    "depth": (lambda n: submitted(response=deep(n)), documents.MAX_DEPTH, "response"),
}


@pytest.mark.parametrize("name", FEEDBACK)
def test_feedback_may_hold_so_much_and_no_more(writer: Caller, name: str) -> None:
    make, most, place = FEEDBACK[name]

    assert writer.submit(**make(most)).status_code == 200
    refused = writer.submit(**make(most + 1))

    assert refused.status_code == 422
    (problem,) = refused.get_json()["detail"]
    assert problem["loc"][:2] == ["body", place]
    # Levels are counted from the body itself.
    assert str(most + 1 if name == "depth" else most) in problem["msg"]
    assert len(refused.get_data()) < 3000
    assert Feedback.select().count() == 1


def test_a_number_may_have_so_many_digits_and_no_more(writer: Caller) -> None:
    def submit(digits: int) -> Any:
        body = b'{"request_id":"x","response":{"a":' + b"9" * digits + b"}}"
        return writer.post("/v1/feedback/submit", data=body, content_type="application/json")

    assert submit(flaws.MAX_DIGITS).status_code == 200
    refused = submit(flaws.MAX_DIGITS + 1)

    assert refused.status_code == 422
    assert str(flaws.MAX_DIGITS) in refused.get_json()["detail"][0]["msg"]


def test_a_batch_may_hold_so_many_and_no_more(writer: Caller) -> None:
    def record(count: int) -> Any:
        one = {"kind": "request", "input": [{"role": "user", "content": "q"}]}
        return writer.post("/v1/predictions", json=[{**one, "id": str(at)} for at in range(count)])

    assert record(predictions.MAX_BATCH).get_json()["created"] == predictions.MAX_BATCH
    refused = record(predictions.MAX_BATCH + 1)

    assert refused.status_code == 422
    assert str(predictions.MAX_BATCH) in refused.get_json()["detail"][0]["msg"]


def test_a_list_is_never_longer_than_a_page(writer: Caller, project: int) -> None:
    for number in range(MAX_PAGE + 1):
        feedback.submit(project, request_id="x", notes=str(number))

    for limit in (MAX_PAGE, MAX_PAGE + 1, 10**20):
        for path in ("/v1/feedback/x", "/v1/feedback"):
            assert len(writer.get(f"{path}?limit={limit}").get_json()["items"]) == MAX_PAGE


def test_what_is_looked_for_may_be_so_long_and_no_longer(writer: Caller) -> None:
    assert writer.get(f"/v1/feedback?search={'x' * MAX_SEARCH}").status_code == 200
    refused = writer.get(f"/v1/feedback?search={'x' * (MAX_SEARCH + 1)}")

    assert refused.status_code == 422
    assert str(MAX_SEARCH) in refused.get_json()["detail"][0]["msg"]
