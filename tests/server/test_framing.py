"""How requests are framed: what only a real server sees of bad input."""

import json
import socket
from collections.abc import Iterator
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest
import requests
from vlmrun.client import VLMRun
from vlmrun.client.exceptions import APIError

from tests.server.conftest import DEADLINE, Server

NO_HTTP = "This is no request as HTTP has them: Invalid"
LIMIT = 8 * 1024 * 1024


def send(server: Server, request: bytes) -> tuple[int, bytes]:
    """The status and the body that some bytes on the wire are answered with."""
    parts = urlsplit(server.address)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), DEADLINE) as wire:
        wire.sendall(request)
        wire.shutdown(socket.SHUT_WR)
        answer = HTTPResponse(wire)
        answer.begin()
        return answer.status, answer.read()


def detail_of(body: bytes) -> str:
    """What a refusal says."""
    return str(json.loads(body)["detail"])


def head(server: Server, line: str, *headers: str) -> bytes:
    """A request's head, with a good key."""
    lines = [line, "Host: x", f"Authorization: Bearer {server.key}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


@pytest.mark.parametrize(
    ("chunks", "detail"),
    [
        (b"zz\r\nabc\r\n", NO_HTTP),
        (b"-5\r\nabc\r\n", NO_HTTP),
        (b"fffffffffffffffff\r\nx", "The body cannot be read to its end."),
        (b"5\r\nab", "The body cannot be read to its end."),
    ],
)
def test_chunks_that_cannot_be_read_are_refused_in_our_shape(
    server: Server, chunks: bytes, detail: str
) -> None:
    request = head(
        server,
        "POST /v1/feedback/submit HTTP/1.1",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
    )

    status, body = send(server, request + chunks)

    assert status == 400
    assert json.loads(body)["detail"].startswith(detail)


def test_a_length_of_more_digits_than_a_number_has_is_refused(server: Server) -> None:
    request = head(server, "POST /v1/feedback/submit HTTP/1.1", f"Content-Length: {'9' * 5000}")

    status, body = send(server, request)

    assert (status, list(json.loads(body))) == (400, ["detail"])


def test_a_whole_url_is_served_as_its_path_is(server: Server) -> None:
    assert send(server, head(server, "GET http://x/v1/health HTTP/1.1"))[0] == 200


def test_a_body_that_is_cut_off_is_refused_and_not_stored(server: Server) -> None:
    request = head(
        server,
        "POST /v1/feedback/submit HTTP/1.1",
        "Content-Type: application/json",
        "Content-Length: 5000",
    )

    status, body = send(server, request + b'{"request_id": "cut off", "notes": "n"}')

    assert (status, json.loads(body)) == (400, {"detail": "The body cannot be read to its end."})
    assert server.get("feedback/cut off")["items"] == []


def test_no_header_moves_a_route(server: Server) -> None:
    request = head(server, "GET /v1/health HTTP/1.1", "SCRIPT_NAME: /v1/health", "PATH_INFO: /x")

    assert send(server, request)[0] == 200


@pytest.mark.parametrize(
    ("path", "place"),
    [("/v1/feedback/%ff", "path"), ("/v1/feedback/x?limit=%ff", "query")],
)
def test_an_address_that_is_not_utf8_is_refused(server: Server, path: str, place: str) -> None:
    status, body = send(server, head(server, f"GET {path} HTTP/1.1"))

    assert status == 422
    assert json.loads(body)["detail"][0]["loc"] == [place]


def test_a_chunked_body_over_the_limit_is_refused_and_not_stored(server: Server) -> None:
    def body() -> Iterator[bytes]:
        yield b'{"request_id": "chunked", "notes": "n"}'
        for _ in range(LIMIT // 65536):
            yield b" " * 65536

    refused = requests.post(
        f"{server.base_url}/feedback/submit",
        data=body(),
        headers={**server.headers, "Content-Type": "application/json"},
        timeout=DEADLINE,
    )

    assert refused.status_code == 413
    assert refused.json() == {"detail": f"The body is longer than {LIMIT} bytes."}
    assert server.get("feedback/chunked")["items"] == []


def test_the_official_client_reads_that_a_body_is_too_long_and_does_not_try_again(
    server: Server,
) -> None:
    client = VLMRun(api_key=server.key, base_url=server.base_url, max_retries=1)

    with pytest.raises(APIError) as refused:
        client.feedback.submit("long", notes="x" * (LIMIT + 1024 * 1024))

    assert refused.value.http_status == 413
    assert "longer than" in str(refused.value)


def test_an_id_as_long_as_may_be_fits_into_an_address(server: Server) -> None:
    name = "\U0001f9fe" * 256
    server.submit(request_id=name, notes="n")

    assert len(server.get(f"feedback/{name}")["items"]) == 1
