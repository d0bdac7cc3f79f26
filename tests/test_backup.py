"""Copies of the store: whole under their names or not there, and put back the same."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from feedbackstore import backup, database, in_use, restore
from feedbackstore.errors import Conflict, Unusable
from feedbackstore.models import Feedback
from feedbackstore.store import open_store
from tests.conftest import Export, Predict, Say

pytestmark = pytest.mark.sqlite

FLASK = Path(sys.executable).parent / "flask"


def leave() -> None:
    """What a process does by ending."""
    database.close()
    in_use.leave()


@pytest.fixture
def filled(store: str, predict: Predict, say: Say) -> str:
    """A store with something in it."""
    for number in range(20):
        predict(f"r{number}", output={"total": "x" * 3000})
        say(f"r{number}", response={"total": number})
    return store


@contextmanager
def small_files() -> Iterator[None]:
    """No file may grow beyond 64 KiB, as on a disk that is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_copy_is_whole_and_its_owners_alone(filled: str, tmp_path: Path) -> None:
    made = backup.make(filled, tmp_path / "copy.db")

    assert (made.feedback, made.predictions) == (20, 20)
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert backup.inspect(made.path) == (20, 20)
    assert {name for name in names(tmp_path) if "copy" in name} == {"copy.db"}


def test_a_copy_is_of_one_moment_and_ends_while_another_connection_writes(
    filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedbackstore.database_file._PAGES", 1)
    writer = sqlite3.connect(tmp_path / "feedback.db", isolation_level=None)

    def write(done: int, total: int) -> None:
        writer.execute("INSERT INTO secret VALUES (?, '')", (f"during {done}",))

    made = backup.make(filled, tmp_path / "copy.db", progress=write)

    during = "SELECT count(*) FROM secret"
    assert writer.execute(during).fetchone()[0] > 10
    writer.close()
    with closing(sqlite3.connect(made.path)) as copy:
        assert copy.execute(during).fetchone() == (0,)


def test_a_copy_is_kept_unless_told_otherwise(filled: str, tmp_path: Path) -> None:
    out = tmp_path / "copy.db"
    out.write_text("mine")

    with pytest.raises(Conflict, match="say --overwrite"):
        backup.make(filled, out)
    assert out.read_text() == "mine"
    assert backup.make(filled, out, overwrite=True).feedback == 20


def test_a_directory_keeps_as_many_as_asked_for(filled: str, tmp_path: Path) -> None:
    folder = tmp_path / "nightly"
    folder.mkdir()
    for name in ("feedback-20250101T000000Z.db", "feedback-20250102T000000Z.db", "mine.db"):
        (folder / name).touch()

    made = backup.make(filled, folder, keep=2)

    kept = {made.path.name, "feedback-20250102T000000Z.db", "mine.db"}
    assert names(folder) == kept


def test_a_full_disk_leaves_nothing(filled: str, tmp_path: Path) -> None:
    with small_files(), pytest.raises(Unusable, match="cannot be written"):
        backup.make(filled, tmp_path / "copy.db")

    assert not [name for name in names(tmp_path) if "copy" in name]


KILLED = """
import os, signal, sys
from pathlib import Path
from feedbackstore import backup, database_file
database_file._PAGES = 1
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
backup.make(sys.argv[1], Path(sys.argv[2]), progress=die)
"""


def test_what_a_killed_run_left_is_no_copy_and_gone_after_the_next(
    filled: str, tmp_path: Path
) -> None:
    out = tmp_path / "copy.db"
    run = [sys.executable, "-c", KILLED, filled, str(out)]

    assert subprocess.run(run, check=False).returncode == -signal.SIGKILL
    assert not out.exists()
    assert ".copy.db.part" in names(tmp_path)

    backup.make(filled, out)
    assert {name for name in names(tmp_path) if "copy" in name} == {"copy.db"}


@pytest.mark.parametrize("name", ["feedback.db", "feedback.db-wal", "./feedback.db"])
def test_the_stores_own_files_are_no_place_for_a_copy(
    filled: str, tmp_path: Path, name: str
) -> None:
    with pytest.raises(Unusable, match="the store's own file"):
        backup.make(filled, tmp_path / name, overwrite=True)


def test_a_restored_store_exports_the_same_bytes(
    filled: str, tmp_path: Path, say: Say, export: Export
) -> None:
    before = export("--quiet").stdout_bytes
    made = backup.make(filled, tmp_path / "copy.db")
    say("r0", response={"total": "later"})
    assert export("--quiet").stdout_bytes != before
    leave()

    done = restore.put(filled, made.path)

    open_store()
    assert before
    assert export("--quiet").stdout_bytes == before
    assert done.aside
    with closing(sqlite3.connect(done.aside)) as former:
        assert former.execute("SELECT count(*) FROM feedback").fetchone() == (21,)


def test_a_store_that_is_idle_but_served_is_not_replaced(filled: str, tmp_path: Path) -> None:
    made = backup.make(filled, tmp_path / "copy.db")
    database.close()

    with pytest.raises(Conflict, match=r"is in use\. Stop the server"):
        restore.put(filled, made.path)


def test_a_store_that_another_program_has_open_is_not_replaced(filled: str, tmp_path: Path) -> None:
    made = backup.make(filled, tmp_path / "copy.db")
    leave()
    other = sqlite3.connect(tmp_path / "feedback.db")
    other.execute("SELECT count(*) FROM feedback").fetchone()

    with pytest.raises(Conflict, match="is in use"):
        restore.put(filled, made.path)
    other.close()
    assert restore.put(filled, made.path).feedback == 20


def test_nobody_opens_a_store_while_it_is_replaced(filled: str, tmp_path: Path) -> None:
    leave()
    refused = []

    def look() -> None:
        with pytest.raises(Unusable, match="is being restored"):
            open_store()
        refused.append(1)

    with in_use.alone(tmp_path / "feedback.db"):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert refused


def test_a_log_never_stays_beside_a_file_that_it_does_not_belong_to(
    filled: str, tmp_path: Path
) -> None:
    made = backup.make(filled, tmp_path / "copy.db")
    leave()
    (tmp_path / "feedback.db").write_bytes(os.urandom(8192))
    (tmp_path / "feedback.db-wal").write_bytes(b"an old log")

    done = restore.put(filled, made.path)

    assert done.aside
    assert (tmp_path / f"{done.aside.name}-wal").read_bytes() == b"an old log"
    open_store()
    assert Feedback.select().count() == 20


@pytest.mark.parametrize("damage", ["random", "empty", "cut", "page", "directory", "foreign"])
def test_what_is_no_whole_copy_changes_nothing(filled: str, tmp_path: Path, damage: str) -> None:
    copy = backup.make(filled, tmp_path / "copy.db").path
    leave()
    content = copy.read_bytes()
    if damage == "directory":
        copy.unlink()
        copy.mkdir()
    elif damage == "foreign":
        copy.unlink()
        with closing(sqlite3.connect(copy)) as other:
            other.execute("CREATE TABLE project (title TEXT)")
    else:
        damaged = {
            "random": os.urandom(8192),
            "empty": b"",
            "cut": content[: len(content) // 2],
            "page": content[:8192] + os.urandom(20480) + content[28672:],
        }
        copy.write_bytes(damaged[damage])

    with pytest.raises(Unusable):
        restore.put(filled, copy)

    open_store()
    assert Feedback.select().count() == 20
    assert not [name for name in names(tmp_path) if "before" in name or "part" in name]


def test_the_commands_say_what_they_did(filled: str, tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        command = [FLASK, *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.stdout == ""
        return done.returncode, done.stderr

    status, said = run("backup", "copy.db")
    assert (status, said.splitlines()[0]) == (0, "copy.db: 20 of feedback, 20 predictions")
    assert run("backup", "-")[0] == 2
    assert run("backup", "other.db", "--keep", "2")[0] == 2
    assert run("restore", "copy.db") == (1, f"Error: {in_use.refusal(tmp_path / 'feedback.db')}\n")
    leave()
    status, said = run("restore", "copy.db")
    assert status == 0
    assert "is copy.db now: 20 of feedback, 20 predictions" in said
