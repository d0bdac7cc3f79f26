"""A real gunicorn, started and stopped as users do, on a store of its own."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
import requests

from feedbackstore import database, keys, migrations

ROOT: Final = Path(__file__).parents[2]
GUNICORN: Final = Path(sys.executable).parent / "gunicorn"
AS_MAKE_RUN: Final = ("-c", "gunicorn.conf.py")

DEADLINE: Final = 30.0
"""Seconds after which what is waited for counts as missing."""


@dataclass(frozen=True)
class Store:
    """A database, the key of a project in it, and the key of another project."""

    database: Path
    key: str = ""
    stranger_key: str = ""

    @property
    def url(self) -> str:
        return f"sqlite:///{self.database}"


class Server:
    """gunicorn on a store, in a process group of its own; what it prints goes into `log`."""

    def __init__(
        self,
        store: Store,
        *options: str,
        bind: str = "127.0.0.1:0",
        log: Path | None = None,
        **settings: str,
    ) -> None:
        self.database = store.database
        self.key = store.key
        self.stranger_key = store.stranger_key
        self.log = log or store.database.with_suffix(".log")
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("FEEDBACKSTORE_", "GUNICORN_"))
        }
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [GUNICORN, "--bind", bind, "--log-level", "warning", *options, "wsgi:app"],
                cwd=ROOT,
                env={
                    **environment,
                    "FEEDBACKSTORE_DATABASE_URL": store.url,
                    **{f"FEEDBACKSTORE_{name}": value for name, value in settings.items()},
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        self.pid = self.process.pid

    @property
    def printed(self) -> str:
        """What it has said so far."""
        return self.log.read_text(encoding="utf-8")

    @property
    def address(self) -> str:
        """Where it serves, in its own words."""
        found = re.search(r"serves (http://\S+)", self.printed)
        assert found, f"It did not say where it serves:\n{self.printed}"
        return found[1]

    @property
    def base_url(self) -> str:
        """What the clients are pointed at."""
        return f"{self.address}/v1"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def wait_until_ready(self) -> None:
        """Return when it listens and has said where."""
        wait_until(lambda: "serves http://" in self.printed or self.process.poll() is not None)
        assert self.process.poll() is None, f"It did not start:\n{self.printed}"

    def stop(self) -> int:
        """Stop it as a service manager does; its exit status."""
        self.process.terminate()
        return self.process.wait(DEADLINE)

    def kill(self) -> None:
        """End its whole group at once, if it still runs, as `kill -9` does."""
        if self.process.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
            self.process.wait(DEADLINE)

    def get(self, path: str, **query: Any) -> Any:
        """What is to be read at a path below /v1."""
        return self._send("GET", path, params=query)

    def submit(self, **members: Any) -> Any:
        """Submit feedback as any HTTP client does; the answer."""
        return self._send("POST", "feedback/submit", json=members)

    def record(self, kind: str, id: str, **members: Any) -> None:
        """Store what a model was asked and answered."""
        content = {"input": [{"role": "user", "content": "Read it."}], **members}
        self._send("PUT", f"predictions/{kind}/{quote(id, safe='')}", json=content)

    def _send(self, method: str, path: str, **content: Any) -> Any:
        url = f"{self.base_url}/{path}"
        response = requests.request(method, url, headers=self.headers, timeout=DEADLINE, **content)
        response.raise_for_status()
        return response.json()


def wait_until(holds: Callable[[], bool], seconds: float = DEADLINE) -> None:
    """Return when `holds` does; fail where it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "What was waited for did not come."
        time.sleep(0.01)


def make_store(directory: Path) -> Store:
    """A new store in this directory."""
    path = directory / "feedback.db"
    migrations.upgrade(f"sqlite:///{path}")
    try:
        key, stranger_key = keys.create(), keys.create("elsewhere")
    finally:
        database.close()
    assert key
    assert stranger_key
    return Store(path, key, stranger_key)


@pytest.fixture
def new_store(tmp_path: Path) -> Store:
    """A store that nobody serves yet."""
    return make_store(tmp_path)


Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve a store with gunicorn's options and our settings; what runs at the end is killed."""
    started: list[Server] = []

    def start(store: Store, *options: str, **given: Any) -> Server:
        server = Server(store, *options, **given)
        started.append(server)
        server.wait_until_ready()
        return server

    yield start
    for server in started:
        server.kill()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for the tests of a module; it stops in order at their end."""
    server = Server(make_store(tmp_path_factory.mktemp("store")), *AS_MAKE_RUN)
    try:
        server.wait_until_ready()
        yield server
        assert server.stop() == 0
        assert "Traceback" not in server.printed
    finally:
        server.kill()
