"""A PostgreSQL server that syncs, in another language than our own, and stores on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from feedbackstore import database, feedback, keys, migrations, predictions
from feedbackstore.store import open_store
from tests import cluster
from tests.cluster import Cluster
from tests.server.conftest import Serve, Server, Store, serve

ENOUGH = 30.0
"""Seconds after which what is waited for counts as missing."""

__all__ = ["Serve", "Server", "serve"]


@pytest.fixture(scope="session")
def synced() -> Iterator[Cluster]:
    """The server."""
    with cluster.running(options="") as made:
        yield made


@pytest.fixture
def url(synced: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty database; every setting leads to it."""
    address = synced.new()
    synced.create(address)
    monkeypatch.setenv("FEEDBACKSTORE_DATABASE_URL", address)
    yield address
    database.close()
    synced.drop(address)


@pytest.fixture
def store(url: str) -> str:
    """An empty store, open."""
    migrations.upgrade(url)
    open_store()
    return url


@pytest.fixture
def project(store: str) -> int:
    """The row id of the project `default`."""
    keys.create()
    return keys.get_project("default").id


@dataclass(frozen=True)
class OnServer(Store):
    """A store on a server; `database` only says where the log goes."""

    address: str = ""

    @property
    def url(self) -> str:
        return self.address


@pytest.fixture
def new_store(url: str, tmp_path: Path) -> OnServer:
    """A store that nobody serves yet."""
    migrations.upgrade(url)
    try:
        key, stranger_key = keys.create(), keys.create("elsewhere")
    finally:
        database.close()
    return OnServer(tmp_path / "feedback.db", str(key), str(stranger_key), url)


def run(command: Any, *arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


@contextmanager
def asked(url: str) -> Iterator[Any]:
    """A connection of somebody else's."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def fill(project: int) -> None:
    """Twenty predictions; each was corrected, and some once more."""
    for number in range(20):
        document = {
            "kind": "request",
            "id": f"é{number}",
            "input": [{"role": "user", "content": f"Read “{number}”.\u2028"}],
            "output": {"zeta": number, "alpha": 1.0, "é": None},
        }
        predictions.record(project, [predictions.check(document)])
        feedback.submit(project, request_id=f"é{number}", response={"zeta": number, "alpha": 2})
    for number in range(0, 20, 3):
        feedback.submit(project, request_id=f"é{number}", response={"zeta": -number})
