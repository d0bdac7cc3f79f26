"""A disk that fills, that may not be written, and a database that somebody damaged."""

import os
import random
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
import requests

from tests.crash.conftest import Flask, Writers, ended, mounted, stored
from tests.crash.test_killed_server import workers_of
from tests.server.conftest import (
    AS_MAKE_RUN,
    DEADLINE,
    Serve,
    Server,
    Store,
    make_store,
    wait_until,
)


def fill(server: Server) -> dict[str, str]:
    """Submit until it is refused by all, each in the words for a full disk; what it took."""
    with Writers(server, 0, count=4, notes_length=100_000) as writers:
        wait_until(lambda: len(writers.refused) > 20 or len(writers.ends) == 4)
        assert not writers.ends, (writers.ends, server.printed[-3000:])
    for status, content, retry_after in writers.refused:
        assert status == 503
        assert content["detail"].startswith("The disk of the store is full: nothing was stored.")
        assert retry_after
        assert int(retry_after) > 0
    return writers.acknowledged


def reads(server: Server) -> None:
    """What needs no room goes on."""
    assert server.get("health")
    assert server.get("feedback/thread-0")["items"]


def ready(server: Server) -> int:
    return requests.get(f"{server.address}/readyz", timeout=DEADLINE).status_code


def holds_up(server: Server, make_room: Callable[[], None]) -> None:
    """Fill the disk, read, make room, go on: without a restart, and with nothing lost."""
    acknowledged = fill(server)
    reads(server)
    assert acknowledged.items() <= stored(server.database).items()

    make_room()
    wait_until(lambda: ready(server) == 200)
    submitted = server.submit(request_id="x", notes="There is room again.")

    found = stored(server.database)
    assert acknowledged.items() <= found.items()
    assert submitted["id"] in found
    assert server.stop() == 0
    assert "Traceback" not in server.printed


def test_a_full_disk_refuses_writes_until_there_is_room(tmp_path: Path, serve: Serve) -> None:
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=8m", "tmpfs") as disk:
        store = make_store(disk)
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(4_000_000))
        server = serve(store, *AS_MAKE_RUN, log=tmp_path / "server.log")
        holds_up(server, ballast.unlink)


def test_a_limit_on_a_files_size_is_a_full_disk_too(new_store: Store, serve: Serve) -> None:
    server = serve(new_store, *AS_MAKE_RUN)
    wait_until(lambda: len(workers_of(server)) == 2)

    def limit(size: int) -> None:
        for pid in (server.pid, *workers_of(server)):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    limit(2_000_000)
    holds_up(server, lambda: limit(resource.RLIM_INFINITY))


def test_a_full_disk_is_told_once_in_a_while_and_not_once_a_request(
    tmp_path: Path, serve: Serve
) -> None:
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=3m", "tmpfs") as disk:
        store = make_store(disk)
        server = serve(store, *AS_MAKE_RUN, log=tmp_path / "server.log")
        fill(server)
        server.stop()
        told = [line for line in server.printed.splitlines() if "full" in line]
        assert len(told) <= 2 * 3


