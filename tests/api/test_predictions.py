"""The originals over HTTP: put one, post many, read them as the clients do."""

from typing import Any

import pytest

from feedbackstore.models import Prediction
from tests.conftest import Caller

PROMPT = [{"role": "user", "content": "Read this."}]
PREDICTION: dict[str, Any] = {
    "model": "vlm-1",
    "domain": "document.invoice",
    "created_at": "2026-11-01T13:00:00+01:00",
    "input": PROMPT,
    "output": {"z": 1, "a": [1.0, 12345678901234567890123]},
    "json_schema": {"type": "object"},
    "tools": [],
    "metadata": {"customer": "a"},
}


def put(writer: Caller, address: str = "r", query: str = "", **members: Any) -> Any:
    path = f"/v1/predictions/request/{address}{query}"
    return writer.put(path, json={"input": PROMPT, **members})


def test_a_new_prediction_is_created_and_the_same_again_is_fine(writer: Caller) -> None:
    first, again = put(writer, **PREDICTION), put(writer, **PREDICTION)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.get_json() == {"created": 0, "unchanged": 1, "replaced": 0}
    assert Prediction.select().count() == 1


def test_another_content_is_a_conflict_unless_it_is_to_replace(writer: Caller) -> None:
    put(writer, output={"total": 1})

    refused = put(writer, output={"total": 2})
    assert refused.status_code == 409
    assert "?replace=true" in refused.get_json()["detail"]
    assert writer.get("/v1/predictions/r").get_json()["response"] == {"total": 1}

    replaced = put(writer, query="?replace=true", output={"total": 2})
    assert (replaced.status_code, replaced.get_json()["replaced"]) == (200, 1)
    assert writer.get("/v1/predictions/r").get_json()["response"] == {"total": 2}


def test_a_prediction_reads_back_as_the_hosted_service_shows_it(writer: Caller) -> None:
    put(writer, "a/b", **PREDICTION)

    assert writer.get("/v1/predictions/a/b").get_json() == {
        "id": "a/b",
        "created_at": "2026-11-01T12:00:00.000000Z",
        "completed_at": "2026-11-01T12:00:00.000000Z",
        "response": PREDICTION["output"],
        "status": "completed",
        "usage": {},
        "domain": "document.invoice",
    }


def test_a_prediction_without_an_answer_is_pending(writer: Caller) -> None:
    put(writer)

    answer = writer.get("/v1/predictions/r").get_json()
    assert (answer["status"], answer["response"], answer["completed_at"]) == ("pending", None, None)
    assert answer["created_at"].endswith("Z")


def test_agent_executions_are_shown_with_an_object_as_response(writer: Caller) -> None:
    outputs: list[Any] = [{"a": 1}, "a text", [1, 2], {"role": "assistant", "content": "hi"}]
    for number, output in enumerate(outputs):
        path = f"/v1/predictions/agent_execution/{number}"
        writer.put(path, json={"input": PROMPT, "output": output, "model": "agent-1"})

    shown = writer.get("/v1/agent/executions?limit=10").get_json()
    assert [execution["id"] for execution in shown] == ["3", "2", "1", "0"]
    assert [execution["response"] for execution in reversed(shown)] == [
        {"a": 1},
        {"role": "assistant", "content": "a text"},
        {"role": "assistant", "content": "[1,2]"},
        {"role": "assistant", "content": "hi"},
    ]
    assert writer.get("/v1/agent/executions/1").get_json()["name"] == "agent-1"


def test_lists_page_and_hold_their_kind_alone(writer: Caller) -> None:
    for number in range(4):
        put(writer, str(number))
    writer.put("/v1/predictions/chat/c", json={"input": PROMPT})

    def ids(query: str) -> list[str]:
        return [row["id"] for row in writer.get(f"/v1/predictions{query}").get_json()]

    assert ids("") == ["3", "2", "1", "0"]
    assert ids("?skip=1&limit=2") == ["2", "1"]
    assert writer.get("/v1/agent/executions").get_json() == []


@pytest.mark.parametrize("path", ["/v1/predictions/x", "/v1/agent/executions/x"])
def test_what_is_not_there_is_not_found(writer: Caller, path: str) -> None:
    response = writer.get(path)

    assert response.status_code == 404
    assert "There is no prediction" in response.get_json()["detail"]


def batch(*ids: str, **members: Any) -> list[dict[str, Any]]:
    return [{"kind": "chat", "id": name, "input": PROMPT, **members} for name in ids]


