"""GET /v1/feedback: what was said of anything, filtered, the newest first, a page at a time."""

from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit

import pytest
from flask import Flask
from werkzeug.http import parse_options_header
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from feedbackstore import keys, listing, predictions, reviews
from feedbackstore.models import Feedback
from tests.api.conftest import Hire
from tests.conftest import Caller, Predict, Say

PATH = "/v1/feedback"


def names(caller: Caller, query: str = "") -> list[str]:
    """The ids of the requests that every page of a list has."""
    return [str(item["request_id"]) for item in every(caller, f"{PATH}?{query}")]


def every(caller: Any, address: str) -> list[dict[str, Any]]:
    """The items of every page, found by following Link from one to the next."""
    found = []
    while True:
        response = caller.get(address)
        assert response.status_code == 200, response.get_data()
        page = response.get_json()
        found += page["items"]
        if page["next"] is None:
            assert "Link" not in response.headers
            return found
        address = urljoin(address, following(response))
        assert parse_qs(urlsplit(address).query)["cursor"] == [page["next"]]


def following(response: Any) -> str:
    """The address of the next page, from the header."""
    link, options = parse_options_header(response.headers["Link"])
    assert options == {"rel": "next"}
    assert link[0] + link[-1] == "<>"
    return link[1:-1]


def test_each_item_is_what_was_submitted_and_where_it_stands(
    writer: Caller, predict: Predict, say: Say
) -> None:
    predict("a", model="m", domain="d", output={"total": 1, "items": [{"qty": 1}]})
    row = say("a", response={"total": 2, "items": [{"qty": 3}]}, notes="n", tags={"k": "v"})
    reviews.judge(row, 1, verdict="approved", response={"total": 5, "items": [{"qty": 1}]})

    response = writer.get(PATH)

    assert response.get_json() == {
        "items": [
            {
                "id": row.uuid,
                "request_id": "a",
                "agent_execution_id": None,
                "chat_id": None,
                "created_at": row.created_at,
                "notes": "n",
                "response": {"total": 2, "items": [{"qty": 3}]},
                "rating": None,
                "tags": {"k": "v"},
                "flag": None,
                "status": "approved",
                "correction": {"total": 5, "items": [{"qty": 1}]},
                "changes": ["total"],
                "prediction": {"kind": "request", "id": "a", "model": "m", "domain": "d"},
            }
        ],
        "next": None,
    }


def test_what_has_no_prediction_changes_nothing_that_is_known(writer: Caller) -> None:
    writer.submit(chat_id="c", response={"a": 1})

    (item,) = writer.get(PATH).get_json()["items"]

    assert (item["prediction"], item["changes"], item["correction"]) == (None, None, {"a": 1})


@pytest.mark.usefixtures("judged")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["same", "up", "wrong", "down", "lost", "noted"]),
        ("status=all&status=approved", ["same", "up", "wrong", "down", "lost", "noted"]),
        ("status=approved", ["wrong"]),
        ("status=rejected", ["down"]),
        ("status=rejected&status=approved", ["wrong", "down"]),
        ("status=disputed", []),
        ("kind=request&model=new", ["same", "up"]),
        ("kind=chat", []),
        ("domain=document.invoice", ["wrong", "down", "lost", "noted"]),
        ("domain=", []),
        ("field=items%5B%5D.qty", ["wrong"]),
        ("rating=up", ["up"]),
        ("tag=a=b", []),
        ("since=2999-01-01", []),
        ("until=2999-01-01T00:00:00%2B02:00&has_notes=true", ["noted"]),
        ("has_notes=false", ["same", "up", "wrong", "down", "lost", "noted"]),
        ("search=HM", ["noted"]),
        ("search=", ["same", "up", "wrong", "down", "lost", "noted"]),
        ("entity_id=up", ["up"]),
        ("entity_id=up&kind=chat", []),
        ("colour=red&limit=100000", ["same", "up", "wrong", "down", "lost", "noted"]),
    ],
)
@pytest.mark.parametrize("limit", [None, 1])
def test_every_filter_narrows_on_one_page_or_on_many(
    writer: Caller, query: str, found: list[str], limit: int | None
) -> None:
    for name, verdict in (("wrong", "approved"), ("down", "rejected")):
        row = Feedback.get(Feedback.request_id == name)
        reviews.judge(row, 1, verdict=verdict)

    assert names(writer, f"{query}&limit={limit}" if limit else query) == found


