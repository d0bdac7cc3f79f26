"""What a real server promises to those who start it, stop it and kill it."""

import json
import os
import random
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPResponse
from pathlib import Path
from textwrap import dedent
from typing import Final
from urllib.parse import urlsplit

import pytest
import requests
import vlmrun.client

from feedbackstore import database, migrations
from tests.server.conftest import AS_MAKE_RUN, DEADLINE, Serve, Server, Store, wait_until

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


def children_of(process: int) -> list[int]:
    """The processes that this one has started, and that live."""
    return [
        int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()
    ]


def memory_of(process: int) -> tuple[int, int]:
    """What a process shares with others of its own memory, and what it has alone, in kB."""
    shared = alone = 0
    for line in Path(f"/proc/{process}/smaps").read_text().splitlines():
        name, _, size = line.partition(":")
        if name.startswith("Shared_"):
            shared += int(size.split()[0])
        elif name.startswith("Private_"):
            alone += int(size.split()[0])
    return shared, alone


def begin_submission(server: Server, length: int) -> socket.socket:
    """A connection on which the server has taken in a submission, and waits for its body."""
    address = urlsplit(server.address)
    connection = socket.create_connection((address.hostname, address.port), DEADLINE)
    head = (
        "POST /v1/feedback/submit HTTP/1.1",
        f"Host: {address.netloc}",
        f"Authorization: Bearer {server.key}",
        "Content-Type: application/json",
        f"Content-Length: {length}",
        "Expect: 100-continue",
    )
    connection.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
    assert connection.recv(len(CONTINUE), socket.MSG_WAITALL) == CONTINUE
    return connection


def submit_until_it_dies(server: Server, thread: int, round_: int, ids: dict[str, str]) -> None:
    """Submit, and keep the id and the notes of what is answered with 200; 200 times at most."""
    address = f"{server.base_url}/feedback/submit"
    with requests.Session() as session:
        session.headers.update(server.headers)
        for number in range(200):
            notes = f"round {round_}, number {number}"
            body = {"request_id": f"thread-{thread}", "response": {"n": number}, "notes": notes}
            try:
                response = session.post(address, json=body, timeout=DEADLINE)
            except requests.RequestException:
                return
            assert response.status_code == 200, response.text
            ids[response.json()["id"]] = notes


def ask(path: Path, query: str) -> list[str]:
    """The first column of what SQLite answers about a database."""
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute(query)]


def test_a_stop_answers_what_was_taken_in(new_store: Store, serve: Serve) -> None:
    server = serve(new_store, *AS_MAKE_RUN, "--log-level", "info")
    body = json.dumps({"request_id": "late", "notes": "Taken in."}).encode()

    with begin_submission(server, len(body)) as connection:
        server.process.terminate()
        # One of the two workers has nothing to do and ends; the other waits for the body.
        wait_until(lambda: "Worker exiting" in server.printed)
        connection.sendall(body)
        answer = HTTPResponse(connection)
        answer.begin()
        submitted = json.load(answer)

    assert answer.status == 200
    assert server.process.wait(DEADLINE) == 0
    assert ask(server.database, "SELECT uuid FROM feedback") == [submitted["id"]]


def test_every_200_outlives_kill_9_of_the_whole_server(new_store: Store, serve: Serve) -> None:
    rounds, threads = 3, 4
    answered: dict[str, str] = {}
    for round_ in range(rounds):
        server = serve(new_store, *AS_MAKE_RUN)
        enough = len(answered) + 25
        with ThreadPoolExecutor(threads) as pool:
            writers = [
                pool.submit(submit_until_it_dies, server, thread, round_, answered)
                for thread in range(threads)
            ]
            wait_until(lambda enough=enough: len(answered) >= enough)
            server.kill()
        for writer in writers:
            writer.result()

    server = serve(new_store, *AS_MAKE_RUN)
    items = [
        item
        for thread in range(threads)
        for item in server.get(f"feedback/thread-{thread}", limit=1000)["items"]
    ]
    assert server.stop() == 0

    stored = {item["id"]: item["notes"] for item in items}
    assert answered.items() <= stored.items()
    assert len(stored) == len(items)
    assert len(stored) - len(answered) <= rounds * threads
    assert sorted(stored) == sorted(ask(server.database, "SELECT uuid FROM feedback"))
    assert ask(server.database, "PRAGMA integrity_check") == ["ok"]


