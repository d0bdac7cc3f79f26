"""The database: how it is opened, and what a write transaction promises."""

import sqlite3
import threading
from pathlib import Path

import pytest

from feedbackstore import database, database_file, ids, settings
from feedbackstore.errors import Unavailable, Unusable
from feedbackstore.models import Project
from feedbackstore.store import open_store


def pragma(name: str) -> object:
    return database.proxy.connection().execute(f"PRAGMA {name}").fetchone()[0]


@pytest.mark.sqlite
def test_every_threads_connection_syncs_each_commit_to_a_write_ahead_log(
    store: str, unsynced: pytest.MonkeyPatch
) -> None:
    unsynced.undo()
    open_store()
    seen = []

    def look() -> None:
        seen.append((pragma("journal_mode"), pragma("synchronous"), pragma("foreign_keys")))
        database.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    look()

    assert seen == [("wal", 2, 1)] * 2


def test_a_thread_keeps_its_connection(store: str) -> None:
    first = database.proxy.connection()
    Project.select().count()

    assert database.proxy.connection() is first


@pytest.mark.sqlite
def test_only_the_owner_can_read_the_database(store: str, tmp_path: Path) -> None:
    Project.create(name="x", created_at=ids.now())

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("feedback.db*")}

    assert modes == dict.fromkeys(("feedback.db", "feedback.db-wal", "feedback.db-shm"), 0o600)


def test_a_write_that_raises_leaves_nothing(store: str) -> None:
    def fail() -> None:
        with database.write():
            Project.create(name="half", created_at=ids.now())
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert not Project.select().exists()


@pytest.mark.sqlite
def test_a_write_begins_immediate(store: str, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "feedback.db", timeout=0)

    with database.write(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")

    other.close()


@pytest.mark.sqlite
def test_a_write_that_waits_too_long_is_unavailable(url: str, tmp_path: Path, store: str) -> None:
    database.connect(url, timeout=0.01)
    other = sqlite3.connect(tmp_path / "feedback.db")
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(Unavailable, match="cannot write just now"), database.write():
        pass

    other.rollback()
    other.close()
    with database.write():
        Project.create(name="later", created_at=ids.now())


@pytest.mark.parametrize(
    "url",
    [
        "feedback.db",
        "mysql://x/y",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite://x.db",
        "",
        "sqlite:///x?y",
    ],
)
def test_an_address_of_no_database_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(Unusable, match=r"as in sqlite:///feedback\.db"):
        database_file.path_of(url)


def test_a_percent_encoded_path_is_decoded() -> None:
    assert database_file.path_of("sqlite:////var/lib/my%20store.db") == Path("/var/lib/my store.db")


@pytest.mark.sqlite
def test_a_missing_database_is_not_made_by_opening_it(url: str, tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"is not there yet. To make it, run: flask migrate"):
        database.connect(url)

    assert list(tmp_path.iterdir()) == []


def test_settings_hold_the_time_that_a_write_waits(url: str) -> None:
    assert settings.load()["DATABASE_TIMEOUT"] == 5
