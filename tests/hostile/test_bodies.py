"""Large bodies: many at once, and those that nobody may send."""

import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

import pytest
import requests

from tests.hostile.conftest import Answer, failures, head, make_store, read
from tests.server.conftest import AS_MAKE_RUN, DEADLINE, Serve, Server, wait_until

MIB = 1024 * 1024
LIMIT = 8 * MIB
MANY = 24
PROCESSES = 3
"""gunicorn's own, and two that serve."""

SUBMIT = "POST /v1/feedback/submit HTTP/1.1"
JSON = "Content-Type: application/json"


@pytest.fixture
def fresh(serve: Serve, tmp_path: Path) -> Iterator[Server]:
    """A server that has not worked yet, once all of its workers serve."""
    server = serve(make_store(tmp_path), *AS_MAKE_RUN, "--log-level", "info", LOG="json")
    wait_until(lambda: server.printed.count("ASGI server listening") == PROCESSES - 1)
    yield server
    assert failures(server) == []


def resident(server: Server) -> int:
    """Bytes of memory that a server's processes hold together."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    pages = [
        int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in (server.pid, *children)
    ]
    assert len(pages) == PROCESSES
    return sum(pages) * 4096


def large(size: int) -> bytes:
    """A body of so many bytes, of lists of numbers: parsed, it weighs several times as much."""
    begin, end = b'{"request_id":"large","response":{"rows":[', b"0]}}"
    row = b"1234567.5," * 10
    rows = row * ((size - len(begin) - len(end)) // len(row))
    return (begin + rows + end).ljust(size)


def test_many_large_bodies_at_once_are_all_answered_in_bounded_memory(fresh: Server) -> None:
    body = large(LIMIT)
    before, peaks, ended = resident(fresh), [0], Event()

    def watch() -> None:
        while not ended.wait(0.02):
            peaks.append(resident(fresh))

    def submit(_: int) -> int:
        headers = {**fresh.headers, "Content-Type": "application/json"}
        url = f"{fresh.base_url}/feedback/submit"
        return requests.post(url, data=body, headers=headers, timeout=DEADLINE * 3).status_code

    watcher = Thread(target=watch)
    watcher.start()
    with ThreadPoolExecutor(MANY) as pool:
        answered = Counter(pool.map(submit, range(MANY)))
    ended.set()
    watcher.join()

    print(f"{before // MIB} MiB before, {max(peaks) // MIB} MiB at most")  # noqa: T201 - to be seen
    assert answered == {200: MANY}
    assert max(peaks) - before < 700 * MIB


def started_on(server: Server, *headers: str, line: str = SUBMIT, key: str) -> socket.socket:
    """A connection on which a request's head has been sent."""
    parts = urlsplit(server.address)
    wire = socket.create_connection((parts.hostname, parts.port), DEADLINE)
    wire.sendall(head(line, JSON, *headers, key=key))
    return wire


@pytest.mark.parametrize("length", [f"Content-Length: {LIMIT}", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize(
    ("line", "key", "status"),
    [
        (SUBMIT, "", 401),
        (SUBMIT, "fbk_000000000000_wrong", 401),
        ("PUT /v1/predictions/request/x HTTP/1.1", "wrong", 401),
        ("POST /v1/nothing HTTP/1.1", "good", 404),
        ("POST /v1/health HTTP/1.1", "good", 405),
    ],
)
def test_who_is_refused_anyway_is_refused_before_a_large_body_comes(
    server: Server, line: str, key: str, status: int, length: str
) -> None:
    shown = server.key if key == "good" else key
    with started_on(server, length, line=line, key=shown) as wire:
        assert read(wire).status == status


@pytest.mark.parametrize("size", [LIMIT, LIMIT + MIB, 3 * LIMIT])
def test_the_client_that_sends_it_all_the_same_can_read_its_refusal(
    server: Server, size: int
) -> None:
    def send(key: str) -> Answer:
        with started_on(server, f"Content-Length: {size}", key=key) as wire:
            wire.sendall(b" " * size)
            return read(wire)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, ["wrong"] * 4))

    assert {answer.status for answer in answers} == {401}
    assert send(server.key).status in (413, 422)