def test_a_full_folder_for_temporary_files_ends_no_worker(
    new_store: Store, tmp_path: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=1m", "tmpfs") as disk:
        monkeypatch.setenv("TMPDIR", str(disk))
        with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        # A page is free, so that the folder looks as if it could be used.
        os.truncate(disk / "ballast", (disk / "ballast").stat().st_size - 4096)
        server = serve(new_store, *AS_MAKE_RUN, LOG="off")
        for number in range(20):
            headers = {"Authorization": f"Bearer wrong-{number}"}
            url = f"{server.base_url}/health"
            assert requests.get(url, headers=headers, timeout=DEADLINE).status_code == 401
        assert server.submit(request_id="x", notes="It goes on.")
        assert server.stop() == 0
    assert "SIGBUS" not in server.printed


@pytest.fixture
def read_only(tmp_path: Path, flask: Flask) -> Iterator[Store]:
    """A store on a disk that may not be written any more."""
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=4m", "tmpfs") as disk:
        store = Store(disk / "feedback.db")
        ended(flask(store, "migrate"))
        ended(flask(store, "keys", "create"))
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        yield store


@pytest.mark.parametrize(
    "command", [("migrate",), ("backup", "copy.db"), ("keys", "create"), ("keys", "list")]
)
def test_a_read_only_disk_is_one_line(
    read_only: Store, flask: Flask, command: tuple[str, ...]
) -> None:
    arguments = [read_only.database.parent / it if it.endswith(".db") else it for it in command]
    process = flask(read_only, *arguments)
    printed = process.communicate(timeout=DEADLINE)[0].decode()

    assert process.returncode != 0
    assert len(printed.splitlines()) == 1, printed
    assert str(read_only.database.parent) in printed


def test_a_server_on_a_read_only_disk_does_not_start(read_only: Store, tmp_path: Path) -> None:
    server = Server(read_only, *AS_MAKE_RUN, log=tmp_path / "server.log")
    try:
        assert server.process.wait(DEADLINE) != 0
    finally:
        server.kill()

    assert len(server.printed.splitlines()) == 1
    assert str(read_only.database) in server.printed


Damage = Callable[[Path, random.Random], None]


def cut(path: Path, moments: random.Random) -> None:
    """Lose the end of the file."""
    os.truncate(path, moments.randrange(1000, path.stat().st_size - 1000))


def scramble(path: Path, moments: random.Random) -> None:
    """Keep the file's head, and nothing else."""
    with path.open("r+b") as file:
        file.seek(100)
        file.write(moments.randbytes(path.stat().st_size - 100))


def overwrite_pages(path: Path, moments: random.Random) -> None:
    """Write over some pages in the middle."""
    with path.open("r+b") as file:
        for _ in range(8):
            file.seek(4096 * moments.randrange(2, path.stat().st_size // 4096))
            file.write(moments.randbytes(4096))


@pytest.fixture
def large(tmp_path: Path) -> Store:
    """A store whose database has a few hundred pages."""
    store = make_store(tmp_path)
    with closing(sqlite3.connect(store.database)) as connection, connection:
        [(project,)] = connection.execute("SELECT min(id) FROM project").fetchall()
        connection.executemany(
            "INSERT INTO feedback (uuid, project_id, request_id, notes, created_at, status)"
            " VALUES (?, ?, ?, ?, '2026-01-01T00:00:00.000000Z', 'pending')",
            [(f"id-{n}", project, f"r-{n % 10}", "x" * 500) for n in range(2000)],
        )
    return store


@pytest.mark.parametrize("damage", [cut, scramble, overwrite_pages])
def test_a_damaged_database_never_gives_a_stack_trace(
    large: Store, tmp_path: Path, flask: Flask, moments: random.Random, damage: Damage
) -> None:
    out = tmp_path / "out"
    commands = (("keys", "list"), ("export-jsonl", out), ("backup", out), ("migrate",))
    for _ in range(5):
        copy = Store(Path(shutil.copy(large.database, tmp_path / "copy.db")), large.key)
        damage(copy.database, moments)
        for command in commands:
            process = flask(copy, *command)
            printed = process.communicate(timeout=DEADLINE)[0].decode()
            assert "Traceback" not in printed, printed
            assert process.returncode in (0, 1)
            out.unlink(missing_ok=True)
        answers_without_a_trace(copy)
        for leftover in (*tmp_path.glob("copy.db*"), *tmp_path.glob("out*")):
            leftover.unlink()


def answers_without_a_trace(store: Store) -> None:
    """It does not start, or answers each request with what it still has, or 503."""
    server = Server(store, *AS_MAKE_RUN)
    try:
        wait_until(lambda: "serves http" in server.printed or server.process.poll() is not None)
        if server.process.poll() is None:
            statuses = {
                requests.get(
                    f"{server.base_url}/{path}", headers=server.headers, timeout=DEADLINE
                ).status_code
                for path in ("feedback/r-1", "feedback?limit=100", "predictions")
            }
            submitted = requests.post(
                f"{server.base_url}/feedback/submit",
                json={"request_id": "r-1", "notes": "x"},
                headers=server.headers,
                timeout=DEADLINE,
            )
            assert {*statuses, submitted.status_code} <= {200, 401, 404, 503}
    finally:
        server.kill()
    assert "Traceback" not in server.printed, server.printed
