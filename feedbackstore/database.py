"""Opening the database, its pragmas and the write transaction.

This room, `database_file`, `database_errors` and `upkeep` are the only ones that know SQLite.

WAL lets readers go on while one writes; `synchronous=FULL` syncs the log at each commit, so that
what was acknowledged survives a power cut, not only a crash (sqlite.org/pragma, /wal).
peewee keeps a connection for each thread, and nothing here closes it: opening one for each request
costs several times as much as the request.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import peewee

from feedbackstore import in_use
from feedbackstore.database_errors import explained, name_of
from feedbackstore.database_file import SCHEME, path_of, refuse_missing
from feedbackstore.errors import Unavailable

PRAGMAS: Final = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": "on",
    "journal_size_limit": 64 * 1024 * 1024,
    # What is deleted or replaced is overwritten with zeros, whatever SQLite was built to do: an
    # erasure then finds no older text in free pages. "fast" leaves some there; the processor time
    # of 4,000 submissions, or of 20,000 predictions stored and replaced, is the same without.
    "secure_delete": "on",
}
_PRAGMAS_ASIDE: Final = {
    # Such a file is synced when it gets its name, and a log beside it would have to go before.
    "journal_mode": "truncate",
    "synchronous": "off",
    "foreign_keys": "on",
    "secure_delete": "on",
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


def connect(url: str, timeout: float = 5) -> None:
    """Bind every model to the database at `url`; it must be there (see `create`).

    `timeout` is how many seconds a write waits for another process's write.
    """
    path = path_of(url)
    refuse_missing(path)
    in_use.join(path)
    close()
    pragmas = PRAGMAS | {"busy_timeout": int(timeout * 1000)}
    proxy.initialize(_Database(str(path.absolute()), pragmas=pragmas, timeout=timeout))


@contextmanager
def aside(path: Path) -> Iterator[None]:
    """Bind every model to a file that nobody else knows of, while the block lasts."""
    close()
    proxy.initialize(_Database(str(path.absolute()), pragmas=_PRAGMAS_ASIDE, timeout=0))
    try:
        yield
    finally:
        close()


def define(name: str, function: Callable[..., Any], arguments: int) -> None:
    """Let SQL call a function, which gives the same for the same values and raises nothing."""
    proxy.obj.register_function(function, name, arguments, deterministic=True)


def opened() -> tuple[str, float]:
    """What `connect` was told: another process opens the same with it."""
    return f"{SCHEME}{quote(str(proxy.obj.database))}", proxy.obj.timeout


def close() -> None:
    """Let go of this thread's connection, if there is one."""
    if proxy.obj is not None and not proxy.is_closed():
        proxy.close()


def hold_pages() -> None:
    """Let this thread's connection keep more of the database in memory, for much to write at once.

    An index's pages are then written once, rather than each time that they have to make room.
    """
    proxy.obj.pragma("cache_size", -_CACHE_KIB)


def reread() -> None:
    """Read the database's first pages from the file, whatever of them is in memory.

    Raises peewee.DatabaseError where that is no database any more.
    """
    proxy.obj.pragma("shrink_memory")
    proxy.obj.execute_sql("SELECT count(*) FROM sqlite_master").fetchone()


@contextmanager
def write(*, wait: float | None = None) -> Iterator[None]:
    """One write transaction, on disk when the block ends, undone when it raises.

    It begins IMMEDIATE: a transaction that reads first and writes later fails at once when
    another wrote in between, whatever the timeout (sqlite.org/isolation). Raises Locked when
    another process writes for longer than `wait` seconds (DATABASE_TIMEOUT, where none are named);
    Unavailable when the database is full or cannot be written.
    """
    try:
        if not proxy.in_transaction() and proxy.is_moved():
            # What is written to a file that has lost its name is lost with it.
            close()
            raise Unavailable("The database file was moved or replaced.")
        with ExitStack() as stack:
            _begin(stack, time.monotonic() + (timeout() if wait is None else wait))
            yield
    except peewee.DatabaseError as error:
        if isinstance(error, peewee.IntegrityError | peewee.ProgrammingError):
            raise
        unavailable = explained(error, "The store cannot write just now.")
        raise unavailable from unavailable.__cause__


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
                if not name_of(error).startswith("SQLITE_BUSY") or time.monotonic() >= until:
                    raise
                time.sleep(TRIES_EVERY)
            else:
                return
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(timeout() * 1000)}")