def test_a_batch_is_stored_whole(writer: Caller) -> None:
    documents = batch(*map(str, range(1000)))

    response = writer.post("/v1/predictions", json=documents)
    assert (response.status_code, response.get_json()["created"]) == (200, 1000)
    again = writer.post("/v1/predictions", json=documents)
    assert again.get_json() == {"created": 0, "unchanged": 1000, "replaced": 0}


def test_a_batch_with_something_wrong_is_not_stored_and_names_it_by_index(writer: Caller) -> None:
    documents = [*batch("a"), {"kind": "x", "id": "", "input": []}, 5, *batch("b")]

    response = writer.post("/v1/predictions", json=documents[:2] + documents[3:])
    assert response.status_code == 422
    assert [problem["loc"] for problem in response.get_json()["detail"]] == [
        ["body", 1, "kind"],
        ["body", 1, "id"],
        ["body", 1, "input"],
    ]
    response = writer.post("/v1/predictions", json=documents)
    problem = response.get_json()["detail"][-1]
    assert (problem["loc"], problem["input"]) == (["body", 2], 5)
    assert not Prediction.select().exists()


def test_a_batch_with_a_conflict_is_not_stored(writer: Caller) -> None:
    writer.post("/v1/predictions", json=batch("b"))

    response = writer.post("/v1/predictions", json=batch("a", "b", output="other"))
    assert response.status_code == 409
    assert (
        "At index 1: The prediction of kind chat with the id 'b' is stored"
        in response.get_json()["detail"]
    )
    assert Prediction.select().count() == 1

    replaced = writer.post("/v1/predictions?replace=true", json=batch("a", "b", output="other"))
    assert replaced.get_json() == {"created": 1, "unchanged": 0, "replaced": 1}


@pytest.mark.parametrize(
    ("body", "type_"),
    [({}, "list_type"), ("x", "list_type"), (batch(*map(str, range(1001))), "too_long")],
)
def test_what_is_no_batch_is_refused(writer: Caller, body: Any, type_: str) -> None:
    response = writer.post("/v1/predictions", json=body)

    (problem,) = response.get_json()["detail"]
    assert (response.status_code, problem["loc"], problem["type"]) == (422, ["body"], type_)
    assert len(response.get_data()) < 1000


def test_an_empty_batch_is_nothing(writer: Caller) -> None:
    response = writer.post("/v1/predictions", json=[])

    assert response.get_json() == {"created": 0, "unchanged": 0, "replaced": 0}


def test_the_path_names_the_prediction_whatever_the_body_says(writer: Caller) -> None:
    put(writer, "r", kind="chat", id="other")

    assert writer.get("/v1/predictions/r").status_code == 200


@pytest.mark.parametrize(
    ("path", "loc"),
    [
        ("/v1/predictions/reqest/x", ["path", "kind"]),
        ("/v1/predictions/request/a%0Ab", ["path", "entity_id"]),
        ("/v1/predictions/request/x?replace=maybe", ["query", "replace"]),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(
    writer: Caller, path: str, loc: list[str]
) -> None:
    response = writer.put(path, json={"input": PROMPT})

    assert response.status_code == 422
    assert response.get_json()["detail"][0]["loc"] == loc


@pytest.mark.parametrize(
    ("content", "loc"),
    [({}, ["body", "input"]), ({"input": None}, ["body", "input"]), ([], ["body"]), (5, ["body"])],
)
def test_a_body_that_is_no_prediction_is_refused(
    writer: Caller, content: Any, loc: list[str]
) -> None:
    response = writer.put("/v1/predictions/request/x", json=content)

    assert response.status_code == 422
    assert response.get_json()["detail"][0]["loc"] == loc


def test_a_null_counts_as_absent(writer: Caller) -> None:
    nulls = dict.fromkeys(PREDICTION) | {"input": PROMPT}

    assert writer.put("/v1/predictions/request/x", json=nulls).status_code == 201


@pytest.mark.parametrize("body", [[{}], [{"kind": None, "id": None}], [None], [{"_schema": 1}]])
def test_a_batch_of_what_is_no_prediction_is_refused(writer: Caller, body: Any) -> None:
    response = writer.post("/v1/predictions", json=body)

    assert response.status_code == 422
    assert response.get_json()["detail"][0]["loc"][:2] == ["body", 0]
