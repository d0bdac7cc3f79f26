"""The store behind the proxies of deploy/: TLS, limits, and nothing of what a stranger makes up."""

import json
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from vlmrun.client import VLMRun

from feedbackstore import database, keys
from tests.deploy.conftest import PROGRAMS, Proxy, run
from tests.server.conftest import DEADLINE, Server

FORGED = {
    "X-Forwarded-For": "198.51.100.7",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "for=198.51.100.7;proto=http;host=evil.example",
    "X-Real-IP": "198.51.100.7",
}


def send(proxy: Proxy, method: str, path: str, **content: Any) -> requests.Response:
    return requests.request(
        method,
        proxy.address + path,
        verify=proxy.authority,
        timeout=DEADLINE,
        allow_redirects=False,
        **content,
    )


def submit(proxy: Proxy, server: Server, length: int, directory: Path) -> tuple[str, str]:
    """The status and body that curl gets for feedback of so many bytes; it reads while it sends."""
    body = json.dumps({"request_id": "long", "response": {"text": ""}})
    (directory / "body").write_text(body.replace('""', f'"{"x" * (length - len(body))}"'))
    done = subprocess.run(
        [
            *("curl", "-sS", "--http1.1", "--cacert", proxy.authority, "-H", "Expect:"),
            *("-H", f"Authorization: Bearer {server.key}", "-H", "Content-Type: application/json"),
            *("--data-binary", f"@{directory}/body", "-w", "\n%{http_code}"),
            f"{proxy.address}/v1/feedback/submit",
        ],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    answer, _, status = done.stdout.rpartition("\n")
    return status, answer


def reviewer_key(server: Server) -> str:
    """A key to sign in with."""
    database.connect(f"sqlite:///{server.database}")
    try:
        return str(keys.create(scopes=["review"], name="Ada"))
    finally:
        database.close()


@contextmanager
def tls(proxy: Proxy) -> Iterator[ssl.SSLSocket]:
    """A connection as the proxy's clients open it."""
    context = ssl.create_default_context(cafile=proxy.authority)
    with (
        socket.create_connection(("127.0.0.1", proxy.port), DEADLINE) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        yield connection


def read_to_the_end(connection: ssl.SSLSocket) -> bytes:
    """What comes until the other side closes."""
    found = b""
    try:
        while more := connection.recv(65536):
            found += more
    except (ConnectionResetError, ssl.SSLEOFError):
        pass
    return found


def test_the_official_client_submits_through_tls(
    proxy: Proxy, behind: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(proxy.authority))
    client = VLMRun(api_key=behind.key, base_url=f"{proxy.address}/v1")

    submitted = client.feedback.submit(proxy.program, response={"total": 12.5})

    [item] = client.feedback.get(proxy.program).items
    assert (item.id, item.response) == (submitted.id, {"total": 12.5})


def test_what_the_store_takes_the_proxy_takes(proxy: Proxy, behind: Server, tmp_path: Path) -> None:
    status, answer = submit(proxy, behind, 8 * 2**20, tmp_path)

    assert (status, json.loads(answer)["request_id"]) == ("200", "long")


@pytest.mark.parametrize("length", [8 * 2**20 + 1000, 9 * 2**20])
def test_a_body_that_is_too_long_is_refused_with_413(
    proxy: Proxy, behind: Server, length: int, tmp_path: Path
) -> None:
    status, answer = submit(proxy, behind, length, tmp_path)

    assert status == "413"
    assert json.loads(answer)["detail"].startswith("The body is ")


def test_whoever_sends_a_head_drop_by_drop_is_cut_off(proxy: Proxy) -> None:
    with tls(proxy) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")

        assert not read_to_the_end(connection).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("headers", [{}, FORGED], ids=["honest", "forged"])
def test_the_cookie_of_the_review_page_is_for_tls_and_this_host_alone(
    proxy: Proxy, behind: Server, headers: dict[str, str]
) -> None:
    origin = {"Origin": proxy.address}
    form = {"key": reviewer_key(behind)}

    answer = send(proxy, "POST", "/review/sign-in", data=form, headers={**headers, **origin})

    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie
    assert "evil" not in answer.headers["Location"]


def test_a_forged_address_lifts_no_limit(proxy: Proxy, behind: Server) -> None:
    def status(number: int) -> int:
        forged = {**FORGED, "X-Forwarded-For": f"198.51.100.{number}"}
        wrong = {"Authorization": "Bearer fbk_wrong"}
        return send(proxy, "GET", "/v1/feedback/x", headers={**forged, **wrong}).status_code

    assert 429 in [status(number) for number in range(8)]


@pytest.mark.parametrize("path", ["/v1/feedback/x", "/review", "/review/sign-in", "/no/such/page"])
def test_browsers_come_by_tls_alone_and_nobody_keeps_what_people_wrote(
    proxy: Proxy, behind: Server, path: str
) -> None:
    answer = send(proxy, "GET", path, headers=behind.headers)

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_store_that_is_away_is_said_to_be_with_when_to_come_again(
    program: str, directory: Path
) -> None:
    for proxy in run(program, directory / f"{program}-alone", directory / "nobody.sock"):
        answer = send(proxy, "GET", "/v1/feedback/x")

        assert answer.status_code == 502
        assert answer.headers["Retry-After"] == "2"
        assert "does not answer" in answer.json()["detail"]


def test_nginx_has_whoever_asks_too_often_come_again(behind: Server, directory: Path) -> None:
    for proxy in run("nginx", directory / "nginx-limits", directory / "feedbackstore.sock"):
        with tls(proxy) as connection:
            ask = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
            connection.sendall((ask + b"\r\n") * 399 + ask + b"Connection: close\r\n\r\n")
            found = read_to_the_end(connection)

        assert found.count(b"HTTP/1.1 200") >= 200
        _, _, refused = found.partition(b"HTTP/1.1 429")
        assert b"Retry-After: 1\r\n" in refused.partition(b"HTTP/1.1")[0]
        assert b"Too many requests at once" in refused
