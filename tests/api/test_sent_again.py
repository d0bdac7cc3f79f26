"""Feedback whose answer was lost, and which its client sends again: it is stored once."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedbackstore import feedback, keys
from feedbackstore.app import create_app
from feedbackstore.models import Feedback
from tests.api.conftest import Clock, Hire
from tests.conftest import Caller
from tests.test_documents import json_values, texts

SAID = {
    "request_id": "r",
    "chat_id": "c",
    "response": {"total": 1, "lines": [None, "é"]},
    "notes": "n",
    "rating": "down",
    "tags": {"team": "a"},
    "flag": False,
}
REPLAYED = "Idempotent-Replayed"


@pytest.mark.parametrize("path", ["/v1/feedback/submit", "/v1/experimental/feedback/submit"])
def test_the_same_again_is_answered_as_the_first_time_and_stored_once(
    writer: Caller, path: str
) -> None:
    first, *others = [writer.post(path, json=SAID) for _ in range(4)]

    assert REPLAYED not in first.headers
    for again in others:
        assert (again.status_code, again.get_data()) == (200, first.get_data())
        assert again.headers[REPLAYED] == "true"
    assert Feedback.select().count() == 1


def test_both_paths_are_one_as_the_clients_may_take_either(writer: Caller) -> None:
    first = writer.submit(**SAID).get_json()
    again = writer.post("/v1/experimental/feedback/submit", json=SAID).get_json()

    assert again["id"] == first["id"]


@pytest.mark.parametrize("about", ["request_id", "agent_execution_id", "chat_id"])
def test_it_is_known_by_whatever_it_is_about(writer: Caller, about: str) -> None:
    for number in range(3):
        writer.submit(**{about: "x"}, notes=str(number))

    again = writer.submit(**{about: "x"}, notes="1")

    assert again.headers[REPLAYED] == "true"
    assert Feedback.select().count() == 3


NEAR_TWINS: list[tuple[str, Any]] = [
    ("request_id", "R"),
    ("request_id", None),
    ("chat_id", "c "),
    ("agent_execution_id", "a"),
    ("notes", "n "),
    ("notes", "N"),
    ("notes", ""),
    ("notes", None),
    ("rating", "up"),
    ("rating", None),
    ("tags", {"team": "b"}),
    ("tags", {}),
    ("tags", None),
    ("flag", True),
    ("flag", None),
    ("response", {"total": 1.0, "lines": [None, "é"]}),
    ("response", {"total": True, "lines": [None, "é"]}),
    ("response", {"total": "1", "lines": [None, "é"]}),
    ("response", {"lines": [None, "é"], "total": 1}),
    ("response", {"total": 1, "lines": [None, "e\u0301"]}),
    ("response", {"total": 1, "lines": ["é"]}),
    ("response", {"total": 1, "lines": [None, "é"], "vendor": None}),
    ("response", {}),
    ("response", None),
]


def test_what_differs_in_anything_is_kept(writer: Caller) -> None:
    submitted = [SAID, *(SAID | {name: value} for name, value in NEAR_TWINS)]

    uuids = {writer.submit(**said).get_json()["id"] for said in submitted}

    assert len(uuids) == len(submitted)
    assert Feedback.select().count() == len(submitted)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    documents=st.lists(
        st.dictionaries(texts, json_values, max_size=3), min_size=2, max_size=2, unique_by=repr
    )
)
def test_two_corrections_are_one_only_if_they_read_back_alike(
    writer: Caller, documents: list[dict[str, Any]]
) -> None:
    Feedback.delete().execute()
    for document in [*documents, *documents]:
        body = json.dumps({"chat_id": "c", "response": document}).encode()
        writer.post("/v1/feedback/submit", data=body, content_type="application/json")

    read = writer.get("/v1/feedback/c?type=chat").get_data()
    answers = [json.dumps(item["response"]) for item in json.loads(read)["items"]]
    assert answers == [json.dumps(document) for document in reversed(documents)]


def test_another_key_and_another_project_are_other_people(
    writer: Caller, stranger: Caller, client: Any
) -> None:
    colleague = Caller(client, str(keys.create()))

    answers = [caller.submit(**SAID) for caller in (writer, colleague, stranger)]

    assert not [answer for answer in answers if REPLAYED in answer.headers]
    assert Feedback.select().count() == 3


def test_after_the_window_the_same_is_said_anew(writer: Caller, clock: Clock) -> None:
    first = writer.submit(**SAID).get_json()
    clock.move(seconds=600)
    again = writer.submit(**SAID)
    assert (again.get_json(), again.headers[REPLAYED]) == (first, "true")

    clock.move(microseconds=1)

    assert writer.submit(**SAID).get_json()["id"] != first["id"]
    assert Feedback.select().count() == 2


def test_the_hundred_newest_on_the_same_entity_are_looked_at(writer: Caller) -> None:
    for number in range(101):
        writer.submit(request_id="r", notes=str(number))

    assert writer.submit(request_id="r", notes="1").headers[REPLAYED] == "true"
    assert REPLAYED not in writer.submit(request_id="r", notes="0").headers


def test_where_the_window_is_0_each_is_stored(store: str) -> None:
    app = create_app({"FEEDBACKSTORE_DATABASE_URL": store, "FEEDBACKSTORE_DUPLICATE_SECONDS": "0"})
    writer = Caller(app.test_client(), str(keys.create()))

    assert writer.submit(**SAID).get_json()["id"] != writer.submit(**SAID).get_json()["id"]


def test_what_was_reviewed_meanwhile_is_still_the_first(writer: Caller, ada: Caller) -> None:
    first = writer.submit(**SAID).get_json()
    review = {"status": "approved", "response": {"total": 2}}
    assert ada.patch(f"/v1/feedback/id/{first['id']}", json=review).status_code == 200

    assert writer.submit(**SAID).get_json() == first
    assert writer.submit(**{**SAID, "response": {"total": 2}}).get_json()["id"] != first["id"]


def test_what_was_deleted_is_stored_anew(writer: Caller, hire: Hire) -> None:
    first = writer.submit(**SAID).get_json()
    root = hire("root", *keys.SCOPES)
    assert root.delete(f"/v1/feedback/id/{first['id']}").status_code == 204

    again = writer.submit(**SAID)

    assert REPLAYED not in again.headers
    assert Feedback.get().uuid == again.get_json()["id"] != first["id"]


def test_a_notebook_stores_what_it_is_told_to(project: int) -> None:
    first = feedback.submit(project, request_id="r", notes="n")
    second = feedback.submit(project, request_id="r", notes="n")

    assert first.uuid != second.uuid
