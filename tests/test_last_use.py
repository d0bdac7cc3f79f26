"""When a key was last used: near enough, and never at the cost of whoever uses it."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from feedbackstore import last_use as module
from feedbackstore.last_use import LastUse
from feedbackstore.models import ApiKey
from tests.conftest import Caller


def used() -> str | None:
    return str(ApiKey.get().last_used_at or "") or None


@pytest.fixture
def uses(monkeypatch: pytest.MonkeyPatch, unnoted: pytest.MonkeyPatch) -> LastUse:
    """What the app notes, written at once and in this thread."""
    made = LastUse(start=lambda write: write())
    unnoted.setattr(module.last_use, "note", made.note)
    return made


def test_a_keys_use_is_noted_by_the_api(writer: Caller, uses: LastUse) -> None:
    assert used() is None
    writer.get("/v1/health")

    assert str(used()) >= ApiKey.get().created_at


def test_a_key_that_is_refused_is_not_used(app: Flask, writer: Caller, uses: LastUse) -> None:
    app.test_client().get("/v1/health", headers={"Authorization": f"Bearer {writer.key}x"})

    assert used() is None


def test_it_is_written_once_a_minute(
    writer: Caller, monkeypatch: pytest.MonkeyPatch, unnoted: pytest.MonkeyPatch
) -> None:
    started: list[Callable[[], None]] = []
    now = 1_800_000_000.0
    monkeypatch.setattr("feedbackstore.last_use.time.time", lambda: now)

    def start(write: Callable[[], None]) -> None:
        started.append(write)
        write()

    uses = LastUse(start)
    for _ in range(100):
        uses.note(1)
    assert len(started) == 1
    now += 60
    uses.note(1)
    assert len(started) == 2


@pytest.mark.sqlite
def test_a_locked_database_keeps_nobody_waiting_and_is_tried_again(
    writer: Caller, uses: LastUse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("feedbackstore.last_use.time.monotonic", lambda: now)
    with closing(sqlite3.connect(tmp_path / "feedback.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        assert writer.get("/v1/health").status_code == 200
        other.rollback()
    assert used() is None
    writer.get("/v1/health")
    assert used() is None

    now += 5
    writer.get("/v1/health")
    assert used()


def test_a_thread_writes_it_that_ends_with_that(writer: Caller) -> None:
    uses = LastUse()

    uses.note(1)
    for thread in threading.enumerate():
        if thread.name == "last-use":
            thread.join()

    assert used()
    assert not [thread for thread in threading.enumerate() if thread.name == "last-use"]
