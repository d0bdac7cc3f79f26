"""A store of its own for each test, and the people who come to it.

`writer` may submit and read in the project default, `exporter` may only export there, `stranger`
may do everything in another project.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings

from exports.cli import export_jsonl
from feedbackstore import (
    database,
    database_file,
    feedback,
    keys,
    limiting,
    migrations,
    predictions,
    sqlite,
)
from feedbackstore.app import create_app
from feedbackstore.last_use import last_use
from feedbackstore.models import ApiKey, Feedback
from feedbackstore.rate_limits import RateLimits
from feedbackstore.store import open_store

if TYPE_CHECKING:
    from tests.cluster import Cluster

# Nothing here is about time: a machine may be as slow as it likes.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture
def url(
    places: Places,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """The address of a database that is not there yet; every setting leads to it."""
    address = places.new(tmp_path)
    if "store" not in request.fixturenames:
        places.prepare(address)
    monkeypatch.setenv("FEEDBACKSTORE_DATABASE_URL", address)
    yield address
    database.close()
    places.remove(address)


class Files:
    """Databases in files: to copy one takes a hundredth of the time of making it."""

    def __init__(self, directory: Path) -> None:
        self._migrated = directory / "feedback.db"
        migrations.upgrade(f"sqlite:///{self._migrated}")
        database.close()

    def new(self, directory: Path) -> str:
        return f"sqlite:///{directory}/feedback.db"

    def prepare(self, url: str) -> None:
        """Migrating makes it."""

    def make(self, url: str) -> None:
        shutil.copy(self._migrated, database_file.path_of(url))

    def remove(self, url: str) -> None:
        """It goes with its directory."""


class Servers:
    """Databases of a PostgreSQL server."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._migrated = cluster.new()
        cluster.create(self._migrated)
        migrations.upgrade(self._migrated)
        database.close()

    def new(self, _: Path) -> str:
        return self._cluster.new()

    def prepare(self, url: str) -> None:
        """Migrating makes no database, but its tables."""
        self._cluster.create(url)

    def make(self, url: str) -> None:
        self._cluster.create(url, self._migrated)

    def remove(self, url: str) -> None:
        self._cluster.drop(url)


Places = Files | Servers


@pytest.fixture(scope="session")
def places(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Places]:
    """Where the tests' databases are: in files or, if asked to, on a server."""
    if not pytestconfig.getoption("--postgres"):
        yield Files(tmp_path_factory.mktemp("migrated"))
        return
    from tests import cluster

    with cluster.running() as made:
        yield Servers(made)


@pytest.fixture(autouse=True)
def unsynced() -> Iterator[pytest.MonkeyPatch]:
    """No power cut comes here: what this process writes need not wait for the disk.

    Undone, it waits again from the next opening on.
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(sqlite.PRAGMAS, "synchronous", "off")
        yield patched


@pytest.fixture(autouse=True)
def unnoted() -> Iterator[pytest.MonkeyPatch]:
    """No thread writes down when a key was used: a test would meet another's.

    Undone, one does.
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(last_use, "note", lambda _: None)
        yield patched


@pytest.fixture(autouse=True)
def uncounted(monkeypatch: pytest.MonkeyPatch) -> RateLimits:
    """Nobody has come here before, nor tried a key."""
    made = RateLimits()
    monkeypatch.setattr(limiting, "rate_limits", made)
    return made


@pytest.fixture
def store(url: str, places: Places) -> Iterator[str]:
    """An empty store, open."""
    places.make(url)
    open_store()
    yield url
    database.close()


@pytest.fixture
def project(store: str) -> int:
    """The row id of the project `default`."""
    keys.create()
    return keys.get_project("default").id


