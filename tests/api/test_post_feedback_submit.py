"""POST /v1/feedback/submit: a correction comes in."""

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedbackstore.models import Feedback
from tests.conftest import Caller
from tests.test_documents import json_values, texts, typed

INVOICE = {"total": 12.5, "lines": [{"qty": 2, "name": "Käse 🧀"}], "vendor": None}


def test_it_answers_with_the_hosted_services_members(writer: Caller) -> None:
    response = writer.submit(request_id="inv-1", response=INVOICE, notes="total was wrong")

    assert response.status_code == 200
    answer = response.get_json()
    assert list(answer) == [
        "id",
        "request_id",
        "agent_execution_id",
        "chat_id",
        "created_at",
        "notes",
    ]
    assert answer["created_at"].endswith("Z")
    assert (answer["request_id"], answer["chat_id"], answer["notes"]) == (
        "inv-1",
        None,
        "total was wrong",
    )


def test_it_is_stored_with_all_that_was_said(writer: Caller) -> None:
    said = {
        "request_id": "r",
        "agent_execution_id": "a",
        "chat_id": "c",
        "response": INVOICE,
        "notes": "",
        "rating": "down",
        "tags": {"team": "kasse"},
        "flag": False,
    }
    answer = writer.submit(**said).get_json()

    (stored,) = Feedback.select()
    assert stored.uuid == answer["id"]
    assert json.loads(stored.response) == INVOICE
    assert json.loads(stored.tags) == {"team": "kasse"}
    assert (stored.rating, stored.flag, stored.notes) == ("down", False, "")
    assert (stored.request_id, stored.agent_execution_id, stored.chat_id) == ("r", "a", "c")


@pytest.mark.parametrize(
    "members",
    [{"response": {}}, {"notes": "x"}, {"rating": "up"}, {"tags": {}}, {"flag": False}],
)
@pytest.mark.parametrize("about", ["request_id", "agent_execution_id", "chat_id"])
def test_one_id_and_one_thing_said_are_enough(
    writer: Caller, about: str, members: dict[str, Any]
) -> None:
    assert writer.submit(**{about: "x"}, **members).status_code == 200


def test_nulls_and_unknown_members_count_for_nothing(writer: Caller) -> None:
    response = writer.submit(
        request_id="r", chat_id=None, response=None, notes="n", rating=None, answer=42
    )

    assert response.status_code == 200
    assert response.get_json()["chat_id"] is None


@pytest.mark.parametrize(
    ("body", "loc", "type_"),
    [
        ({"notes": "x"}, ["body"], "value_error"),
        ({"request_id": "x"}, ["body"], "value_error"),
        ({"request_id": "x", "response": None, "notes": None}, ["body"], "value_error"),
        ({"request_id": 1, "notes": "x"}, ["body", "request_id"], "string_type"),
        ({"request_id": "", "notes": "x"}, ["body", "request_id"], "string_too_short"),
        ({"chat_id": "x" * 257, "notes": "x"}, ["body", "chat_id"], "string_too_long"),
        ({"request_id": "a\tb", "notes": "x"}, ["body", "request_id"], "string_pattern_mismatch"),
        ({"request_id": "x", "notes": 1}, ["body", "notes"], "string_type"),
        ({"request_id": "x", "response": []}, ["body", "response"], "dict_type"),
        ({"request_id": "x", "response": "text"}, ["body", "response"], "dict_type"),
        ({"request_id": "x", "rating": "good"}, ["body", "rating"], "literal_error"),
        ({"request_id": "x", "flag": "true"}, ["body", "flag"], "bool_type"),
        ({"request_id": "x", "flag": 1}, ["body", "flag"], "bool_type"),
        ({"request_id": "x", "tags": []}, ["body", "tags"], "dict_type"),
        ({"request_id": "x", "tags": {"a": 1}}, ["body", "tags", "a"], "string_type"),
        ([], ["body"], "model_attributes_type"),
        ("text", ["body"], "model_attributes_type"),
        (5, ["body"], "model_attributes_type"),
    ],
)
def test_it_refuses_other_shapes_at_their_place(
    writer: Caller, body: Any, loc: list[str], type_: str
) -> None:
    response = writer.post("/v1/feedback/submit", json=body)

    assert response.status_code == 422
    (problem,) = response.get_json()["detail"]
    assert (problem["loc"], problem["type"]) == (loc, type_)
    assert problem["msg"]
    assert not Feedback.select().exists()


def test_it_names_every_member_that_is_wrong(writer: Caller) -> None:
    response = writer.submit(request_id=1, response=2, notes=3)

    problems = response.get_json()["detail"]
    assert [problem["loc"][-1] for problem in problems] == ["request_id", "response", "notes"]
    assert [problem["input"] for problem in problems] == [1, 2, 3]


def test_the_npm_clients_path_answers_with_the_response_too(writer: Caller) -> None:
    response = writer.post(
        "/v1/experimental/feedback/submit",
        json={"request_id": "r", "response": INVOICE, "notes": "n", "flag": True},
    )

    answer = response.get_json()
    assert response.status_code == 200
    assert (answer["request_id"], answer["response"], answer["flag"]) == ("r", INVOICE, True)


def test_another_method_is_refused(writer: Caller) -> None:
    response = writer.put("/v1/feedback/submit", json={})

    assert (response.status_code, response.get_json()) == (405, {"detail": "Method Not Allowed"})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(response=st.dictionaries(texts, json_values, max_size=4))
def test_a_response_reads_back_exactly_as_it_was_submitted(
    writer: Caller, response: dict[str, Any]
) -> None:
    about = str(uuid4())
    body = json.dumps({"chat_id": about, "response": response}, ensure_ascii=False)
    submitted = writer.post(
        "/v1/feedback/submit", data=body.encode(), content_type="application/json"
    )
    assert submitted.status_code == 200

    listed = writer.get(f"/v1/feedback/{about}?type=chat&limit=1")
    read = json.loads(listed.get_data())["items"][0]["response"]
    assert typed(read) == typed(response)
