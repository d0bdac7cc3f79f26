"""Keys, rates and addresses, as all of a real server's processes hold them."""

import http.client
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
import requests

from feedbackstore import database, keys
from feedbackstore.models import ApiKey
from tests.server.conftest import AS_MAKE_RUN, DEADLINE, Serve, Server, Store, wait_until

WORKERS = 2
SUBMITTED = {"request_id": "x", "notes": "n"}


@contextmanager
def opened(store: Store) -> Iterator[None]:
    database.connect(store.url)
    try:
        yield
    finally:
        database.close()


@pytest.fixture
def started(new_store: Store, serve: Serve) -> Callable[..., Server]:
    """A server with these settings, once all of its workers serve."""

    def start(**settings: str) -> Server:
        server = serve(new_store, *AS_MAKE_RUN, "--log-level", "info", **settings)
        wait_until(lambda: server.printed.count("ASGI server listening") == WORKERS)
        return server

    return start


def statuses(server: Server, times: int, path: str = "health", **more: str) -> Counter[int]:
    """What so many requests at once are answered, each on a connection of its own."""

    def ask(_: int) -> int:
        sent = {"headers": {**server.headers, **more}, "timeout": DEADLINE}
        if path == "health":
            return requests.get(f"{server.base_url}/health", **sent).status_code
        return requests.post(f"{server.base_url}/{path}", json=SUBMITTED, **sent).status_code

    with ThreadPoolExecutor(16) as pool:
        return Counter(pool.map(ask, range(times)))


def test_a_key_that_is_revoked_or_ends_is_none_to_any_worker(
    started: Callable[..., Server], new_store: Store
) -> None:
    server = started()
    assert statuses(server, 30) == {200: 30}

    with opened(new_store):
        keys.revoke(keys.id_of(server.key))
    assert statuses(server, 30) == {401: 30}
    with opened(new_store):
        ApiKey.update(revoked_at=None, expires_at="2020-01-01T00:00:00.000000Z").execute()
    assert statuses(server, 30) == {401: 30}
    assert statuses(server, 30, "feedback/submit") == {401: 30}


def test_the_list_of_keys_tells_when_one_was_used(
    started: Callable[..., Server], new_store: Store
) -> None:
    server = started()
    statuses(server, 4)

    def used() -> list[bool]:
        with opened(new_store):
            return [record.last_used_at is not None for record in keys.list_all()]

    wait_until(lambda: used() == [True, False])


@pytest.mark.parametrize("path", ["health", "feedback/submit"])
def test_all_workers_hold_a_key_to_one_rate(started: Callable[..., Server], path: str) -> None:
    server = started(RATE_LIMIT_PER_KEY="50/day")

    assert statuses(server, 150, path) == {200: 50, 429: 100}
    headers = {"Authorization": f"Bearer {server.stranger_key}"}
    assert statuses(server, 3, path, **headers) == {200: 3}


def test_all_workers_hold_an_address_to_one_rate_and_no_header_lifts_it(
    started: Callable[..., Server],
) -> None:
    server = started(RATE_LIMIT_PER_ADDRESS="20/day")

    found = statuses(server, 20, "feedback/submit")
    found += statuses(server, 20, "feedback/submit", **{"X-Forwarded-For": "192.0.2.1"})
    assert found == {200: 20, 429: 20}
    assert requests.get(f"{server.address}/readyz", timeout=DEADLINE).status_code == 200


def test_all_workers_slow_wrong_keys_and_let_a_good_one_in(started: Callable[..., Server]) -> None:
    server = started(FAILED_SIGN_INS="20/day")

    assert statuses(server, 200, Authorization="Bearer wrong") == {401: 20, 429: 180}
    assert statuses(server, 1) == {200: 1}


def test_no_other_header_is_a_key(started: Callable[..., Server], new_store: Store) -> None:
    server = started(FAILED_SIGN_INS="off")
    with opened(new_store):
        other, revoked, ended = (str(keys.create()) for _ in range(3))
        keys.revoke(keys.id_of(revoked))
        expired = ApiKey.update(expires_at="2020-01-01T00:00:00.000000Z")
        expired.where(ApiKey.key_id == keys.id_of(ended)).execute()
    good = server.key
    secret, key_id = good.split("_", 2)[2], keys.id_of(good)
    bearers = [
        "", " ", "null", "undefined", "fbk_", f"fbk_{key_id}", f"fbk_{key_id}_", key_id, secret,
        good[:-1], good + "x", good + "=", f"{good}\t{good}", f"{good},{other}", f"{good} {good}",
        f'"{good}"', good.upper(), good.swapcase(), f"fbk_{keys.id_of(other)}_{secret}",
        good.replace("_", "-"), good.replace("fbk", "sk"), "x" * 4000, f"{good}\x80", f"key={good}",
        revoked, ended,
    ]  # fmt: skip
    lines = [[f"Bearer {text}"] for text in bearers]
    lines += [[], [""], ["Bearer"], [f"Basic {good}"], [f"Token {good}"], [good], [f"Bearer{good}"]]

    answers = {asked(server, each) for each in lines}
    twice = asked(server, [f"Bearer {good}", f"Bearer {good}"])
    mixed = asked(server, [f"Bearer {good}", "Bearer wrong"])

    body = b'{"detail":"A valid API key is needed: Authorization: Bearer fbk_\xe2\x80\xa6"}\n'
    assert answers == {(401, "Bearer", body)}
    assert twice[0] in (400, 401)
    assert mixed[0] in (400, 401)
    query = requests.get(f"{server.base_url}/health?api_key={good}&key={good}", timeout=DEADLINE)
    assert query.status_code == 401
    assert asked(server, [f"bEARER {good}"])[0] == 200


def asked(server: Server, values: list[str]) -> tuple[int, str | None, bytes]:
    """The answer to a request with these headers Authorization, byte for byte."""
    connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=DEADLINE)
    try:
        connection.putrequest("GET", "/v1/health")
        for value in values:
            connection.putheader("Authorization", value.encode("latin-1"))
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.headers["WWW-Authenticate"], answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("kind", ["asgi", "gthread"])
@pytest.mark.parametrize("trusted", ["0", "1"])
def test_a_proxys_headers_count_where_it_is_trusted_in_every_worker(
    new_store: Store, serve: Serve, kind: str, trusted: str
) -> None:
    with opened(new_store):
        key = str(keys.create(scopes=["review"]))
    options = ["-k", "gthread"] if kind == "gthread" else []
    server = serve(
        new_store,
        *AS_MAKE_RUN,
        *options,
        TRUSTED_PROXIES=trusted,
        RATE_LIMIT_PER_ADDRESS="3/day",
    )

    def sign_in(address: str) -> requests.Response:
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": address}
        url = f"{server.address}/review/sign-in"
        sent = {"data": {"key": key}, "headers": headers, "timeout": DEADLINE}
        return requests.post(url, allow_redirects=False, **sent)

    answers = [sign_in(f"192.0.2.{number}") for number in range(5)]

    if trusted == "1":
        assert [answer.status_code for answer in answers] == [303] * 5
        assert answers[0].headers["Set-Cookie"].startswith("__Host-feedbackstore_review=")
    else:
        assert [answer.status_code for answer in answers] == [303] * 3 + [429] * 2
        assert "Secure" not in answers[0].headers["Set-Cookie"]
