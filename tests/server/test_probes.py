"""The probes of a real server, while others hold its database and its threads."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import requests

from tests.server.conftest import AS_MAKE_RUN, Serve, Server, Store, wait_until

WITHIN = 5.0
WORKERS = 2


def ask(server: Server, path: str) -> requests.Response:
    return requests.get(f"{server.address}{path}", timeout=WITHIN)


def threads(server: Server) -> int:
    """How many threads the server's processes have."""
    tasks = Path("/proc")
    children = (tasks / f"{server.pid}/task/{server.pid}/children").read_text().split()
    return sum(len(list((tasks / pid / "task").iterdir())) for pid in children)


@pytest.fixture
def watched(new_store: Store, serve: Serve) -> Server:
    server = serve(new_store, *AS_MAKE_RUN, "--log-level", "info")
    wait_until(lambda: server.printed.count("ASGI server listening") == WORKERS)
    return server


def test_both_answer_while_another_holds_the_database_and_writers_wait(watched: Server) -> None:
    assert ask(watched, "/readyz").json() == {"status": "ok"}
    before = threads(watched)
    with (
        closing(sqlite3.connect(watched.database)) as other,
        ThreadPoolExecutor(40) as pool,
    ):
        other.execute("BEGIN IMMEDIATE")
        writers = [pool.submit(watched.submit, request_id="x", notes="n") for _ in range(10)]
        probes = [pool.submit(ask, watched, "/readyz") for _ in range(25)]
        assert ask(watched, "/healthz").json() == {"status": "ok"}
        answers = [probe.result() for probe in probes]
        # A thread of each of the two processes asks, if none had to before.
        assert threads(watched) <= before + WORKERS
        other.rollback()
        for writer in writers:
            writer.exception()

    assert {(answer.status_code, answer.text.strip()) for answer in answers} == {
        (503, '{"status":"unavailable"}')
    }
    assert {answer.headers["Retry-After"] for answer in answers} == {"1"}
    assert ask(watched, "/readyz").status_code == 200


def test_a_moved_file_is_not_ready_until_it_is_back(watched: Server) -> None:
    moved = watched.database.with_name("moved.db")

    watched.database.rename(moved)
    assert {ask(watched, "/readyz").status_code for _ in range(4)} == {503}
    assert ask(watched, "/healthz").status_code == 200
    moved.rename(watched.database)

    assert {ask(watched, "/readyz").status_code for _ in range(4)} == {200}
