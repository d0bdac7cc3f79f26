"""The database as a file: where it is, how it is made, looked at and copied, without opening it."""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import peewee

from feedbackstore import program
from feedbackstore.errors import Unusable

SCHEME: Final = "sqlite:///"
SERVERS: Final = ("postgresql://", "postgres://")

SQLITE_ERRORS: Final = (sqlite3.Error, UnicodeDecodeError)
"""What the functions here raise for a database that is damaged, or none.

SQLite quotes a damaged schema in its message, which Python then cannot read.
"""

Connection = sqlite3.Connection

_PAGES: Final = 1000


def path_of(url: str) -> Path:
    """The file that a database URL names. Raises Unusable for any other kind of URL."""
    if url.startswith(SERVERS):
        raise Unusable(
            "This is for a store in a file, and yours is on a PostgreSQL server: that has its own"
            " tools (pg_dump, pg_restore, and those that watch it)."
        )
    name = unquote(url.removeprefix(SCHEME))
    if not url.startswith(SCHEME) or not name or name == ":memory:" or {"?", "\0"} & set(name):
        # The text is not shown: what is no path may hold a password.
        raise Unusable(
            "FEEDBACKSTORE_DATABASE_URL names no SQLite file. It should be sqlite:/// and a path,"
            " as in sqlite:///feedback.db or sqlite:////var/lib/feedback.db, or name a PostgreSQL"
            " database: postgresql://USER:PASSWORD@HOST/NAME"
        )
    return Path(name)


def refuse_missing(path: Path) -> None:
    """Raise Unusable where no database file stands."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unusable(
                f"The database {path} is not a file. Name another: FEEDBACKSTORE_DATABASE_URL."
            )
    except FileNotFoundError:
        raise Unusable(
            f"The database {path.absolute()} is not there yet. To make it, run:"
            f" {program.line('migrate')} (or name another: FEEDBACKSTORE_DATABASE_URL)"
        ) from None
    except OSError as error:
        raise Unusable(f"The database {path} cannot be used: {error.strerror}.") from None


def look_at_tables(path: Path) -> list[str]:
    """The names of a database's tables, read without changing anything in it."""
    refuse_missing(path)
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return [name for (name,) in rows]
    except SQLITE_ERRORS as error:
        raise peewee.DatabaseError(str(error)) from error


def create(path: Path) -> None:
    """Make an empty database file that only its owner can read, unless one is there."""
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


def opened_alone(path: Path) -> Connection:
    """A connection to a file that nobody writes: it makes nothing beside it, and takes no lock."""
    wal = path.with_name(f"{path.name}-wal")
    return _opened(path, "mode=ro" if wal.exists() else "mode=ro&immutable=1")


def opened_live(path: Path) -> Connection:
    """A connection that reads a database which others may begin to write at any moment."""
    return _opened(path, "mode=ro")


def _opened(path: Path, mode: str) -> Connection:
    refuse_missing(path)
    return sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None)


def copy(source: Connection, part: Path, progress: Callable[[int, int], None] | None) -> None:
    """Copy a database, as it is at this moment, into an empty file; it is not synced yet."""
    source.execute("BEGIN")
    # The moment is that of the first read.
    source.execute("SELECT count(*) FROM sqlite_master").fetchone()
    with closing(sqlite3.connect(part, isolation_level=None)) as target:
        # It gets its name only when it is whole: a journal would guard nothing.
        target.execute("PRAGMA journal_mode = off")
        target.execute("PRAGMA synchronous = off")

        def tell(_: int, left: int, total: int) -> None:
            if progress is not None:
                progress(total - left, total)

        source.backup(target, pages=_PAGES, progress=tell)
    source.execute("ROLLBACK")


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Keep everybody out of a database while the block lasts; whether nobody else has it open.

    What its log holds goes into the file before, unless it is too damaged for that.
    """
    if not path.exists():
        yield True
        return
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            # Set before the first read, it makes that one ask for the whole file.
            connection.execute("PRAGMA locking_mode = exclusive")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            # Without a log there is none to be removed by its name when this is closed.
            connection.execute("PRAGMA journal_mode = truncate")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
        except SQLITE_ERRORS as error:
            is_free = not getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")
        else:
            is_free = True
        yield is_free


def integrity(connection: Connection, limit: int) -> list[str]:
    """What is wrong with a database's pages, rows and indexes: at most so many things."""
    found = connection.execute(f"PRAGMA integrity_check({limit})")
    lines = [line.strip() for (text,) in found for line in text.splitlines()]
    return [line for line in lines if line not in ("ok", "*** in database main ***")]


def tables(connection: Connection) -> list[str]:
    """The names of a database's tables."""
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return [name for (name,) in rows]


def count(connection: Connection, table: str) -> int:
    """How many rows a table of ours has."""
    (found,) = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()  # noqa: S608
    return int(found)
