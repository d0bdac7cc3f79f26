"""The database on a server: where it is, looked at and locked, without opening it as the store."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import urlsplit

import peewee

from feedbackstore.database_file import SERVERS
from feedbackstore.errors import Conflict, Unusable
from feedbackstore.wording import worded

OPEN: Final = "hashtext('feedbackstore open'), hashtext(current_schema())"
"""The lock of who has the store open."""
_CHANGED: Final = "hashtext('feedbackstore migrate'), hashtext(current_schema())"
"""The lock of who changes its schema."""

OPTIONS: Final[dict[str, Any]] = {
    "application_name": "feedbackstore",
    "client_encoding": "utf8",
    # Seconds, and milliseconds, after which a server that is gone counts as gone.
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "tcp_user_timeout": 30_000,
}


def is_meant(url: str) -> bool:
    """Whether a database URL names a PostgreSQL server."""
    return url.startswith(SERVERS)


def named(url: str) -> str:
    """What to call the database of a URL, which may hold a password."""
    try:
        found = urlsplit(url)
        host, name = found.hostname, found.path.strip("/")
    except ValueError:
        host = name = ""
    return f"PostgreSQL database {name or 'of the user'}{f' on {host}' if host else ''}"


def driver() -> Any:
    """psycopg, where it is installed: it is an extra. Raises Unusable without it."""
    if find_spec("psycopg") is None:
        raise Unusable("A store on PostgreSQL needs psycopg: pip install 'feedbackstore[postgres]'")
    return import_module("psycopg")


def look_at_tables(url: str) -> list[str]:
    """The names of a database's tables, read without changing anything in it."""
    with connected(url) as connection:
        return connection.tables()


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Wait until no other process migrates; the lock ends with its holder."""
    with connected(url) as connection:
        connection.execute(f"SELECT pg_advisory_lock({_CHANGED})")
        yield


def refuse_open(url: str) -> None:
    """Raise Conflict where somebody has the store open."""
    with connected(url) as connection:
        ((is_alone,),) = connection.execute(f"SELECT pg_try_advisory_lock({OPEN})")
    if not is_alone:
        raise Conflict(
            f"The {named(url)} is in use. Stop the server, and whatever else has it open, then run"
            " this again."
        )


class Connection:
    """A connection that is asked in SQLite's words."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, sql: str, values: Any = ()) -> Any:
        """The cursor of a statement."""
        return self._connection.execute(worded(sql), values)

    def tables(self) -> list[str]:
        """The names of the tables."""
        rows = self.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        return [name for (name,) in rows]


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection beside the store's own. Raises peewee.DatabaseError."""
    psycopg = driver()
    try:
        with psycopg.connect(conninfo(url), autocommit=True, **OPTIONS) as connection:
            yield Connection(connection)
    except psycopg.Error as error:
        raise peewee.DatabaseError(str(error)) from error


def conninfo(url: str) -> str:
    """The URL as PostgreSQL's own library takes it."""
    scheme = next(each for each in SERVERS if url.startswith(each))
    return SERVERS[0] + url.removeprefix(scheme)
