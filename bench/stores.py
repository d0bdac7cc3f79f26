"""Stores to measure on: fresh ones, made as `make run` makes them, and ones that are filled."""

import json
import os
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from bench import material
from bench.processes import ROOT
from feedbackstore import arrangement

BIN: Final = Path(sys.executable).parent
_MOMENT: Final = "2026-01-01T00:00:00.000000Z"
_BATCH: Final = 10_000

PREDICTION: Final = (
    "INSERT INTO prediction (project_id, kind, entity_id, model, domain, input, output,"
    " recorded_at, arrangement) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_FEEDBACK: Final = (
    "INSERT INTO feedback (uuid, project_id, request_id, agent_execution_id, response, created_at,"
    " arrangement) VALUES (?, 1, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class Store:
    """A database file and a key to it."""

    database: Path
    key: str

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a process on it: ours, without settings meant for another store."""
        return environ() | {"FEEDBACKSTORE_DATABASE_URL": f"sqlite:///{self.database}"}

    @property
    def headers(self) -> dict[str, str]:
        """What a request to it is sent with."""
        return {"Authorization": f"Bearer {self.key}"}

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(sql).fetchall()

    def count(self) -> int:
        """How many pieces of feedback it holds."""
        return int(self.ask("SELECT count(*) FROM feedback")[0][0])


def environ() -> dict[str, str]:
    """The environment without anybody's settings."""
    foreign = ("FEEDBACKSTORE_", "GUNICORN_", "FLASK_", "WEB_CONCURRENCY", "BENCH_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def fresh(directory: Path) -> Store:
    """A new store in a directory that is made for it."""
    directory.mkdir()
    store = Store(directory / "feedback.db", "")
    _flask(store, "migrate")
    return Store(store.database, _flask(store, "keys", "create").strip())


def filled(directory: Path, rows: int) -> Store:
    """A store with so many predictions, and a piece of feedback on each; every tenth of an agent.

    Written past the store's own code, for it takes long; the columns are those that it would fill.
    """
    store = fresh(directory)
    with closing(sqlite3.connect(store.database, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = off")
        for batch in _batches(range(rows)):
            connection.execute("BEGIN")
            connection.executemany(PREDICTION, map(prediction, batch))
            connection.executemany(_FEEDBACK, map(_feedback, batch))
            connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    # Else the system writes it out while the first measurement runs.
    os.sync()
    return store


def _batches(numbers: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(numbers)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def prediction(number: int) -> tuple[str | int | None, ...]:
    """The columns that PREDICTION takes, of row `number`."""
    kind, entity_id = material.entity(number)
    asked, answer = material.input_text(number), material.output_text(number)
    return (
        *(kind, entity_id, material.MODEL, material.DOMAIN, asked, answer, _MOMENT),
        arrangement.of(json.loads(answer), answer),
    )


def _feedback(number: int) -> tuple[str | int | None, ...]:
    kind, entity_id = material.entity(number)
    named = (entity_id, None) if kind == "request" else (None, entity_id)
    said = material.response_text(number)
    arranged = arrangement.of(json.loads(said), said)
    return str(uuid.UUID(int=number)), *named, said, _MOMENT, arranged


def _flask(store: Store, *arguments: str) -> str:
    done = subprocess.run(
        [BIN / "flask", *arguments],
        cwd=ROOT,
        env=store.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"flask {' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout
