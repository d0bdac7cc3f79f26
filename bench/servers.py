"""gunicorn, started as `make run` starts it, on a store and a port of its own."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from subprocess import Popen
from typing import Final

from bench.processes import memory, running
from bench.stores import BIN, Store

AS_MAKE_RUN: Final = ("-c", "gunicorn.conf.py")
GTHREAD: Final = ("--worker-class", "gthread", "--workers", "2", "--threads", "16")

_PATIENCE: Final = 180.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers, and how many seconds it took until it did."""

    process: Popen[bytes]
    address: str
    start: float

    @property
    def memory(self) -> int:
        """Resident bytes of all its processes."""
        return memory(self.process.pid)


@contextmanager
def gunicorn(
    store: Store, application: str = "wsgi:app", options: tuple[str, ...] = AS_MAKE_RUN
) -> Iterator[Server]:
    """gunicorn with an application on a store, while the block runs."""
    port = free_port()
    command = [
        BIN / "gunicorn",
        *options,
        *("--bind", f"127.0.0.1:{port}", "--log-level", "warning", application),
    ]
    log = store.database.with_suffix(".log")
    with running(command, log, store.environ) as process:
        yield await_answer(process, port, log)


def await_answer(
    process: Popen[bytes], port: int, log: Path, path: str = "/", patience: float = _PATIENCE
) -> Server:
    """The server, once it answers a GET of `path` with anything below 500.

    Raises RuntimeError where it ends, or does not answer in time.
    """
    started = time.monotonic()
    while time.monotonic() < started + patience:
        if process.poll() is not None:
            raise RuntimeError(f"It ended before it answered:\n{_last_lines(log)}")
        if _answers(port, path):
            return Server(process, f"http://127.0.0.1:{port}", time.monotonic() - started)
        time.sleep(0.02)
    raise RuntimeError(f"It did not answer within {patience:.0f} s:\n{_last_lines(log)}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500  # noqa: PLR2004 - it answers
    except OSError:
        return False
    finally:
        connection.close()


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])
