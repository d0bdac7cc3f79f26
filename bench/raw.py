"""The baselines of raw sqlite3, run as commands: no parsing, no checks, the same texts and tables.

python -m bench.raw export DATABASE OUT        python -m bench.raw import DATABASE TEXTS
python -m bench.raw read DATABASE
"""

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from bench.stores import PREDICTION

_JOIN: Final = """
    FROM feedback f JOIN prediction p ON p.project_id = f.project_id
        AND p.kind = CASE WHEN f.request_id IS NULL THEN 'agent_execution' ELSE 'request' END
        AND p.entity_id = coalesce(f.request_id, f.agent_execution_id)
    WHERE f.project_id = 1 ORDER BY f.id
"""
_JOINED: Final = f"SELECT f.uuid, f.created_at, f.response, p.input, p.output {_JOIN}"
_PAIRS: Final = f"SELECT p.model, p.recorded_at, p.output, f.response {_JOIN}"


def export(connection: sqlite3.Connection, out: Path) -> None:
    """Write out the joined rows as they are stored."""
    with out.open("w", encoding="utf-8") as file:
        file.writelines("\t".join(row) + "\n" for row in connection.execute(_JOINED))
        file.flush()
        os.fsync(file.fileno())


def read(connection: sqlite3.Connection) -> None:
    """Fetch both sides of each pair."""
    for _ in connection.execute(_PAIRS):
        pass


def import_(connection: sqlite3.Connection, texts: Path) -> None:
    """Insert lines of tab-separated columns in one transaction."""
    connection.execute("PRAGMA synchronous = full")
    with connection:
        connection.executemany(PREDICTION, _columns(texts))


def _columns(texts: Path) -> Iterator[list[str]]:
    with texts.open(encoding="utf-8") as lines:
        for line in lines:
            yield line[:-1].split("\t")


if __name__ == "__main__":
    _, verb, database, *files = sys.argv
    with closing(sqlite3.connect(database)) as opened:
        {"export": export, "import": import_, "read": read}[verb](opened, *map(Path, files))
