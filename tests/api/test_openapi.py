"""The OpenAPI document: valid, and containing the hosted service's own."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator

SEED = Path(__file__).parent.parent / "contract" / "submit_feedback.yaml"


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    return client.get("/openapi.json").get_json()


def differences(wanted: Any, found: Any, place: str = "") -> list[str]:
    """Where `found` does not contain `wanted`: members may be added, nothing else."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [
            difference
            for name, member in wanted.items()
            for difference in (
                differences(member, found[name], f"{place}/{name}")
                if name in found
                else [f"{place}/{name} is missing"]
            )
        ]
    return [] if wanted == found else [f"{place} is {found!r}, not {wanted!r}"]


def test_it_contains_the_hosted_services_document(document: dict[str, Any]) -> None:
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)
    seed = yaml.load(SEED.read_text(encoding="utf-8"), loader)

    assert seed["openapi"] == "3.1.0"
    assert differences(seed, document) == []


def test_it_is_valid(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_what_is_added_is_optional_for_a_client(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    assert "required" not in schemas["FeedbackSubmitRequest"]
    assert schemas["FeedbackSubmitResponse"]["required"] == ["id", "created_at"]


def test_an_object_that_may_be_null_is_said_to_be(document: dict[str, Any]) -> None:
    described = document["components"]["schemas"]["StandingItem"]["properties"]["prediction"]

    assert described["anyOf"] == [
        {"$ref": "#/components/schemas/ItemPrediction"},
        {"type": "null"},
    ]


def test_every_operation_says_what_it_is_and_asks_for_a_key(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method != "parameters":
                assert operation["summary"], path
                if path in ("/healthz", "/readyz"):
                    assert "security" not in operation
                    continue
                assert operation["security"] == [{"HTTPBearer": []}], path
                assert "401" in operation["responses"], path


def test_the_page_is_served_from_here_alone(client: FlaskClient) -> None:
    page = client.get("/docs")

    assert client.get("/").headers["Location"] == "/docs/"
    assert page.status_code == client.get("/docs/").status_code == 200
    assert "http" not in page.get_data(as_text=True)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    for asset in (
        "/docs/swagger-ui/swagger-ui.css",
        "/docs/swagger-ui/swagger-ui-bundle.js",
        "/docs/static/docs.js",
    ):
        assert asset in page.get_data(as_text=True)
        with client.get(asset) as response:
            assert response.status_code == 200


def test_without_the_extra_the_page_says_how_to_get_it(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedbackstore.api.docs.find_spec", lambda _: None)

    assert "pip install flask-swagger-ui" in client.get("/docs").get_data(as_text=True)
    assert client.get("/docs/swagger-ui/swagger-ui.css").status_code == 404
