"""The database that is open, be it a file or a server's, and its write transaction.

What SQLite and PostgreSQL do differently is in `sqlite` and `postgres`: two classes with the same
methods, of which one stands behind `proxy`: who has it open need not know which. Where it is, and
how it is found there before it is opened, is in `database_file` and `database_server`.
peewee keeps a connection for each thread, and nothing here closes it: opening one for each request
costs several times as much as the request.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import peewee

from feedbackstore import database_server, postgres, sqlite
from feedbackstore.database_errors import explained
from feedbackstore.errors import Unavailable

TRIES_EVERY: Final = sqlite.TRIES_EVERY
"""Seconds between two tries to begin a write while another process writes."""

proxy = peewee.DatabaseProxy()


class Model(peewee.Model):
    """A table in whatever database is open."""

    class Meta:
        database = proxy
        legacy_table_names = False


def connect(url: str, timeout: float = 5) -> None:
    """Bind every model to the database at `url`; it must be there (see `migrations.upgrade`).

    `timeout` is how many seconds a write waits for another process's write.
    """
    on_server = database_server.is_meant(url)
    made = postgres.Postgres(url, timeout) if on_server else sqlite.opened(url, timeout)
    close()
    proxy.initialize(made)


@contextmanager
def aside(path: Path) -> Iterator[None]:
    """Bind every model to a file that nobody else knows of, while the block lasts."""
    close()
    proxy.initialize(sqlite.opened_aside(path))
    try:
        yield
    finally:
        close()


def opened() -> tuple[str, float]:
    """What `connect` was told: another process opens the same with it."""
    return proxy.address(), timeout()


def close() -> None:
    """Let go of this thread's connection, if there is one."""
    if proxy.obj is not None and not proxy.is_closed():
        proxy.close()


def run(sql: str, values: Any = ()) -> Any:
    """The cursor of one of our own statements, which is in SQLite's words."""
    return proxy.run(sql, values)


def snapshot() -> AbstractContextManager[Any]:
    """A block whose queries all see one state of the database."""
    found: AbstractContextManager[Any] = proxy.snapshot()
    return found


def as_bytes(text: Any) -> Any:
    """An SQL expression: a text as bytes in UTF-8."""
    return proxy.as_bytes(text)


@contextmanager
def write(*, wait: float | None = None) -> Iterator[None]:
    """One write transaction, on disk when the block ends, undone when it raises.

    There is one at a time. Raises Locked when others write for longer than `wait` seconds
    (DATABASE_TIMEOUT, where none are named); Unavailable when the database is full, cannot be
    written or cannot be reached.
    """
    try:
        if not proxy.in_transaction() and proxy.is_moved():
            # What is written to a file that has lost its name is lost with it.
            close()
            raise Unavailable("The database file was moved or replaced.")
        with ExitStack() as stack:
            proxy.begin_write(stack, timeout() if wait is None else wait)
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


def flush(patience: float) -> bool:
    """Bring all that was logged into the database's own files; whether that was done in time.

    `patience` is in seconds.
    """
    return bool(proxy.flush(patience))


def rebuild() -> None:
    """Write the whole database anew, without its free pages; nobody else writes meanwhile.

    Raises Unavailable where there is no room, or others write.
    """
    try:
        proxy.rebuild()
    except peewee.OperationalError as error:
        raise Unavailable("The database could not be written anew just now.") from error
