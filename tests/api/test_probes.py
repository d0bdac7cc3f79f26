"""What is told without a key: the process answers, a write could begin."""

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from feedbackstore import database, readiness
from feedbackstore.readiness import Readiness

HEADER = 100


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test asks its own database, in no hurry but where it says so."""
    monkeypatch.setattr("feedbackstore.api.probes.readiness", Readiness())
    monkeypatch.setattr(readiness, "_LOCKED_SECONDS", 0.05)


def replace(path: Path) -> None:
    path.rename(path.with_name("moved.db"))
    path.write_bytes(path.with_name("moved.db").read_bytes())


def overwrite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.write(b"x" * HEADER)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_all_is_well_needs_no_key_and_says_nothing_else(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405


def unavailable(client: FlaskClient) -> bool:
    """Whether it says that no write can begin; that the process answers, it says still."""
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    if answer.status_code == 200:
        return False
    assert (answer.status_code, answer.get_json()) == (503, {"status": "unavailable"})
    assert answer.headers["Retry-After"] == "1"
    return True


@pytest.mark.sqlite
def test_a_database_that_another_holds_is_not_ready_until_it_lets_go(
    client: FlaskClient, tmp_path: Path
) -> None:
    assert not unavailable(client)
    with closing(sqlite3.connect(tmp_path / "feedback.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        assert unavailable(client)
        other.rollback()

    assert not unavailable(client)


@pytest.mark.sqlite
@pytest.mark.parametrize("spoil", [Path.unlink, replace, overwrite])
@pytest.mark.parametrize("asked_before", [True, False])
def test_a_file_that_is_gone_replaced_or_no_database_is_not_ready(
    client: FlaskClient, tmp_path: Path, spoil: Callable[[Path], None], asked_before: bool
) -> None:
    if asked_before:
        assert not unavailable(client)
    elif spoil is replace:
        pytest.skip("Whoever opens the new file has the right one.")
    else:
        database.close()

    spoil(tmp_path / "feedback.db")

    assert unavailable(client)


@pytest.mark.sqlite
@pytest.mark.parametrize(("free", "flags"), [(10, 0), (10**6, os.ST_RDONLY)])
def test_no_room_or_a_disk_that_cannot_be_written_is_not_ready(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, free: int, flags: int
) -> None:
    class Found:
        f_flag, f_bavail, f_frsize = flags, free, 4096

    monkeypatch.setattr(os, "statvfs", lambda _: Found)

    assert unavailable(client)


def test_however_many_ask_one_thread_does_and_nobody_waits_for_ever(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs, asked = threading.Event(), []

    def hang() -> bool:
        asked.append(threading.current_thread().name)
        return hangs.wait(30)

    monkeypatch.setattr(readiness, "is_ready", hang)
    monkeypatch.setattr(readiness, "_PATIENCE", 0.05)
    question = Readiness()

    async def ask() -> list[bool]:
        return await asyncio.gather(*(question.aget() for _ in range(50)))

    try:
        assert asyncio.run(ask()) == [False] * 50
        assert question.get() is False
        assert len(asked) == 1
    finally:
        hangs.set()
    monkeypatch.undo()
    question._asked.result()
    assert asyncio.run(ask()) == [True] * 50
