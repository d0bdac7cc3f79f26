"""GET /v1/evaluations."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from feedbackstore.api import evaluations
from tests.conftest import Caller, Predict, Say


@pytest.mark.usefixtures("judged")
def test_it_works(writer: Caller) -> None:
    response = writer.get("/v1/evaluations")

    assert response.status_code == 200
    found = response.get_json()
    assert found["predictions"]["total"] == 7
    assert found["exact_match"] == {
        "part": 2,
        "of": 4,
        "rate": 0.5,
        "low": pytest.approx(0.150039),
        "high": pytest.approx(0.849961),
    }
    assert [field["field"] for field in found["fields"]] == ["items[].qty", "total"]
    assert found["fields"][1]["confusions"]["top"][0]["truth"] == '"1200"'
    assert [group["name"] for group in found["groups"]] == ["new", "old"]
    assert found["groups"][0]["fields"][0]["right"] == 2
    assert found["weeks"][0]["corrections"]["part"] == 2


@pytest.mark.usefixtures("judged")
def test_a_query_narrows_and_tells(writer: Caller) -> None:
    found = writer.get(
        "/v1/evaluations?since=2026-11-01&until=2026-12-01T00:00:00Z&model=new&kind=request"
        "&domain=document.receipt&by=domain&tolerance=0.5&loose_text=true&ignore_order=1"
        "&count_null=true&top=0"
    ).get_json()

    assert found["predictions"]["total"] == 2
    assert found["evaluator"] == {
        "name": "structural",
        "tolerance": 0.5,
        "loose_text": True,
        "ignore_order": True,
        "count_null": True,
    }
    assert found["scope"]["since"] == "2026-11-01T00:00:00.000000Z"
    assert (found["by"], found["groups"][0]["name"]) == ("domain", "document.receipt")


def test_nothing_to_evaluate_is_no_error(writer: Caller) -> None:
    found = writer.get("/v1/evaluations").get_json()

    assert found["predictions"]["total"] == 0
    assert found["accuracy"] == {"part": 0, "of": 0, "rate": None, "low": 0, "high": 1}


@pytest.mark.parametrize(
    ("query", "loc", "type_"),
    [
        ("since=yesterday", ["query", "since"], "datetime_parsing"),
        ("kind=invoice", ["query", "kind"], "literal_error"),
        ("by=colour", ["query", "by"], "literal_error"),
        ("evaluator=llm_judge", ["query", "evaluator"], "literal_error"),
        ("tolerance=much", ["query", "tolerance"], "float_parsing"),
        ("tolerance=-1", ["query", "tolerance"], "greater_than_equal"),
        ("tolerance=nan", ["query", "tolerance"], "greater_than_equal"),
        ("ignore_order=perhaps", ["query", "ignore_order"], "bool_parsing"),
        ("top=-1", ["query", "top"], "greater_than_equal"),
        ("evaluator=field_accuracy&tolerance=1", ["query", "tolerance"], "value_error"),
    ],
)
def test_a_query_that_says_nothing_is_refused(
    writer: Caller, query: str, loc: list[str], type_: str
) -> None:
    response = writer.get(f"/v1/evaluations?{query}")

    assert response.status_code == 422
    (problem,) = response.get_json()["detail"]
    assert (problem["loc"], problem["type"]) == (loc, type_)


@pytest.mark.usefixtures("judged")
def test_too_many_are_refused_with_what_to_do(
    writer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluations, "AT_ONCE", 3)

    response = writer.get("/v1/evaluations")

    assert response.status_code == 422
    (problem,) = response.get_json()["detail"]
    assert (problem["loc"], problem["type"]) == (["query"], "too_many")
    assert "run flask evaluate" in problem["msg"]


@pytest.mark.usefixtures("judged")
def test_nothing_of_one_project_is_there_for_another(stranger: Caller) -> None:
    assert stranger.get("/v1/evaluations").get_json()["predictions"]["total"] == 0


def test_the_answer_has_every_member_that_its_document_names(
    client: FlaskClient, writer: Caller, predict: Predict, say: Say
) -> None:
    predict("x", output={"total": 1})
    say("x", response={"total": 2})
    schemas = client.get("/openapi.json").get_json()["components"]["schemas"]

    def walk(value: Any, described: dict[str, Any]) -> None:
        if "$ref" in described:
            described = schemas[described["$ref"].rsplit("/", 1)[1]]
        if isinstance(value, list):
            for item in value:
                walk(item, described["items"])
        elif isinstance(value, dict) and "properties" in described:
            assert value.keys() == described["properties"].keys()
            for name, member in value.items():
                walk(member, described["properties"][name])

    walk(writer.get("/v1/evaluations").get_json(), schemas["EvaluationReport"])
