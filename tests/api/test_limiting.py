"""Whoever comes too often is refused for a while: by key, by address, by wrong keys."""

from collections.abc import Callable

import pytest
from flask import Flask

from feedbackstore import keys
from feedbackstore.app import create_app
from tests.conftest import Caller

Serve = Callable[..., Flask]


@pytest.fixture
def serve(store: str) -> Serve:
    """The app with these settings."""

    def make(**settings: str) -> Flask:
        named = {f"FEEDBACKSTORE_{name}": value for name, value in settings.items()}
        return create_app({"FEEDBACKSTORE_DATABASE_URL": store, **named})

    return make


def caller(app: Flask, **options: str) -> Caller:
    return Caller(app.test_client(), str(keys.create(**options)))


def statuses(caller: Caller, times: int, **kwargs: object) -> list[int]:
    return [caller.get("/v1/health", **kwargs).status_code for _ in range(times)]


def of(address: str) -> dict[str, str]:
    return {"REMOTE_ADDR": address}


def test_a_key_over_its_rate_is_refused_and_told_when_to_come_again(serve: Serve) -> None:
    ada = caller(serve(RATE_LIMIT_PER_KEY="3/hour"))

    assert statuses(ada, 3) == [200] * 3
    # What is refused is not read: this is no JSON.
    refused = ada.post("/v1/feedback/submit", data=b"{no json")

    assert refused.status_code == 429
    assert 1100 < int(refused.headers["Retry-After"]) <= 1200
    seconds = refused.headers["Retry-After"]
    assert refused.get_json() == {
        "detail": f"This key sends too much. Try again in {seconds} seconds."
    }


def test_two_keys_do_not_share_a_rate(serve: Serve) -> None:
    app = serve(RATE_LIMIT_PER_KEY="2/hour")
    ada, bob = caller(app), caller(app)

    assert statuses(ada, 3) == statuses(bob, 3) == [200, 200, 429]


def test_an_address_over_its_rate_is_refused_whatever_its_keys(serve: Serve) -> None:
    app = serve(RATE_LIMIT_PER_ADDRESS="3/hour")
    ada, bob = caller(app), caller(app)

    assert statuses(ada, 2) + statuses(bob, 2) == [200, 200, 200, 429]
    assert app.test_client().get("/nowhere").status_code == 429
    assert statuses(bob, 1, environ_overrides=of("192.0.2.7")) == [200]


def test_who_watches_over_the_process_is_free_of_any_rate(serve: Serve) -> None:
    client = serve(RATE_LIMIT_PER_ADDRESS="1/day").test_client()

    assert [client.get("/healthz").status_code for _ in range(5)] == [200] * 5
    assert [client.get("/readyz").status_code for _ in range(5)] == [200] * 5


def test_without_a_rate_a_bulk_load_goes_through(serve: Serve) -> None:
    assert set(statuses(caller(serve()), 300)) == {200}


def test_wrong_keys_are_slowed_and_a_good_one_from_there_is_let_in(serve: Serve) -> None:
    ada = caller(serve(FAILED_SIGN_INS="20/hour"))
    wrong = Caller(ada._client, ada.key[:-1] + "x" + ada.key[-1])

    found = statuses(wrong, 200)

    assert (found.count(401), found.count(429)) == (20, 180)
    refused = wrong.get("/v1/health")
    assert 170 <= int(refused.headers["Retry-After"]) <= 180
    assert "Too many wrong keys came from this address" in refused.get_json()["detail"]
    assert statuses(ada, 30) == [200] * 30
    assert statuses(wrong, 1, environ_overrides=of("192.0.2.7")) == [401]


def test_who_shows_no_key_or_one_that_has_ended_tries_none(serve: Serve) -> None:
    ada = caller(serve(FAILED_SIGN_INS="1/day"))
    keys.revoke(keys.id_of(ada.key))

    assert statuses(ada, 30) == [401] * 30
    assert [ada._client.get("/v1/health").status_code for _ in range(30)] == [401] * 30


def test_an_address_is_the_sockets_whatever_a_header_says(serve: Serve) -> None:
    ada = caller(serve(RATE_LIMIT_PER_ADDRESS="3/hour"))

    found = [
        ada.get("/v1/health", headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code
        for number in range(6)
    ]

    assert found == [200] * 3 + [429] * 3


def test_behind_a_trusted_proxy_an_address_is_the_one_that_it_saw(serve: Serve) -> None:
    ada = caller(serve(RATE_LIMIT_PER_ADDRESS="3/hour", TRUSTED_PROXIES="1"))

    def ask(forwarded: str) -> int:
        return int(ada.get("/v1/health", headers={"X-Forwarded-For": forwarded}).status_code)

    # What stands before the last value is the client's own invention.
    assert [ask(f"198.51.100.{n}, 192.0.2.1") for n in range(4)] == [200] * 3 + [429]
    assert ask("192.0.2.1, 192.0.2.2") == 200


def test_an_ipv6_customer_is_one_address(serve: Serve) -> None:
    ada = caller(serve(RATE_LIMIT_PER_ADDRESS="2/hour"))

    found = [statuses(ada, 1, environ_overrides=of(f"2001:db8::{n}"))[0] for n in range(3)]

    assert found == [200, 200, 429]
    assert statuses(ada, 1, environ_overrides=of("2001:db8:0:1::")) == [200]