@pytest.fixture
def app(store: str) -> Flask:
    """The app on that store."""
    return create_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client without a key."""
    return app.test_client()


class Caller:
    """A client that shows its key."""

    def __init__(self, client: FlaskClient, key: str) -> None:
        self._client = client
        self.key = key
        self.headers = {"Authorization": f"Bearer {key}"}

    def __getattr__(self, method: str) -> Callable[..., Any]:
        send = getattr(self._client, method)

        def call(path: str, **kwargs: Any) -> Any:
            headers = {**self.headers, **kwargs.pop("headers", {})}
            return send(path, headers=headers, **kwargs)

        return call

    def submit(self, **members: Any) -> Any:
        """Submit feedback."""
        return self.post("/v1/feedback/submit", json=members)


def _caller(client: FlaskClient, **options: Any) -> Caller:
    key = keys.create(**options)
    assert key is not None
    return Caller(client, key)


@pytest.fixture
def writer(client: FlaskClient) -> Caller:
    """May submit and read in the project default."""
    return _caller(client)


@pytest.fixture
def exporter(client: FlaskClient) -> Caller:
    """May only export from the project default."""
    return _caller(client, scopes=["export"])


@pytest.fixture
def stranger(client: FlaskClient) -> Caller:
    """May do everything, in a project of their own."""
    return _caller(client, project="elsewhere", scopes=keys.SCOPES)


Predict = Callable[..., None]
Say = Callable[..., Feedback]


@pytest.fixture
def predict(project: int) -> Predict:
    """Record a prediction of the request `id`, or of another kind."""

    def record(id: str, *, kind: str = "request", replace: bool = False, **members: Any) -> None:
        document = {
            "kind": kind,
            "id": id,
            "input": [{"role": "user", "content": f"Read document {id}."}],
            "output": {"total": 1},
            **members,
        }
        predictions.record(project, [predictions.check(document)], replace=replace)

    return record


Reviewer = Callable[[str], int]


@pytest.fixture
def reviewer(project: int) -> Reviewer:
    """The row id of a new reviewer's key, in the project default."""

    def make(name: str) -> int:
        key = keys.create(scopes=["review"], name=name)
        return int(ApiKey.get(ApiKey.key_id == keys.id_of(str(key))).id)

    return make


@pytest.fixture
def say(project: int) -> Say:
    """Submit feedback on the request `id`, or on whatever the members name."""

    def submit(id: str | None = None, **members: Any) -> Feedback:
        return feedback.submit(project, request_id=id, **members)

    return submit


@pytest.fixture
def judged(predict: Predict, say: Say) -> None:
    """Seven predictions of two models: one of each outcome, and a correction of nothing."""
    october, november = "2026-10-14T12:00:00Z", "2026-11-02T12:00:00Z"
    old = {"model": "old", "domain": "document.invoice", "created_at": october}
    new = {"model": "new", "domain": "document.receipt", "created_at": november}
    predict("unseen", **old)
    predict("noted", **old)
    say("noted", notes="Hm.", flag=True)
    predict("lost", **{**old, "output": None})
    say("lost", response={"total": 1})
    predict("down", **old)
    say("down", rating="down")
    predict("wrong", **{**old, "output": {"total": "$1,200.00", "items": [{"qty": 1}]}})
    say("wrong", response={"total": "1200", "items": [{"qty": 1}, {"qty": 2}]})
    predict("up", **{**new, "output": {"total": 7}})
    say("up", rating="up")
    predict("same", **{**new, "output": {"total": 8.0}})
    say("same", response={"total": 8})


Export = Callable[..., Result]


@pytest.fixture
def export(store: str) -> Export:
    """Run `flask export-jsonl` with these arguments."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(export_jsonl, [str(argument) for argument in arguments])

    return run


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--write-golden` writes the formats' golden files anew, `--postgres` takes a server."""
    parser.addoption("--postgres", action="store_true", help="keep the stores in PostgreSQL")
    parser.addoption("--write-golden", action="store_true", help="write the golden files anew")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where the stores are on a server, leave out what is about files or about no store."""
    if config.getoption("--postgres"):
        left_out = [
            item
            for item in items
            if item.get_closest_marker("sqlite") or "url" not in getattr(item, "fixturenames", ())
        ]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in {*left_out}]
