"""A database in one file: how it is opened, its pragmas, and how a write waits for its turn.

WAL lets readers go on while one writes; `synchronous=FULL` syncs the log at each commit, so that
what was acknowledged survives a power cut, not only a crash (sqlite.org/pragma, /wal).
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import peewee

from feedbackstore import in_use
from feedbackstore.database_errors import Kind, kind_of
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

_PRAGMAS_TEMPORARY: Final = {
    # They are written and read from one end to the other.
    "page_size": 32768,
    "cache_size": -4096,
    # The file is gone with the connection: there is nothing to overwrite in it with zeros.
    "secure_delete": "off",
}

TRIES_EVERY: Final = 0.001
_FLUSHED_EVERY: Final = 0.01
_CACHE_KIB: Final = 48 * 1024


def opened(url: str, timeout: float) -> Sqlite:
    """The database in a file that is there; this process says that it uses it.

    Raises Unusable.
    """
    path = path_of(url)
    refuse_missing(path)
    in_use.join(path)
    return Sqlite(path, PRAGMAS | {"busy_timeout": int(timeout * 1000)}, timeout)


def opened_aside(path: Path) -> Sqlite:
    """A file that nobody else knows of, nor needs to."""
    return Sqlite(path, _PRAGMAS_ASIDE, 0)


class _Opened(threading.local):
    """A thread's own, as peewee's connections are: gevent, which comes late, replaces neither."""

    file: tuple[int, int] | None = None


class Sqlite(peewee.SqliteDatabase):
    """A file, never made by opening it; each thread's connection remembers which file it opened.

    `postgres.Postgres` has the same methods.
    """

    calls_python = True

    def __init__(self, path: Path, pragmas: dict[str, Any], timeout: float) -> None:
        super().__init__(str(path.absolute()), pragmas=pragmas, timeout=timeout)
        self._opened = _Opened()

    def _connect(self) -> Any:
        self._opened.file = self._file()
        return super()._connect()  # type: ignore[misc]

    @property
    def path(self) -> Path:
        """Where the file is."""
        return Path(self.database)

    def address(self) -> str:
        """The URL by which another process opens the same."""
        return f"{SCHEME}{quote(str(self.database))}"

    def is_moved(self) -> bool:
        """Whether another file, or none, stands where this thread's connection opened its own."""
        self.connection()
        try:
            return bool(self._opened.file != self._file())
        except peewee.OperationalError:
            return True

    def _file(self) -> tuple[int, int]:
        try:
            found = self.path.stat()
        except OSError as error:
            raise peewee.OperationalError(f"unable to open database file: {error}") from error
        return found.st_dev, found.st_ino

    def begin_write(self, stack: ExitStack, wait: float) -> None:
        """Enter a write transaction, trying every millisecond for so many seconds.

        SQLite's own waiting sleeps up to 100 ms between two tries: under load the process that
        sleeps finds the lock taken again and again. It begins IMMEDIATE: a transaction that reads
        first and writes later fails at once when another wrote in between, whatever the timeout
        (sqlite.org/isolation).
        """
        until = time.monotonic() + wait
        self._wait_at_most(0)
        try:
            while True:
                try:
                    stack.enter_context(self.atomic("IMMEDIATE"))
                except peewee.OperationalError as error:
                    if kind_of(error) is not Kind.BUSY or time.monotonic() >= until:
                        raise
                    time.sleep(TRIES_EVERY)
                else:
                    return
        finally:
            self._wait_at_most(self.timeout)

    def _wait_at_most(self, seconds: float) -> None:
        self.connection().execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def snapshot(self) -> AbstractContextManager[Any]:
        """A block whose queries all see one state of the database."""
        return self.atomic()

    def run(self, sql: str, values: Any = ()) -> Any:
        """The cursor of a statement in SQLite's own words."""
        return self.execute_sql(sql, values)

    def run_many(self, sql: str, rows: Any) -> None:
        """Run a statement on temporary tables with each of the rows, in one transaction.

        Raises Unavailable where their file cannot grow.
        """
        connection = self.connection()
        begins = not connection.in_transaction
        try:
            connection.execute("BEGIN" if begins else "SELECT 1")
            connection.executemany(sql, rows)
            connection.execute("COMMIT" if begins else "SELECT 1")
        except sqlite3.OperationalError as error:
            # Where there is no room, SQLite has ended the transaction by itself.
            if begins and connection.in_transaction:
                connection.execute("ROLLBACK")
            raise Unavailable(
                "There is no room for the temporary file that predictions are checked in. Free"
                " some, or name another directory: SQLITE_TMPDIR."
            ) from error

    def prepare_temporary(self) -> None:
        """Set this connection's temporary tables up for much that is written and read once."""
        for name, value in _PRAGMAS_TEMPORARY.items():
            self.execute_sql(f"PRAGMA temp.{name} = {value}")

    def take_samples(self, tables: Iterable[str] = ()) -> None:
        """Nothing: our statements say how they are to be carried out."""

    def new_id(self, inserted: Any) -> int:
        """The id of the row that a statement inserted."""
        row: int = inserted.lastrowid
        return row

    def as_bytes(self, text: Any) -> Any:
        """An SQL expression: a text as bytes in UTF-8."""
        return text.cast("BLOB")

    def define(self, name: str, function: Callable[..., Any], arguments: int) -> None:
        """Let SQL call a function, which gives the same for the same values and raises nothing."""
        self.register_function(function, name, arguments, deterministic=True)

    def hold_pages(self) -> None:
        """Let this thread's connection keep more of the database in memory."""
        self.pragma("cache_size", -_CACHE_KIB)

    def reread(self) -> None:
        """Read the database's first pages from the file, whatever of them is in memory.

        Raises peewee.DatabaseError where that is no database any more.
        """
        self.pragma("shrink_memory")
        self.execute_sql("SELECT count(*) FROM sqlite_master").fetchone()

    def has_room(self, least: int) -> bool:
        """Whether the file's disk can be written, and has so many bytes free. Raises OSError."""
        found = os.statvfs(self.path.parent)
        writable = not found.f_flag & os.ST_RDONLY
        return writable and found.f_bavail * found.f_frsize >= least

    def sizes(self) -> tuple[int, int | None]:
        """The bytes of the file, and of the log beside it."""
        return _size(self.path), _size(self.path.with_name(f"{self.path.name}-wal"))

    def highest_ids(self) -> Iterator[tuple[str, int]]:
        """The highest row id of each table: to count the rows would take reading them."""
        for table in self.get_tables():
            try:
                ((highest,),) = self.execute_sql(f'SELECT max(rowid) FROM "{table}"')  # noqa: S608
            except peewee.OperationalError:
                # A table that has no row ids.
                continue
            yield table, highest or 0

    def last_change(self, table: str) -> int:
        """What is another once a row came to a table of which none is ever deleted."""
        ((highest,),) = self.execute_sql(f'SELECT max(rowid) FROM "{table}"')  # noqa: S608
        return int(highest or 0)

    def flush(self, patience: float) -> bool:
        """Bring all of the log into the file, and empty it; whether that was done.

        Who reads an older state keeps the log from being emptied: it is tried again for so many
        seconds. Others are kept from writing for no longer than one try takes.
        """
        until = time.monotonic() + patience
        self._wait_at_most(0)
        try:
            while True:
                busy, *_ = self.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if not busy or time.monotonic() >= until:
                    return not busy
                time.sleep(_FLUSHED_EVERY)
        finally:
            self._wait_at_most(self.timeout)

    def rebuild(self) -> None:
        """Write everything anew, without free pages; nobody else writes meanwhile."""
        self.execute_sql("VACUUM")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
