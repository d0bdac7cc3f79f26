"""What a real server tells of its requests: lines of JSON, and figures of all its workers."""

import json
import os
import re
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from feedbackstore import database, keys
from feedbackstore.store import open_store
from tests.server.conftest import AS_MAKE_RUN, DEADLINE, Serve, Server, Store, wait_until

MEMBERS = [
    "time",
    "request_id",
    "method",
    "route",
    "status",
    "ms",
    "bytes_in",
    "bytes_out",
    "key",
]


@pytest.fixture
def seen(new_store: Store, serve: Serve) -> Server:
    return serve(new_store, *AS_MAKE_RUN)


@pytest.fixture
def metrics_key(new_store: Store) -> str:
    open_store(new_store.url)
    try:
        return str(keys.create(scopes=["metrics"]))
    finally:
        database.close()


def lines(server: Server) -> list[dict[str, Any]]:
    return [json.loads(line) for line in server.printed.splitlines() if line.startswith('{"time"')]


def line_of(server: Server, request_id: str) -> dict[str, Any]:
    wait_until(lambda: any(line.get("request_id") == request_id for line in lines(server)))
    (found,) = [line for line in lines(server) if line.get("request_id") == request_id]
    return found


def figures(server: Server, key: str) -> dict[str, float]:
    headers = {"Authorization": f"Bearer {key}"}
    answer = requests.get(f"{server.address}/metrics", headers=headers, timeout=DEADLINE)
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in samples)}


def pids(server: Server) -> list[int]:
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
    return [int(pid) for pid in children.split()]


def test_a_line_says_what_it_may_and_nothing_else(seen: Server) -> None:
    answer = requests.get(
        f"{seen.base_url}/feedback/secret-id?limit=7&secret-query=1",
        headers={**seen.headers, "X-Request-ID": "mine-1"},
        timeout=DEADLINE,
    )
    body = {"request_id": "secret-id", "notes": "secret-notes"}
    headers = {**seen.headers, "X-Request-ID": "mine-2"}
    requests.post(f"{seen.base_url}/feedback/submit", json=body, headers=headers, timeout=DEADLINE)

    read, submitted = line_of(seen, "mine-1"), line_of(seen, "mine-2")

    assert answer.headers["X-Request-ID"] == "mine-1"
    assert list(read) == list(submitted) == MEMBERS
    assert (read["method"], read["route"]) == ("GET", "/v1/feedback/<entity_id>")
    assert (read["status"], read["bytes_out"]) == (200, len(answer.content))
    assert submitted["route"] == "/v1/feedback/submit"
    assert submitted["bytes_in"] == len(json.dumps(body))
    assert read["key"] == f"fbk_{keys.id_of(seen.key)}"
    assert "secret" not in seen.printed
    assert seen.key not in seen.printed


@pytest.mark.parametrize("given", ["x" * 129, "a b", 'a"}', "é", "a,b"])
def test_an_id_that_could_do_harm_is_replaced(seen: Server, given: str) -> None:
    headers = {"X-Request-ID": given.encode("latin-1")}

    answer = requests.get(f"{seen.address}/no/such%0Aroute", headers=headers, timeout=DEADLINE)

    own = answer.headers["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", own)
    line = line_of(seen, own)
    assert (line["route"], line["status"], line["key"]) == (None, 404, None)


def test_what_is_no_http_has_an_id_and_a_line_too(seen: Server) -> None:
    address = urlsplit(seen.address)
    with socket.create_connection((address.hostname, address.port), DEADLINE) as connection:
        connection.sendall(b"GET /\x01 HTTP/9.9\r\n\r\n")
        answer = connection.makefile("rb").read().decode()

    (own,) = re.findall(r"X-Request-ID: (\S+)", answer)
    assert line_of(seen, own)["status"] == 400


def test_a_sum_is_right_over_workers_the_dead_ones_too(seen: Server, metrics_key: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: seen.submit(request_id="x", notes=str(n)), range(200)))
    first = pids(seen)
    for pid in first:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(set(pids(seen)) - set(first)) == len(first))
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: seen.submit(request_id="x", notes=str(n)), range(200, 300)))

    found = figures(seen, metrics_key)

    name = 'requests_total{method="POST",route="/v1/feedback/submit",status="200"}'
    assert found[f"feedbackstore_{name}"] == 300
    assert found["feedbackstore_submissions_acknowledged_total"] == 300
    assert found['feedbackstore_request_seconds_count{route="/v1/feedback/submit"}'] == 300
    assert found["feedbackstore_commit_writes_sum"] == 300
    assert found["feedbackstore_writes_waiting"] == 0
    assert found['feedbackstore_rows{table="feedback"}'] == 300
    assert found["feedbackstore_resident_bytes"] > 1_000_000


def test_addresses_that_are_no_route_make_no_labels(seen: Server, metrics_key: str) -> None:
    before = len(figures(seen, metrics_key))
    figures(seen, metrics_key)
    with requests.Session() as session:
        for number in range(1000):
            session.get(f"{seen.address}/scan-{number}/x.php", timeout=DEADLINE)
        session.request("BREW", f"{seen.address}/pot", timeout=DEADLINE)

    found = figures(seen, metrics_key)

    assert found['feedbackstore_requests_total{method="GET",route="",status="404"}'] == 1000
    assert len(found) < before + 50


def test_a_key_without_the_scope_sees_no_figures(seen: Server) -> None:
    answer = requests.get(f"{seen.address}/metrics", headers=seen.headers, timeout=DEADLINE)

    assert answer.status_code == 403
