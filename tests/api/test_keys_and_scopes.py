"""Who may do what: over every route there is."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from feedbackstore import keys
from tests.conftest import Caller

SCOPES = {
    ("POST", "/v1/feedback/submit"): "submit",
    ("POST", "/v1/experimental/feedback/submit"): "submit",
    ("GET", "/v1/feedback/<entity_id:entity_id>"): "read",
    ("GET", "/v1/feedback"): "read",
    ("GET", "/v1/feedback/id/<uuid:uuid>"): "read",
    ("PATCH", "/v1/feedback/id/<uuid:uuid>"): "review",
    ("POST", "/v1/feedback/id/<uuid:uuid>/undo"): "review",
    ("DELETE", "/v1/feedback/id/<uuid:uuid>"): "admin",
    ("PUT", "/v1/predictions/<kind>/<entity_id:entity_id>"): "submit",
    ("POST", "/v1/predictions"): "submit",
    ("GET", "/v1/predictions"): "read",
    ("GET", "/v1/predictions/<entity_id:entity_id>"): "read",
    ("GET", "/v1/agent/executions"): "read",
    ("GET", "/v1/agent/executions/<entity_id:entity_id>"): "read",
    ("GET", "/v1/evaluations"): "read",
    ("GET", "/v1/health"): "any",
    ("GET", "/metrics"): "metrics",
}

NOBODYS = "00000000-0000-7000-8000-000000000000"


def routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(("/v1", "/metrics")):
            for method in set(rule.methods or ()) - {"HEAD", "OPTIONS"}:
                yield method, rule.rule, rule.endpoint


def path(rule: str) -> str:
    return (
        rule.replace("<entity_id:entity_id>", "x")
        .replace("<kind>", "request")
        .replace("<uuid:uuid>", NOBODYS)
    )


def test_every_route_has_exactly_the_scope_that_stands_here(app: Flask) -> None:
    found = {
        (method, rule): getattr(app.view_functions[endpoint], "scope", None)
        for method, rule, endpoint in routes(app)
    }

    assert found == SCOPES


@pytest.mark.parametrize(("method", "rule"), SCOPES)
def test_a_scope_lets_in_and_its_lack_keeps_out(
    client: FlaskClient, method: str, rule: str
) -> None:
    needed = SCOPES[method, rule]
    for scope in keys.SCOPES:
        key = keys.create(scopes=[scope])
        response = client.open(
            path(rule), method=method, headers={"Authorization": f"Bearer {key}"}
        )
        if needed in (scope, "any"):
            assert response.status_code in (200, 404, 422)
        else:
            assert response.status_code == 403
            assert response.get_json() == {
                "detail": f"This key does not have the scope {needed!r}."
            }


@pytest.mark.parametrize(("method", "rule"), SCOPES)
@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Basic {key}", "{key}", "Bearer {key}x", "Bearer x{key}"],
)
def test_no_good_key_is_one_answer_before_the_body_is_read(
    client: FlaskClient, method: str, rule: str, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header.format(key=keys.create())}

    response = client.open(path(rule), method=method, headers=headers, data=b"{no json")

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.get_json() == {
        "detail": "A valid API key is needed: Authorization: Bearer fbk_…"
    }


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_the_schemes_name_may_be_in_any_case(client: FlaskClient, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {keys.create()}"}

    assert client.get("/v1/health", headers=headers).get_json() == {"status": "ok"}


def test_a_key_in_the_query_is_no_key(client: FlaskClient) -> None:
    assert client.get(f"/v1/health?api_key={keys.create()}").status_code == 401


def test_a_key_stops_working_when_it_is_revoked(writer: Caller) -> None:
    assert writer.get("/v1/health").status_code == 200
    keys.revoke(writer.key.split("_")[1])
    assert writer.get("/v1/health").status_code == 401


def test_nothing_of_one_project_is_there_for_another(writer: Caller, stranger: Caller) -> None:
    for kind in ("request", "agent_execution", "chat"):
        put = {"input": [{"role": "user", "content": "q"}], "output": {"of": "writer"}}
        assert writer.put(f"/v1/predictions/{kind}/x", json=put).status_code == 201
    writer.submit(request_id="x", agent_execution_id="x", chat_id="x", notes="of the writer")

    for kind in ("request", "agent_execution", "chat"):
        assert stranger.get(f"/v1/feedback/x?type={kind}").get_json()["items"] == []
    for shown in ("/v1/predictions", "/v1/agent/executions"):
        assert stranger.get(shown).get_json() == []
        assert stranger.get(f"{shown}/x").status_code == 404


def test_two_projects_may_use_the_same_ids(writer: Caller, stranger: Caller) -> None:
    for caller, output in ((writer, {"total": 1}), (stranger, {"total": 2})):
        put = {"input": [{"role": "user", "content": "q"}], "output": output}
        assert caller.put("/v1/predictions/request/x", json=put).status_code == 201
        caller.submit(request_id="x", response=output)

    for caller, output in ((writer, {"total": 1}), (stranger, {"total": 2})):
        assert caller.get("/v1/predictions/x").get_json()["response"] == output
        (item,) = caller.get("/v1/feedback/x").get_json()["items"]
        assert item["response"] == output
