"""Opening the database, its pragmas and the write transaction; the only room that knows SQLite.

WAL lets readers go on while one writes; `synchronous=FULL` syncs the log at each commit, so that
what was acknowledged survives a power cut, not only a crash (sqlite.org/pragma, /wal).
peewee keeps a connection for each thread, and nothing here closes it: opening one for each request
costs several times as much as the request.
"""

import os
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

import peewee

from feedbackstore.errors import Locked, Unavailable, Unusable

SCHEME: Final = "sqlite:///"

PRAGMAS: Final = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": "on",
    "journal_size_limit": 64 * 1024 * 1024,
}

TRIES_EVERY: Final = 0.001
"""Seconds between two tries to begin a write while another process writes."""

_CACHE_KIB: Final = 48 * 1024

proxy = peewee.DatabaseProxy()


class _Opened(threading.local):
    """A thread's own, as peewee's connections are: gevent, which comes late, replaces neither."""

    file: tuple[int, int] | None = None


class _Database(peewee.SqliteDatabase):
    """A file, never made by opening it; each thread's connection remembers which file it opened."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._opened = _Opened()

    def _connect(self) -> Any:
        self._opened.file = self._file()
        return super()._connect()  # type: ignore[misc]

    def is_moved(self) -> bool:
        """Whether another file, or none, stands where this thread's connection opened its own."""
        self.connection()  # type: ignore[no-untyped-call]
        try:
            return bool(self._opened.file != self._file())
        except peewee.OperationalError:
            return True

    def _file(self) -> tuple[int, int]:
        try:
            found = Path(self.database).stat()
        except OSError as error:
            raise peewee.OperationalError(f"unable to open database file: {error}") from error
        return found.st_dev, found.st_ino


class Model(peewee.Model):
    """A table in whatever database is open."""

    class Meta:
        database = proxy
        legacy_table_names = False


def path_of(url: str) -> Path:
    """The file that a database URL names. Raises Unusable for any other kind of URL."""
    name = unquote(url.removeprefix(SCHEME))
    if not url.startswith(SCHEME) or not name or name == ":memory:" or {"?", "\0"} & set(name):
        # The text is not shown: what is no path may hold a password.
        raise Unusable(
            "FEEDBACKSTORE_DATABASE_URL names no SQLite file. It should be sqlite:/// and a path,"
            " as in sqlite:///feedback.db or sqlite:////var/lib/feedback.db"
        )
    return Path(name)


def connect(url: str, timeout: float = 5) -> None:
    """Bind every model to the database at `url`; it must be there (see `create`).

    `timeout` is how many seconds a write waits for another process's write.
    """
    path = path_of(url)
    _refuse_missing(path)
    close()
    pragmas = PRAGMAS | {"busy_timeout": int(timeout * 1000)}
    proxy.initialize(_Database(str(path.absolute()), pragmas=pragmas, timeout=timeout))


def define(name: str, function: Callable[..., Any], arguments: int) -> None:
    """Let SQL call a function, which gives the same for the same values and raises nothing."""
    proxy.obj.register_function(function, name, arguments, deterministic=True)


def opened() -> tuple[str, float]:
    """What `connect` was told: another process opens the same with it."""
    return f"{SCHEME}{quote(str(proxy.obj.database))}", proxy.obj.timeout


def _refuse_missing(path: Path) -> None:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unusable(
                f"The database {path} is not a file. Name another: FEEDBACKSTORE_DATABASE_URL."
            )
    except FileNotFoundError:
        raise Unusable(
            f"The database {path.absolute()} is not there yet. To make it, run: flask migrate"
            " (or name another: FEEDBACKSTORE_DATABASE_URL)"
        ) from None
    except OSError as error:
        raise Unusable(f"The database {path} cannot be used: {error.strerror}.") from None


def close() -> None:
    """Let go of this thread's connection, if there is one."""
    if proxy.obj is not None and not proxy.is_closed():
        proxy.close()


def hold_pages() -> None:
    """Let this thread's connection keep more of the database in memory, for much to write at once.

    An index's pages are then written once, rather than each time that they have to make room.
    """
    proxy.obj.pragma("cache_size", -_CACHE_KIB)


def look_at_tables(path: Path) -> list[str]:
    """The names of a database's tables, read without changing anything in it."""
    _refuse_missing(path)
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return [name for (name,) in rows]
    except sqlite3.Error as error:
        raise peewee.DatabaseError(str(error)) from error


def create(url: str) -> None:
    """Make an empty database file that only its owner can read, unless one is there."""
    path = path_of(url)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise Unusable(
            f"The database {path} cannot be made: {error.strerror}. Make its directory writable,"
            " or set FEEDBACKSTORE_DATABASE_URL to another place."
        ) from None
    os.fsync(descriptor)
    os.close(descriptor)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Bring a directory's entries to the disk: a new name in it then survives a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def write(*, wait: bool = True) -> Iterator[None]:
    """One write transaction, on disk when the block ends, undone when it raises.

    It begins IMMEDIATE: a transaction that reads first and writes later fails at once when
    another wrote in between, whatever the timeout (sqlite.org/isolation). Raises Locked when
    another process writes, for longer than DATABASE_TIMEOUT or, without `wait`, at this moment;
    Unavailable when the database is full or cannot be written.
    """
    try:
        if not proxy.in_transaction() and proxy.is_moved():
            # What is written to a file that has lost its name is lost with it.
            close()
            raise Unavailable("The database file was moved or replaced.")
        with ExitStack() as stack:
            _begin(stack, time.monotonic() + (timeout() if wait else 0))
            yield
    except peewee.DatabaseError as error:
        if isinstance(error, peewee.IntegrityError | peewee.ProgrammingError):
            raise
        raise (Locked if _is_locked(error) else Unavailable)(
            "The store cannot write just now."
        ) from error


def timeout() -> float:
    """How many seconds a write waits for another process's write."""
    return float(proxy.timeout)


def savepoint() -> Any:
    """A part of a write transaction that is undone alone when it raises."""
    return proxy.savepoint()


def _begin(stack: ExitStack, until: float) -> None:
    """Enter a transaction, trying every millisecond.

    SQLite's own waiting sleeps up to 100 ms between two tries: under load the process that sleeps
    finds the lock taken again and again.
    """
    connection = proxy.connection()
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                stack.enter_context(proxy.atomic("IMMEDIATE"))
            except peewee.OperationalError as error:
                if not _is_locked(error) or time.monotonic() >= until:
                    raise
                time.sleep(TRIES_EVERY)
            else:
                return
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(timeout() * 1000)}")


def _is_locked(error: peewee.DatabaseError) -> bool:
    # peewee raises its own errors while it handles sqlite3's.
    name: str = getattr(error.__context__, "sqlite_errorname", "")
    return name.startswith("SQLITE_BUSY")