def test_after_kill_9_a_start_on_the_same_port_serves_at_once(
    new_store: Store, serve: Serve
) -> None:
    killed = serve(new_store, *AS_MAKE_RUN)
    submitted = killed.submit(request_id="before", notes="Kept.")
    address = killed.address
    killed.kill()

    server = serve(new_store, *AS_MAKE_RUN, bind=urlsplit(address).netloc)

    assert server.address == address
    assert [item["id"] for item in server.get("feedback/before")["items"]] == [submitted["id"]]


def leave_missing(path: Path) -> None:
    """No file at all."""


def leave_empty(path: Path) -> None:
    """A database to which no migration was applied."""
    path.touch()


def make_newer(path: Path) -> None:
    """A database that a later version has migrated."""
    migrations.upgrade(f"sqlite:///{path}")
    database.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO schema_migration (name, applied)"
            " VALUES ('9999_from_the_future', '2030-01-01 00:00:00')"
        )


def make_random(path: Path) -> None:
    """No database at all."""
    path.write_bytes(random.Random(0).randbytes(20_000))


def refused(path: Path) -> str:
    """The one line that a server prints which does not start on this database."""
    server = Server(Store(path), *AS_MAKE_RUN)
    try:
        assert server.process.wait(DEADLINE) == 1
    finally:
        server.kill()
    [line] = server.printed.splitlines()
    return line


@pytest.mark.parametrize(
    ("make", "said", "advice"),
    [
        (leave_missing, "is not there yet.", "run: flask migrate"),
        (leave_empty, "holds no store yet.", "run: flask migrate"),
        (
            make_newer,
            "is newer than this version, which does not know 9999_",
            "Install the version",
        ),
        (make_random, "cannot be used: file is not a database.", "Check the file"),
    ],
    ids=["missing", "not migrated", "newer", "random bytes"],
)
def test_a_store_that_cannot_be_served_is_refused_in_one_line_that_says_what_to_do(
    tmp_path: Path, make: Callable[[Path], None], said: str, advice: str
) -> None:
    path = tmp_path / "feedback.db"
    make(path)

    line = refused(path)

    assert line.startswith(f"The database {path} {said}")
    assert advice in line


def test_a_refused_start_makes_no_database(tmp_path: Path) -> None:
    refused(tmp_path / "feedback.db")

    assert [path.name for path in tmp_path.iterdir()] == ["feedback.log"]


