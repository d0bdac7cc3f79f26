"""What a peer is: how it is started, made ready for feedback, and asked what it has stored."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.request import Request as HTTPRequest
from urllib.request import urlopen

from bench.load import Request
from bench.processes import ROOT

VENVS: Final = ROOT / ".venv-peers"


@dataclass(frozen=True, slots=True)
class Peer:
    """One server that keeps feedback.

    `lay` makes what has to be there before it starts; `command` and `environ` start it on a port
    of 127.0.0.1 with its files in a directory; `ready` is a path that it answers once it is up;
    `prepare` makes what feedback is about and returns the request that brings feedback; `stored`
    counts what is in its database. `remark` is what a reader of its figures should know.
    """

    name: str
    package: str
    what: str
    command: Callable[[int, Path], list[str | Path]]
    prepare: Callable[[str, Path], Request]
    stored: Callable[[Path], int]
    environ: Callable[[int, Path], Mapping[str, str]] = lambda _, __: {}
    ready: str = "/"
    remark: str = ""
    lay: Callable[[Path], None] = lambda _: None


def bin_of(name: str) -> Path:
    """Where a peer's environment has its commands."""
    return VENVS / name / "bin"


def call(method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
    """Send JSON, and return the JSON of the answer. Raises OSError where it is refused."""
    data = None if body is None else json.dumps(body).encode()
    sent = HTTPRequest(  # noqa: S310 - of this machine
        url, data, {"Content-Type": "application/json", **(headers or {})}, method=method
    )
    with urlopen(sent, timeout=60) as answer:  # noqa: S310 - of this machine
        return json.loads(answer.read() or b"null")


def count(database: Path, table: str) -> int:
    """How many rows a table of a peer's database has."""
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        ((rows,),) = connection.execute(f"SELECT count(*) FROM {table}")
        return int(rows)
