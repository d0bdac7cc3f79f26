"""Who asked, and how, where proxies are in front; and hosts that are none of ours."""

from typing import Any

import pytest
from flask import Flask, jsonify, request

from feedbackstore.app import create_app

FORWARDED = {
    "X-Forwarded-For": "198.51.100.1, 192.0.2.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "store.example.com",
    "X-Forwarded-Prefix": "/store",
}
WITHOUT = ["127.0.0.1", "http", "localhost", ""]


@pytest.fixture
def proxied(store: str) -> Flask:
    return create_app({"FEEDBACKSTORE_DATABASE_URL": store, "FEEDBACKSTORE_TRUSTED_PROXIES": "1"})


def served(app: Flask, headers: dict[str, str]) -> Any:
    """What the app takes for the client's address, the scheme, the host and the prefix."""
    app.add_url_rule(
        "/seen",
        view_func=lambda: jsonify(
            [request.remote_addr, request.scheme, request.host, request.script_root]
        ),
    )
    return app.test_client().get("/seen", headers={"Host": "localhost", **headers}).get_json()


def test_headers_of_strangers_count_for_nothing(app: Flask) -> None:
    assert served(app, FORWARDED) == WITHOUT


def test_the_last_proxys_headers_count_where_it_is_trusted(proxied: Flask) -> None:
    assert served(proxied, FORWARDED) == ["192.0.2.1", "https", "store.example.com", "/store"]


def test_two_proxies_are_two_values(store: str) -> None:
    app = create_app({"FEEDBACKSTORE_DATABASE_URL": store, "FEEDBACKSTORE_TRUSTED_PROXIES": "2"})

    assert served(app, FORWARDED) == ["198.51.100.1", "http", "localhost", ""]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Proto": "javascript"},
        {"X-Forwarded-Prefix": "//evil.example"},
        {"X-Forwarded-Prefix": "/a b"},
        {"X-Forwarded-Prefix": "https://evil.example"},
        {"X-Forwarded-Prefix": "/\\evil.example"},
        {"X-Forwarded-For": ""},
        {"X-Forwarded-Proto": '"'},
    ],
)
def test_what_is_no_scheme_or_prefix_is_left_out(proxied: Flask, headers: dict[str, str]) -> None:
    assert served(proxied, headers) == WITHOUT


@pytest.mark.parametrize(
    "host", ["a:b", "a:99999999999999999999", "[::1", "é", "a b", ":", "x" * 9000]
)
@pytest.mark.parametrize("path", ["/v1/health", "/review", "/healthz", "/openapi.json", "/"])
def test_no_forwarded_host_is_an_error_of_ours(proxied: Flask, host: str, path: str) -> None:
    response = proxied.test_client().get(path, headers={"X-Forwarded-Host": host})

    assert response.status_code < 500


def test_a_host_that_is_not_named_is_refused(store: str) -> None:
    client = create_app(
        {
            "FEEDBACKSTORE_DATABASE_URL": store,
            "FEEDBACKSTORE_TRUSTED_HOSTS": "store.example.com, .local",
        }
    ).test_client()

    def ask(host: str, path: str = "/healthz") -> int:
        return int(client.get(path, headers={"Host": host}).status_code)

    for host in ("store.example.com", "store.example.com:8000", "a.local"):
        assert ask(host) == 200
    for path in ("/healthz", "/v1/health", "/review", "/nowhere"):
        assert ask("evil.example", path) == 400
    refused = client.get("/v1/health", headers={"Host": "evil.example"})
    assert "evil.example" in refused.get_json()["detail"]


def test_any_host_will_do_where_none_is_named(app: Flask) -> None:
    assert app.test_client().get("/healthz", headers={"Host": "any"}).status_code == 200
