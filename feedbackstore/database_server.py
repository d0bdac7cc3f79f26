"""The database on a server: where it is, looked at and locked, without opening it as the store."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

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

_UNREADABLE: Final = (
    "The PostgreSQL URL cannot be read. It should be postgresql://USER:PASSWORD@HOST/NAME, and"
    " perhaps ?sslmode=require and the like. In a password, write %40 for @, %2F for /, %3A for :,"
    " %3F for ? and %25 for %."
)


def is_meant(url: str) -> bool:
    """Whether a database URL names a PostgreSQL server."""
    return url.startswith(SERVERS)


def named(url: str) -> str:
    """What to call the database of a URL, which may hold a password."""
    found = _parts(url)
    host, name = found.get("host", ""), found.get("dbname", "of the user")
    return f"PostgreSQL database {name}{f' on {host}' if host and host[0] != '/' else ''}"


def options(url: str) -> dict[str, Any]:
    """How to connect, as far as the URL leaves that to us."""
    found = _parts(url)
    return {name: value for name, value in OPTIONS.items() if name not in found}


def _parts(url: str) -> dict[str, str]:
    """What PostgreSQL's own library reads from a URL. Raises Unusable without showing any of it.

    A password that was not encoded may show up as whatever stands beside it.
    """
    psycopg = driver()
    try:
        found: dict[str, str] = psycopg.conninfo.conninfo_to_dict(conninfo(url))
    except (psycopg.Error, UnicodeError):
        raise Unusable(_UNREADABLE) from None
    ports = found.get("port", "").split(",")
    if "@" in found.get("host", "") or not all(port.isdigit() or not port for port in ports):
        raise Unusable(_UNREADABLE)
    return found


def driver() -> Any:
    """psycopg, where it is installed: it is an extra. Raises Unusable without it."""
    try:
        return import_module("psycopg")
    except ImportError:
        # It is not there, or PostgreSQL's library is not, without which it cannot be used.
        raise Unusable(
            "A store on PostgreSQL needs psycopg: pip install 'feedbackstore[postgres]'"
        ) from None


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
        with psycopg.connect(conninfo(url), autocommit=True, **options(url)) as connection:
            yield Connection(connection)
    except psycopg.Error as error:
        raise peewee.DatabaseError(str(error)) from error


def conninfo(url: str) -> str:
    """The URL as PostgreSQL's own library takes it."""
    scheme = next(each for each in SERVERS if url.startswith(each))
    return SERVERS[0] + url.removeprefix(scheme)
