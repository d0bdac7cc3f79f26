"""Commands that are killed at random moments, and what the next run finds."""

import json
import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from feedbackstore import database, feedback, keys, predictions
from feedbackstore.store import open_store
from tests.crash.conftest import Flask, ended, stored
from tests.server.conftest import Store, make_store

ROUNDS: Final = 20
ROWS: Final = 4000


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of corrections with their predictions, closed; to be copied."""
    store = make_store(tmp_path_factory.mktemp("filled"))
    open_store(store.url)
    project = keys.get_project("default").id
    predictions.record(project, (predictions.check(prediction(n)) for n in range(ROWS)))
    with database.write():
        for n in range(ROWS):
            row = feedback.draft(project, request_id=f"r-{n}", response={"total": n + 0.5})
            feedback.insert(row)
    database.close()
    return store.database


@pytest.fixture
def store(filled: Path, tmp_path: Path) -> Store:
    """A copy of it."""
    return Store(Path(shutil.copy(filled, tmp_path / "feedback.db")))


def prediction(number: int) -> dict[str, object]:
    """What a model was asked and answered, with a kilobyte of words."""
    turn = {"role": "user", "content": f"Read document {number}. ".ljust(1000, ".")}
    return {"kind": "request", "id": f"r-{number}", "input": [turn], "output": {"total": number}}


Killed = Callable[..., int]


@pytest.fixture
def killed(store: Store, flask: Flask, moments: random.Random) -> Killed:
    """Run a command ROUNDS times and kill it each time; how often it was not done before."""

    def run(*arguments: object, before: Callable[[], None], after: Callable[[bool], None]) -> int:
        before()
        started = time.monotonic()
        ended(flask(store, *arguments))
        whole = time.monotonic() - started
        after(True)
        count = 0
        for _ in range(ROUNDS):
            before()
            process = flask(store, *arguments)
            # Not in the time that it takes to start, when it has done nothing yet.
            time.sleep(moments.uniform(0.2, 1) * whole)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                count += 1
            process.wait()
            after(process.returncode == 0)
        return count

    return run


def test_a_killed_export_leaves_no_torn_file_and_the_next_gives_the_same_bytes(
    store: Store, killed: Killed, flask: Flask, tmp_path: Path
) -> None:
    out, whole = tmp_path / "train.jsonl", tmp_path / "whole.jsonl"
    ended(flask(store, "export-jsonl", whole))

    def before() -> None:
        out.unlink(missing_ok=True)
        out.with_name("train.jsonl.manifest.json").unlink(missing_ok=True)

    def after(done: bool) -> None:
        assert out.exists() or not done
        if out.exists():
            assert out.read_bytes() == whole.read_bytes()

    count = killed("export-jsonl", out, before=before, after=after)
    before()
    ended(flask(store, "export-jsonl", out))

    assert count > 0
    after(True)
    assert not list(tmp_path.glob(".train*"))


def test_a_killed_export_over_an_older_one_leaves_the_one_or_the_other(
    store: Store, killed: Killed, flask: Flask, tmp_path: Path
) -> None:
    out, whole = tmp_path / "train.jsonl", tmp_path / "whole.jsonl"
    ended(flask(store, "export-jsonl", whole))

    def before() -> None:
        out.write_bytes(b"old\n")

    def after(_: bool) -> None:
        assert out.read_bytes() in (b"old\n", whole.read_bytes())

    assert killed("export-jsonl", out, "--overwrite", before=before, after=after) > 0


def test_a_killed_export_leaves_no_directory_that_looks_whole(
    store: Store, killed: Killed, flask: Flask, tmp_path: Path
) -> None:
    out = tmp_path / "dataset"

    def before() -> None:
        shutil.rmtree(out, ignore_errors=True)

    def after(done: bool) -> None:
        manifest = out / "manifest.json"
        assert manifest.exists() or not done
        if manifest.exists():
            [file] = json.loads(manifest.read_text())["splits"]["train"]
            assert len((out / file["path"]).read_bytes().splitlines()) == ROWS

    assert killed("export-jsonl", f"{out}/", before=before, after=after) > 0
    before()
    ended(flask(store, "export-jsonl", f"{out}/"))
    after(True)
    assert [path.name for path in tmp_path.glob("*dataset*")] == ["dataset"]


def test_a_killed_import_stored_all_or_nothing(
    store: Store, killed: Killed, tmp_path: Path
) -> None:
    lines = tmp_path / "predictions.jsonl"
    with lines.open("w") as file:
        for n in range(ROWS, 2 * ROWS):
            file.write(json.dumps(prediction(n)) + "\n")

    def before() -> None:
        with closing(sqlite3.connect(store.database)) as connection, connection:
            connection.execute(f"DELETE FROM prediction WHERE id > {ROWS}")

    def after(done: bool) -> None:
        stored(store.database)
        with closing(sqlite3.connect(store.database)) as connection:
            [(count,)] = connection.execute("SELECT count(*) FROM prediction").fetchall()
        assert count == 2 * ROWS or (count == ROWS and not done)

    assert killed("import-predictions", lines, before=before, after=after) > 0


def test_a_killed_backup_is_whole_or_not_there(
    store: Store, killed: Killed, tmp_path: Path
) -> None:
    out = tmp_path / "copy.db"

    def before() -> None:
        out.unlink(missing_ok=True)

    def after(done: bool) -> None:
        assert out.exists() or not done
        if out.exists():
            assert len(stored(out)) == ROWS

    assert killed("backup", out, before=before, after=after) > 0


def test_a_killed_restore_leaves_a_whole_store(
    store: Store, killed: Killed, flask: Flask, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    ended(flask(store, "backup", copy))

    def before() -> None:
        for aside in tmp_path.glob("feedback.db.before*"):
            aside.unlink()

    def after(_: bool) -> None:
        assert len(stored(store.database)) == ROWS

    assert killed("restore", copy, before=before, after=after) > 0
    ended(flask(store, "restore", copy))
    assert not list(tmp_path.glob(".feedback.db*part*"))
