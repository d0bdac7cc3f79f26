"""Where a database is, as migrations see it before it is opened: in a file, or on a server."""

import fcntl
import os
import shlex
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from feedbackstore import database, database_file, database_server, former, in_use, program
from feedbackstore.errors import Unusable

HISTORY: Final = "schema_migration"


class Place(Protocol):
    """A database that may not be there yet; `named` is how people call it.

    `advice` is what to do where it cannot be used.
    """

    named: str
    advice: str

    def locked(self) -> AbstractContextManager[None]:
        """Wait until no other process migrates it."""

    def create(self) -> None:
        """Make it, if it is not there and can be made."""

    def tables(self) -> list[str]:
        """The names of its tables, read without changing anything in it."""

    def applied(self) -> list[str]:
        """The changes that made its schema, in their order."""

    def refuse_open(self) -> None:
        """Raise Conflict where somebody has it open."""

    def way_back(self, fits: Callable[[Iterable[str]], bool]) -> str:
        """What to do to have it as it was, when the changes that were applied were such as fit."""


def of(url: str) -> Place:
    """The place that a database URL names. Raises Unusable for a URL of another kind."""
    return Server(url) if database_server.is_meant(url) else File(database_file.path_of(url))


class File:
    """A file of SQLite."""

    advice = "Check the file and its permissions, or name another: FEEDBACKSTORE_DATABASE_URL."

    def __init__(self, path: Path) -> None:
        self._path, self.named = path, f"database {path}"

    def locked(self) -> AbstractContextManager[None]:
        """By its directory."""
        return locked(self._path.parent)

    def create(self) -> None:
        """An empty file."""
        database_file.create(self._path)

    def tables(self) -> list[str]:
        """Raises Unusable where there is no such file."""
        return database_file.look_at_tables(self._path)

    def applied(self) -> list[str]:
        """None of an empty file."""
        if not self.tables():
            return []
        with closing(database_file.opened_live(self._path)) as connection:
            return applied(connection)

    def refuse_open(self) -> None:
        """Somebody else: this process may have it open."""
        in_use.leave()
        with in_use.alone(self._path):
            pass

    def way_back(self, fits: Callable[[Iterable[str]], bool]) -> str:
        """To the newest of the copies beside it that fits."""
        copy = former.newest(self._path, lambda opened: fits(applied(opened)))
        if copy is None:
            return ""
        command = program.line(f"restore {shlex.quote(str(copy))}")
        return (
            " Or go back to the store as it was before, without what came since: stop the server"
            f" and run: {command}"
        )


class Server:
    """A schema in a database of PostgreSQL."""

    advice = "Check that the server runs, and what FEEDBACKSTORE_DATABASE_URL says of it."

    def __init__(self, url: str) -> None:
        self._url, self.named = url, database_server.named(url)

    def locked(self) -> AbstractContextManager[None]:
        """By a lock of the server's."""
        return database_server.locked(self._url)

    def create(self) -> None:
        """Nothing: whoever runs the server makes it. Raises Unusable where it cannot hold texts."""
        with database_server.connected(self._url) as connection:
            ((encoding,),) = connection.execute("SHOW server_encoding")
        if encoding != "UTF8":
            raise Unusable(
                f"The {self.named} can hold only what {encoding} knows. Make one that holds every"
                " text: createdb --encoding UTF8 --template template0"
            )

    def tables(self) -> list[str]:
        """Raises peewee.DatabaseError where the server cannot be reached."""
        return database_server.look_at_tables(self._url)

    def applied(self) -> list[str]:
        """None of an empty schema."""
        if not self.tables():
            return []
        with database_server.connected(self._url) as connection:
            return applied(connection)

    def refuse_open(self) -> None:
        """Somebody else: this thread may have it open."""
        database.close()
        database_server.refuse_open(self._url)

    def way_back(self, _: Callable[[Iterable[str]], bool]) -> str:
        """None: its copies are kept by whoever runs the server."""
        return ""


def applied(connection: Any) -> list[str]:
    """The changes that made a database's schema, in their order; it must be a feedback store's."""
    return [name for (name,) in connection.execute(f"SELECT name FROM {HISTORY} ORDER BY name")]  # noqa: S608


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Wait until no other process migrates in `directory`.

    The kernel lets go of the lock when its holder dies. It is taken on the directory, not on the
    database: closing any descriptor of that file would drop SQLite's own locks.
    """
    try:
        descriptor = os.open(directory, os.O_RDONLY)
    except OSError as error:
        raise Unusable(f"The directory {directory} cannot be used: {error.strerror}.") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
