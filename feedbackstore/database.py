"""Opening the database, its pragmas and the write transaction; the only room that knows SQLite.

WAL lets readers go on while one writes; `synchronous=FULL` syncs the log at each commit, so that
what was acknowledged survives a power cut, not only a crash (sqlite.org/pragma, /wal).
peewee keeps a connection for each thread, and nothing here closes it: opening one for each request
costs several times as much as the request.
"""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import peewee

from feedbackstore.errors import Unavailable, Unusable

SCHEME: Final = "sqlite:///"

PRAGMAS: Final = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": "on",
    "journal_size_limit": 64 * 1024 * 1024,
}

proxy = peewee.DatabaseProxy()


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
    proxy.initialize(peewee.SqliteDatabase(str(path.absolute()), pragmas=pragmas, timeout=timeout))


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
def write() -> Iterator[None]:
    """One write transaction, on disk when the block ends, undone when it raises.

    It begins IMMEDIATE: a transaction that reads first and writes later fails at once when
    another wrote in between, whatever the timeout (sqlite.org/isolation). Raises Unavailable when
    the database is locked for longer than the timeout, is full, or cannot be written.
    """
    try:
        with proxy.atomic("IMMEDIATE"):
            yield
    except peewee.DatabaseError as error:
        if isinstance(error, peewee.IntegrityError | peewee.ProgrammingError):
            raise
        raise Unavailable("The store cannot write just now.") from error
