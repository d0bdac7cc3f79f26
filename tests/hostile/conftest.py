"""A real server, whose keys may do everything, and raw sockets to it."""

import errno
import json
import socket
from collections.abc import Iterator, Mapping
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import pytest

from feedbackstore import database, keys, migrations
from tests.server.conftest import AS_MAKE_RUN, Serve, Server, Store, serve  # noqa: F401 - a fixture

PATIENCE: Final = 20.0
"""Seconds after which a server counts as hanging."""

LONGEST: Final = 64 * 1024
"""Bytes of an answer to what is refused, at most."""

GIVEN_AWAY: Final = ("Traceback", 'File "', "sqlite", "SELECT ", "peewee", "/site-packages/")
"""What no answer may show."""


def make_store(directory: Path) -> Store:
    """A store with a key for everything in each of two projects."""
    path = directory / "feedback.db"
    migrations.upgrade(f"sqlite:///{path}")
    try:
        made = [keys.create(project, keys.SCOPES) for project in ("default", "elsewhere")]
    finally:
        database.close()
    return Store(path, *map(str, made))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for the tests of a module; at the end it still serves, and nothing has failed."""
    store = make_store(tmp_path_factory.mktemp("store"))
    server = Server(store, *AS_MAKE_RUN, LOG="json", FAILED_SIGN_INS="off")
    try:
        server.wait_until_ready()
        yield server
        assert server.get("health") == {"status": "ok"}
        assert server.stop() == 0
        assert failures(server) == [], "\n".join(failures(server))
    finally:
        server.kill()


def failures(server: Server) -> list[str]:
    """Lines of the log that tell of what should not be."""
    return [line for line in server.printed.splitlines() if is_failure(line)]


def is_failure(line: str) -> bool:
    if not line.startswith("{"):
        return any(word in line for word in ("Traceback", "Error", "Exception"))
    told = json.loads(line)
    return told.get("status", 0) >= 500 or "error" in told or told.get("level") == "error"


class Answer(NamedTuple):
    """What came back; status 0 where the connection was closed without a word."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def detail(self) -> Any:
        return json.loads(self.body)["detail"]


def exchange(server: Server, sent: bytes, method: str = "GET", *, ends: bool = True) -> Answer:
    """The answer to bytes on the wire; `ends` says, after them, that no more will come."""
    parts = urlsplit(server.address)
    with socket.create_connection((parts.hostname, parts.port), PATIENCE) as wire:
        try:
            wire.sendall(sent)
            if ends:
                wire.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass
        except OSError as error:
            # What `shutdown` says where the server has closed already.
            if error.errno != errno.ENOTCONN:
                raise
        return read(wire, method)


def read(wire: socket.socket, method: str = "GET") -> Answer:
    """The answer that a connection brings."""
    answer = HTTPResponse(wire, method=method)
    try:
        answer.begin()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    except (HTTPException, ConnectionResetError):
        return Answer(0, {}, b"")


def head(line: str, *headers: str, key: str = "") -> bytes:
    """A request's head."""
    shown = [f"Authorization: Bearer {key}"] if key else []
    return "\r\n".join([line, "Host: x", *shown, *headers, "", ""]).encode("latin-1", "replace")