@pytest.mark.parametrize("make", [make_newer, make_random], ids=["newer", "random bytes"])
def test_a_refused_start_changes_no_database(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "feedback.db"
    make(path)
    before = path.read_bytes()

    refused(path)

    assert path.read_bytes() == before


@pytest.fixture(scope="module")
def hints(server: Server) -> str:
    """What a server prints when it is ready."""
    return server.printed


def test_it_prints_where_it_serves_and_what_to_type_next(server: Server, hints: str) -> None:
    assert f"curl {server.base_url}/feedback/submit" in hints
    assert f'VLMRun(base_url="{server.base_url}").feedback.submit(' in hints


@pytest.mark.skipif(not shutil.which("curl"), reason="This machine has no curl.")
def test_the_curl_line_that_it_prints_submits_feedback(server: Server, hints: str) -> None:
    [command] = re.findall(r"^ +(curl .+?)\n\n", hints, re.DOTALL | re.MULTILINE)

    done = subprocess.run(
        ["sh", "-c", command],
        env={**os.environ, "VLMRUN_API_KEY": server.key},
        capture_output=True,
        check=True,
        timeout=DEADLINE,
    )

    answered = json.loads(done.stdout)
    newest = server.get(f"feedback/{answered['request_id']}")["items"][0]
    assert newest["id"] == answered["id"]
    assert newest["response"] == {"total": 12.5}


def test_the_lines_of_python_that_it_prints_submit_feedback(
    new_store: Store, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a store of its own: the curl line says the same, and would be taken for another try.
    server = serve(new_store, *AS_MAKE_RUN)
    monkeypatch.setenv("VLMRUN_API_KEY", server.key)
    [lines] = re.findall(r"^ +from vlmrun.+\n +VLMRun.+\n", server.printed, re.MULTILINE)

    exec(dedent(lines))

    assert len(server.get("feedback/invoice-1")["items"]) == 1


def test_only_its_owner_can_read_the_database(server: Server) -> None:
    server.submit(request_id="private", notes="Nobody else's business.")

    files = sorted(server.database.parent.glob("feedback.db*"))

    assert [path.name for path in files] == ["feedback.db", "feedback.db-shm", "feedback.db-wal"]
    assert [oct(path.stat().st_mode & 0o777) for path in files] == ["0o600"] * 3


@pytest.mark.parametrize(
    "options",
    [
        ("--worker-class", "sync"),
        ("--worker-class", "gthread", "--threads", "4"),
        ("--worker-class", "gevent"),
        ("--worker-class", "asgi"),
    ],
    ids=lambda options: options[1],
)
def test_a_plain_gunicorn_serves_with_any_kind_of_worker(
    new_store: Store, serve: Serve, options: tuple[str, ...]
) -> None:
    server = serve(new_store, *options)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: server.submit(request_id="plain", notes=n), "abcdefgh"))
    client = vlmrun.client.VLMRun(api_key=server.key, base_url=server.base_url)
    submitted = client.feedback.submit("plain", response={"total": 1})

    stored = {item.id: item.notes for item in client.feedback.get("plain", limit=100).items}
    assert stored == {answer["id"]: answer["notes"] for answer in answers} | {submitted.id: None}
    assert server.stop() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux tells what is shared.")
def test_workers_share_most_of_their_memory(server: Server) -> None:
    server.submit(request_id="x", notes="They have begun to serve.")

    for worker in children_of(server.pid):
        shared, alone = memory_of(worker)
        assert shared > alone


FROZEN: Final = """
import gc
from types import SimpleNamespace
from feedbackstore import serving
log = SimpleNamespace(error_log=SimpleNamespace(handlers=[]))
serving.on_starting(SimpleNamespace(log=log, master_pid=1))
print(gc.get_freeze_count() > 0)
"""


def test_what_workers_share_no_collection_of_garbage_touches(new_store: Store) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FROZEN],
        env={**os.environ, "FEEDBACKSTORE_DATABASE_URL": new_store.url},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.stderr) == ("True\n", "")


def test_a_client_that_says_nothing_holds_no_stop_back(new_store: Store, serve: Serve) -> None:
    # Longer than the test waits: what is silent is not to be waited for at all.
    server = serve(new_store, *AS_MAKE_RUN, "--graceful-timeout", str(int(3 * DEADLINE)))
    parts = urlsplit(server.address)
    address = (str(parts.hostname), int(parts.port or 0))

    with socket.create_connection(address), socket.create_connection(address) as half:
        half.sendall(b"GET /v1/hea")
        assert server.stop() == 0


def test_nothing_is_acknowledged_into_a_file_that_lost_its_name(
    new_store: Store, serve: Serve
) -> None:
    server = serve(new_store, *AS_MAKE_RUN)
    server.submit(request_id="x", notes="before")
    moved = server.database.with_name("moved.db")

    server.database.rename(moved)
    with pytest.raises(requests.HTTPError, match="503"):
        server.submit(request_id="x", notes="into nothing")
    assert not server.database.exists()
    moved.rename(server.database)
    server.submit(request_id="x", notes="after")

    assert [item["notes"] for item in server.get("feedback/x")["items"]] == ["after", "before"]