def test_tags_are_all_wanted_whatever_they_hold(writer: Caller) -> None:
    writer.submit(request_id="a", tags={"k=1": "x&y", "ü": '"'})
    writer.submit(request_id="b", tags={"ü": '"'})

    both = urlencode([("tag", 'ü="'), ("tag", "ü=")])
    assert names(writer, urlencode({"tag": 'ü="'})) == ["b", "a"]
    assert names(writer, both) == []


def test_pages_give_each_item_once_while_new_feedback_comes_in(
    writer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_LOOKED_AT", 4)
    for number in range(20):
        writer.submit(request_id=str(number), notes="n" if number % 3 == 0 else "", rating="up")
    wanted = [str(number) for number in range(19, -1, -1)]

    class Busy:
        def get(self, address: str) -> Any:
            response = writer.get(address)
            writer.submit(request_id="late", notes="late", rating="up")
            return response

    def found(query: str) -> list[str]:
        return [item["request_id"] for item in every(Busy(), f"{PATH}?{query}")]

    assert found("limit=3") == wanted
    late = Feedback.select().where(Feedback.request_id == "late").count()
    assert found("limit=3&has_notes=1")[late:] == [n for n in wanted if int(n) % 3 == 0]


def test_a_page_may_be_empty_and_still_have_a_next_one(
    writer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_LOOKED_AT", 2)
    writer.submit(request_id="old", notes="here")
    for number in range(5):
        writer.submit(request_id=str(number), rating="up")

    first = writer.get(f"{PATH}?has_notes=true")

    assert first.get_json()["items"] == []
    assert first.get_json()["next"]
    assert names(writer, "has_notes=true") == ["old"]


NASTY = 'ü&cursor=x#%"<>;, \r\nX-Bad: 1\\+/?\u202e🧀'


def test_the_link_has_the_same_filters_whatever_they_hold(writer: Caller, say: Say) -> None:
    for number in range(3):
        writer.submit(request_id=str(number), notes=NASTY.replace("\r\n", " "), tags={"a": NASTY})
    query = urlencode([("tag", f"a={NASTY}"), ("status", "pending"), ("status", "approved")])

    response = writer.get(f"{PATH}?{query}&limit=2&colour=red")

    link = following(response)
    assert link.isascii()
    assert parse_qs(link[1:]) == {
        "tag": [f"a={NASTY}"],
        "status": ["pending", "approved"],
        "limit": ["2"],
        "cursor": [response.get_json()["next"]],
    }
    assert names(writer, f"{query}&limit=1") == ["2", "1", "0"]


def test_the_link_leads_on_where_the_store_is_served_under_a_prefix(
    app: Flask, writer: Caller
) -> None:
    for number in range(3):
        writer.submit(request_id=str(number), rating="up")
    client = Client(DispatcherMiddleware(Flask("elsewhere"), {"/a store": app}))  # type: ignore[arg-type]
    below = Caller(client, writer.key)  # type: ignore[arg-type]

    found = every(below, f"{quote('/a store')}{PATH}?limit=1")

    assert [item["request_id"] for item in found] == ["2", "1", "0"]


@pytest.mark.parametrize(
    ("query", "place", "type_"),
    [
        ("status=open", ["status", 0], "literal_error"),
        ("status=all&status=", ["status", 1], "literal_error"),
        ("kind=invoice", ["kind"], "literal_error"),
        ("rating=best", ["rating"], "literal_error"),
        ("tag=x", ["tag", 0], "value_error"),
        ("tag=a=b&tag==b", ["tag", 1], "value_error"),
        ("since=yesterday", ["since"], "datetime_parsing"),
        ("until=2026-13-01", ["until"], "datetime_parsing"),
        ("has_notes=perhaps", ["has_notes"], "bool_parsing"),
        ("limit=0", ["limit"], "greater_than_equal"),
        ("limit=x", ["limit"], "int_parsing"),
        (f"search={'x' * 1001}", ["search"], "string_too_long"),
        ("search=a%00b", ["search"], "string_nul"),
        *(
            (f"cursor={text}", ["cursor"], "value_error")
            for text in ("", "x", "5", "NQ==", "MDU", "LTU", "Kw", "%00", "%C3%BC", "NQ%0A")
        ),
        (f"cursor={'MTIz' * 7}", ["cursor"], "value_error"),
        (f"cursor={'A' * 100_000}", ["cursor"], "value_error"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(
    writer: Caller, query: str, place: list[Any], type_: str
) -> None:
    response = writer.get(f"{PATH}?{query}")

    assert response.status_code == 422
    (problem,) = response.get_json()["detail"]
    assert (problem["loc"], problem["type"]) == (["query", *place], type_)
    assert len(response.get_data()) < 2000


HOSTILE = [
    "%00", "%25", "_", "'", '"', "\\", "%F0%9F%A7%80", "%C3%BC" * 900, "%2525" * 180, "[" * 999,
    "NaN", "-1", "null", "a" * 5000, "%22%2C%22", "%0A", "1e999", "../..", "%E2%80%AE", "(" * 1000,
]  # fmt: skip


@pytest.mark.usefixtures("judged")
@pytest.mark.parametrize("value", HOSTILE)
def test_whatever_a_filter_holds_the_answer_is_no_failure(writer: Caller, value: str) -> None:
    for name in (
        *("status", "kind", "domain", "model", "field", "rating", "tag", "since", "until"),
        *("has_notes", "search", "entity_id", "limit", "cursor"),
    ):
        for query in (f"{name}={value}", f"{name}=x={value}", f"{name}={value}&{name}={value}"):
            assert writer.get(f"{PATH}?{query}").status_code in (200, 422)


def test_an_address_that_is_not_utf_8_is_refused(writer: Caller) -> None:
    assert writer.get(f"{PATH}?search=%FF").status_code == 422


def test_a_place_far_beyond_the_newest_is_the_beginning(writer: Caller) -> None:
    writer.submit(request_id="a", notes="n")
    far = "OTk5OTk5OTk5OTk5OTk5OTk5"

    assert len(writer.get(f"{PATH}?cursor={far}&has_notes=1").get_json()["items"]) == 1


def test_nothing_of_one_project_is_there_for_another(writer: Caller, stranger: Caller) -> None:
    writer.submit(request_id="x", notes="of the writer")

    assert stranger.get(PATH).get_json() == {"items": [], "next": None}
    assert names(stranger, "entity_id=x") == names(stranger, "search=writer") == []


def test_what_a_reviewer_wrote_is_not_shown_to_one_who_is_to_review_independently(
    project: int, predict: Predict, ada: Caller, bob: Caller, hire: Hire
) -> None:
    reviews.ask_for("default", 2)
    predict("a", output={"total": 1})
    grant = keys.find(ada.key)
    assert grant
    asked = predictions.get(project, "request", "a")
    reviews.correct(asked, grant.key, verdict="approved", response={"total": 2}, comment="hm")

    def seen(caller: Caller) -> tuple[Any, ...]:
        (item,) = caller.get(PATH).get_json()["items"]
        return item["response"], item["notes"], item["correction"], item["changes"]

    assert seen(ada) == ({"total": 2}, "hm", {"total": 2}, ["total"])
    assert seen(bob) == (None, None, None, [])
