"""Clients that take their time: those that do not are served meanwhile."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
import requests

from tests.hostile.conftest import PATIENCE, head
from tests.server.conftest import DEADLINE, Server, wait_until

SOON = 5.0
SLOW_HEADS, SLOW_BODIES, SLOW_LARGE, IDLE, SLOW_READERS = 200, 50, 20, 100, 20


@pytest.fixture
def open_many(server: Server) -> Iterator[list[socket.socket]]:
    """Every kind of slow client, each as far as it goes by itself."""
    parts = urlsplit(server.address)
    submit = ("POST /v1/feedback/submit HTTP/1.1", "Content-Type: application/json")
    health = "GET /v1/health HTTP/1.1"
    begun = (
        [b"GET /v1/hea"] * (SLOW_HEADS // 2)
        + [head(health, key=server.key)[:-2]] * (SLOW_HEADS // 2)
        + [head(*submit, "Content-Length: 5000", key=server.key) + b'{"request'] * SLOW_BODIES
        + [head(*submit, "Content-Length: 500000", key=server.key) + b"{"] * SLOW_LARGE
        + [b""] * IDLE
        + [head("GET /openapi.json HTTP/1.1") * 50] * SLOW_READERS
    )
    with ExitStack() as stack:
        opened = []
        for sent in begun:
            wire = stack.enter_context(
                socket.create_connection((parts.hostname, parts.port), PATIENCE)
            )
            wire.sendall(sent)
            opened.append(wire)
        yield opened


def seconds(server: Server, path: str) -> float:
    """How long an answer took that is good."""
    began = time.monotonic()
    answer = requests.get(f"{server.address}{path}", headers=server.headers, timeout=PATIENCE)
    assert answer.status_code == 200
    return time.monotonic() - began


def test_slow_clients_keep_nobody_from_being_served(
    server: Server, open_many: list[socket.socket]
) -> None:
    for _ in range(3):
        for wire in open_many[:SLOW_HEADS:10]:
            wire.sendall(b"x")
        assert seconds(server, "/healthz") < SOON
        assert seconds(server, "/v1/health") < SOON
        assert server.submit(request_id="quick", notes="n")["request_id"] == "quick"


def test_a_client_that_never_says_what_it_wants_is_left(server: Server) -> None:
    parts = urlsplit(server.address)
    with ExitStack() as stack:
        wires = [
            stack.enter_context(socket.create_connection((parts.hostname, parts.port), DEADLINE))
            for _ in range(3)
        ]
        for wire, sent in zip(wires, (b"", b"G", head("GET / HTTP/1.1")[:-2]), strict=True):
            wire.sendall(sent)
            wire.settimeout(0.01)

        wait_until(lambda: all(map(is_closed, wires)), 3 * DEADLINE)


def is_closed(wire: socket.socket) -> bool:
    try:
        return wire.recv(1) == b""
    except TimeoutError:
        return False
