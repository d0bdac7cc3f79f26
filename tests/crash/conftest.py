"""Everything here ends programs at random moments, or takes the disk away from under them.

The moments come from a seed, which is printed where a test fails: CRASH_SEED=… tries them again.
"""

import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

import pytest

from tests.server.conftest import (  # noqa: F401 - fixtures
    AS_MAKE_RUN,
    DEADLINE,
    ROOT,
    Server,
    Store,
    make_store,
    new_store,
    serve,
)

BIN: Final = Path(sys.executable).parent
SEED: Final = int(os.environ.get("CRASH_SEED") or random.SystemRandom().randrange(10**6))


@pytest.fixture
def moments(request: pytest.FixtureRequest) -> random.Random:
    """What says when a program ends, and how it is damaged."""
    print(f"CRASH_SEED={SEED}")  # noqa: T201 - shown where a test fails
    return random.Random(f"{SEED} {request.node.name}")


class Writers:
    """Clients that submit feedback, each on a connection of its own, until the server is gone.

    `acknowledged` are the notes of what was answered with 200, by the id in the answer; `refused`
    the other answers. Every submission has notes of its own.
    """

    def __init__(self, server: Server, round_: int, count: int = 8, notes_length: int = 0) -> None:
        self.acknowledged: dict[str, str] = {}
        self.refused: list[tuple[int, dict[str, Any], str | None]] = []
        self.ends: list[Exception] = []
        self._server, self._round, self._length = server, round_, notes_length
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._submit, args=(n,)) for n in range(count)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(DEADLINE)
            assert not thread.is_alive(), "A client still waits for its answer."

    def _submit(self, thread: int) -> None:
        connection = HTTPConnection(urlsplit(self._server.address).netloc, timeout=DEADLINE)
        headers = {**self._server.headers, "Content-Type": "application/json"}
        number = 0
        with closing(connection):
            while not self._ended.is_set():
                number += 1
                notes = f"{self._round}-{thread}-{number}".ljust(self._length, ".")
                body = json.dumps({"request_id": f"thread-{thread}", "notes": notes})
                try:
                    connection.request("POST", "/v1/feedback/submit", body, headers)
                    answer = connection.getresponse()
                    content = json.loads(answer.read())
                except (OSError, HTTPException, ValueError) as error:
                    self.ends.append(error)
                    return
                if answer.status == 200:
                    self.acknowledged[content["id"]] = notes
                else:
                    self.refused.append((answer.status, content, answer.getheader("Retry-After")))


def wait(moments: random.Random, seconds: float) -> None:
    """Let the others go on for a random while: it is what these tests are about."""
    time.sleep(moments.uniform(0, seconds))


def stored(path: Path) -> dict[str, str]:
    """The notes of all feedback by its id; every id is there once."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        found = connection.execute("SELECT uuid, notes FROM feedback").fetchall()
    assert len({uuid for uuid, _ in found}) == len(found)
    return dict(found)


Flask = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def flask() -> Iterator[Flask]:
    """Begin a command on a store; what still runs when the test ends is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start(store: Store, *arguments: object, **options: Any) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [BIN / "flask", *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, "FEEDBACKSTORE_DATABASE_URL": store.url},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
            **options,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def ended(process: "subprocess.Popen[bytes]") -> str:
    """What a command printed that came to a good end."""
    printed = process.communicate(timeout=DEADLINE)[0].decode()
    assert process.returncode == 0, printed
    return printed


@contextmanager
def mounted(directory: Path, *options: str) -> Iterator[Path]:
    """A file system of its own at `directory`; skips where this machine does not let us."""
    directory.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *options, directory], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"mount: {done.stderr.decode().strip()}")
    try:
        yield directory
    finally:
        _unmount(directory)


def _unmount(directory: Path) -> None:
    command: Sequence[str | Path] = ("umount", "--lazy", directory)
    subprocess.run(command, check=True)
