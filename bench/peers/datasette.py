"""Datasette: a row of a feedback table, by its insert API."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Final

from bench import material
from bench.load import ID, Request
from bench.peers.interface import Peer, bin_of, count

_BIN: Final = bin_of("datasette")
_SECRET: Final = "of one measurement"  # noqa: S105 - it guards nothing
_TABLE: Final = """
    CREATE TABLE feedback (
        id INTEGER PRIMARY KEY, request_id TEXT, response TEXT,
        created_at TEXT DEFAULT CURRENT_TIMESTAMP
    )
"""


def _lay(directory: Path) -> None:
    with closing(sqlite3.connect(directory / "store.db")) as connection:
        connection.execute(_TABLE)


def _command(port: int, directory: Path) -> list[str | Path]:
    return [
        *(_BIN / "datasette", "serve", directory / "store.db", "--root", "--secret", _SECRET),
        *("--host", "127.0.0.1", "--port", str(port)),
    ]


def _prepare(_: str, __: Path) -> Request:
    told = [_BIN / "datasette", "create-token", "root", "--secret", _SECRET]
    token = subprocess.run(told, capture_output=True, text=True, check=True).stdout.strip()
    row = {"request_id": ID, "response": json.dumps(material.correction())}
    return Request(
        "POST",
        "/store/feedback/-/insert",
        json.dumps({"row": row}),
        {"Authorization": f"Bearer {token}"},
    )


PEER = Peer(
    name="Datasette",
    package="datasette",
    what="a row, by the insert API",
    lay=_lay,
    command=_command,
    prepare=_prepare,
    stored=lambda directory: count(directory / "store.db", "feedback"),
)
