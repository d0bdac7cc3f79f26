"""Answers that are lost on the way, and clients that therefore try again."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import pytest
import requests
import tenacity
import vlmrun.client
from vlmrun.client.exceptions import NetworkError

from tests.server.conftest import AS_MAKE_RUN, DEADLINE, Serve, Server, Store
from tests.server.test_serving import ask

IDS = "SELECT uuid FROM feedback"


class Losing:
    """A proxy that passes on each request, and drops the first so many answers to submissions."""

    def __init__(self, server: Server, losses: int) -> None:
        self.server = server
        self.losses = losses
        self.lost: list[dict[str, Any]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as reader:
                self._pass_on(connection, reader)

    def _pass_on(self, connection: socket.socket, reader: Any) -> None:
        method, path, _ = reader.readline().decode().split(" ")
        lines = iter(lambda: reader.readline().decode().strip(), "")
        headers = {name.lower(): text for name, text in (line.split(": ", 1) for line in lines)}
        body = reader.read(int(headers.get("content-length", 0)))
        answer = requests.request(
            method, self.server.address + path, headers=headers, data=body, timeout=DEADLINE
        )
        if method == "POST" and len(self.lost) < self.losses:
            self.lost.append(answer.json())
            return
        head = f"HTTP/1.1 {answer.status_code} OK\r\nContent-Type: application/json\r\n"
        head += f"Connection: close\r\nContent-Length: {len(answer.content)}\r\n\r\n"
        connection.sendall(head.encode() + answer.content)


@contextmanager
def losing(server: Server, losses: int) -> Iterator[Losing]:
    with closing(Losing(server, losses)) as proxy:
        yield proxy


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client waits for seconds between its attempts; here it does not."""
    monkeypatch.setattr(tenacity.nap.time, "sleep", lambda _: None)


@pytest.mark.usefixtures("impatient")
def test_the_official_clients_four_retries_are_one_row(new_store: Store, serve: Serve) -> None:
    server = serve(new_store, *AS_MAKE_RUN)
    with losing(server, 4) as proxy:
        client = vlmrun.client.VLMRun(api_key=server.key, base_url=proxy.base_url)
        submitted = client.feedback.submit("lost", response={"total": 1.0}, notes="n")

    assert len(proxy.lost) == 4
    assert {answer["id"] for answer in proxy.lost} == {submitted.id}
    assert ask(server.database, IDS) == [submitted.id]


@pytest.mark.usefixtures("impatient")
def test_what_the_client_gave_up_on_and_its_user_sends_again_is_one_row(
    new_store: Store, serve: Serve
) -> None:
    server = serve(new_store, *AS_MAKE_RUN)
    with losing(server, 5) as proxy:
        client = vlmrun.client.VLMRun(api_key=server.key, base_url=proxy.base_url)
        with pytest.raises(NetworkError):
            client.feedback.submit("lost", notes="n")
        submitted = client.feedback.submit("lost", notes="n")

    assert ask(server.database, IDS) == [submitted.id]


def at_once(send: Callable[[requests.Session], requests.Response]) -> list[requests.Response]:
    """The answers to sixteen requests, on connections of their own, that are sent together."""
    together = threading.Barrier(16)

    def send_together(_: int) -> requests.Response:
        with requests.Session() as session:
            together.wait()
            return send(session)

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(send_together, range(16)))


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}], ids=["no key", "with a key"])
def test_sixteen_of_the_same_at_once_are_one_row(
    new_store: Store, serve: Serve, headers: dict[str, str]
) -> None:
    server = serve(new_store, *AS_MAKE_RUN)
    url, body = f"{server.base_url}/feedback/submit", {"request_id": "r", "notes": "n"}
    headers = {**server.headers, **headers}

    answers = at_once(lambda s: s.post(url, json=body, headers=headers, timeout=DEADLINE))

    assert [answer.status_code for answer in answers] == [200] * 16
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 15
    assert ask(server.database, IDS) == [answers[0].json()["id"]]
    assert ask(server.database, "SELECT count(*) FROM replay") == [len(headers) - 1]


def test_sixteen_batches_of_one_name_at_once_are_one_batch(new_store: Store, serve: Serve) -> None:
    server = serve(new_store, *AS_MAKE_RUN)
    message = {"role": "user", "content": "q"}
    batch = [{"kind": "request", "id": str(number), "input": [message]} for number in range(50)]
    url, headers = f"{server.base_url}/predictions", {**server.headers, "Idempotency-Key": "k"}

    answers = at_once(lambda s: s.post(url, json=batch, headers=headers, timeout=DEADLINE))

    assert [answer.json() for answer in answers] == [
        {"created": 50, "unchanged": 0, "replaced": 0}
    ] * 16


def test_a_retry_after_kill_9_finds_what_was_done(new_store: Store, serve: Serve) -> None:
    message = {"role": "user", "content": "q"}
    asked: dict[str, Any] = {
        "feedback/submit": {"request_id": "r", "notes": "n"},
        "predictions": [{"kind": "request", "id": "r", "input": [message]}],
    }

    def send(server: Server, path: str) -> requests.Response:
        headers = {**server.headers, "Idempotency-Key": "k"}
        url = f"{server.base_url}/{path}"
        return requests.post(url, json=asked[path], headers=headers, timeout=DEADLINE)

    killed = serve(new_store, *AS_MAKE_RUN)
    first = {path: send(killed, path).json() for path in asked}
    killed.kill()
    server = serve(new_store, *AS_MAKE_RUN)
    again = {path: send(server, path) for path in asked}

    assert {path: answer.json() for path, answer in again.items()} == first
    assert {answer.headers["Idempotent-Replayed"] for answer in again.values()} == {"true"}
    assert ask(new_store.database, IDS) == [first["feedback/submit"]["id"]]


def test_large_submissions_are_stored_once_too(server: Server) -> None:
    body = json.dumps({"request_id": "large", "notes": "x" * 100_000}).encode()
    headers = {**server.headers, "Content-Type": "application/json"}
    url = f"{server.base_url}/feedback/submit"

    first, again, named = (
        requests.post(url, data=body, headers=headers | more, timeout=DEADLINE)
        for more in ({}, {}, {"Idempotency-Key": "k"})
    )

    assert again.json() == first.json() != named.json()
    assert len(server.get("feedback/large")["items"]) == 2
