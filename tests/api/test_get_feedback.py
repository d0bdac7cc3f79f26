"""GET /v1/feedback/{id}: what was said of one entity."""

from typing import Any
from urllib.parse import quote

import pytest

from feedbackstore import keys, predictions, reviews
from feedbackstore.models import ApiKey
from tests.conftest import Caller, Predict


def test_it_lists_the_newest_first(writer: Caller) -> None:
    for number in range(3):
        writer.submit(request_id="r", notes=str(number), tags={"n": str(number)})

    answer = writer.get("/v1/feedback/r").get_json()

    assert [item["notes"] for item in answer["items"]] == ["2", "1", "0"]
    assert answer["items"][0]["tags"] == {"n": "2"}
    assert {name: answer[name] for name in answer if name != "items"} == {
        "request_id": "r",
        "agent_execution_id": None,
        "chat_id": None,
    }


def test_it_lists_by_the_kind_that_was_asked_for(writer: Caller) -> None:
    writer.submit(request_id="x", notes="of the request")
    writer.submit(agent_execution_id="x", notes="of the execution")
    writer.submit(chat_id="x", request_id="y", notes="of the chat")

    def notes(query: str) -> list[str]:
        answer = writer.get(f"/v1/feedback/x{query}").get_json()
        return [item["notes"] for item in answer["items"]]

    assert notes("") == notes("?type=request") == ["of the request"]
    assert notes("?type=agent_execution") == ["of the execution"]
    assert notes("?type=chat") == ["of the chat"]


def test_it_pages(writer: Caller) -> None:
    for number in range(12):
        writer.submit(request_id="r", notes=str(number))

    def notes(query: str) -> list[str]:
        items = writer.get(f"/v1/feedback/r?{query}").get_json()["items"]
        return [item["notes"] for item in items]

    assert notes("") == [str(number) for number in range(11, 1, -1)]
    assert notes("limit=2&offset=3") == ["8", "7"]
    assert notes("offset=12") == []
    assert len(notes("limit=100000")) == 12


def test_an_id_without_feedback_has_an_empty_list(writer: Caller) -> None:
    response = writer.get("/v1/feedback/never-seen")

    assert response.status_code == 200
    assert response.get_json()["items"] == []


@pytest.mark.parametrize(
    "id",
    ["a/b", "/a//b/", "submit", "id", "..x", "a b?c=d&e#f%", "%2F", "ü🧀", "'\"", "\u202ex"],
)
def test_whatever_is_an_id_can_be_read_back(writer: Caller, id: str) -> None:
    assert writer.submit(request_id=id, notes="n").status_code == 200

    for path in (quote(id), quote(id, safe="")):
        answer = writer.get(f"/v1/feedback/{path}").get_json()
        assert (answer["request_id"], len(answer["items"])) == (id, 1)


@pytest.mark.parametrize(
    ("query", "place", "type_"),
    [
        ("limit=0", "limit", "greater_than_equal"),
        ("limit=-1", "limit", "greater_than_equal"),
        ("limit=x", "limit", "int_parsing"),
        ("limit=", "limit", "int_parsing"),
        ("limit=1.0", "limit", "int_parsing"),
        ("limit=%D9%A3", "limit", "int_parsing"),
        ("limit=1_0", "limit", "int_parsing"),
        ("limit=" + "9" * 5000, "limit", "int_parsing"),
        ("offset=-1", "offset", "greater_than_equal"),
        ("offset=9223372036854775808", "offset", "less_than_equal"),
        ("type=prediction", "type", "literal_error"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(
    writer: Caller, query: str, place: str, type_: str
) -> None:
    response = writer.get(f"/v1/feedback/x?{query}")

    assert response.status_code == 422
    (problem,) = response.get_json()["detail"]
    assert (problem["loc"], problem["type"]) == (["query", place], type_)


def test_the_largest_offset_there_is_finds_nothing(writer: Caller) -> None:
    assert writer.get("/v1/feedback/x?offset=9223372036854775807").get_json()["items"] == []


@pytest.mark.parametrize("id", ["a%0Ab", "x" * 257, "%00"])
def test_what_is_no_id_is_refused(writer: Caller, id: str) -> None:
    response = writer.get(f"/v1/feedback/{id}")

    assert response.status_code == 422
    assert response.get_json()["detail"][0]["loc"] == ["path", "entity_id"]


def test_no_id_at_all_is_not_found(writer: Caller) -> None:
    assert writer.get("/v1/feedback/").status_code == 404


def test_what_a_reviewer_wrote_is_hidden_from_another_who_is_still_to_decide(
    predict: Predict, ada: Caller, bob: Caller
) -> None:
    reviews.ask_for("default", 2)
    predict("a", output={"total": 1})
    author = int(ApiKey.get(ApiKey.name == "Ada").id)
    about = predictions.get(keys.get_project("default").id, "request", "a")
    reviews.correct(about, author, verdict="approved", response={"total": 2}, comment="mine")

    def said(caller: Caller) -> Any:
        (item,) = caller.get("/v1/feedback/a").get_json()["items"]
        return item["response"], item["notes"]

    assert said(ada) == ({"total": 2}, "mine")
    assert said(bob) == (None, None)
