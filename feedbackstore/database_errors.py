"""A database's errors in words for people: what it is, and who can do something about it.

peewee wraps what a statement raises, and not what reading its rows does: both come here. SQLite
names its errors (sqlite.org/rescode), PostgreSQL numbers them (its manual, appendix A).
"""

import re
import sqlite3
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

import peewee

from feedbackstore.errors import Locked, Unavailable

ERRORS: Final = (peewee.PeeweeException, sqlite3.Error)
"""What is raised where the database cannot be used."""

_LOOK: Final = "Whoever runs the store has to look at it."
_CHECK: Final = "check"
_UNTOLD: Final = (
    "",
    "SQLITE_ERROR",
    # A transaction in which something failed before, a temporary table that went with a connection.
    "25P02",
    "42P01",
)
_DRIVERS: Final = "psycopg"
_CANNOT: Final = "psycopg.OperationalError"


class Kind(Enum):
    """What is wrong, where that is known."""

    BUSY = auto()
    FULL = auto()
    READ_ONLY = auto()
    DAMAGED = auto()
    AWAY = auto()
    OTHER = auto()


_KINDS: Final = (
    (re.compile(r"SQLITE_BUSY.*|55P03|40P01"), Kind.BUSY),
    (re.compile(r"SQLITE_FULL|SQLITE_IOERR_(WRITE|TRUNCATE|SHMSIZE)|53100"), Kind.FULL),
    (re.compile(r"SQLITE_READONLY.*|25006"), Kind.READ_ONLY),
    (re.compile(r"(SQLITE_CORRUPT|SQLITE_NOTADB).*|XX00[12]"), Kind.DAMAGED),
    # It refuses connections, ends them, or was never reached.
    (re.compile(rf"08...|57P0.|53300|{_DRIVERS}"), Kind.AWAY),
)


def kind_of(error: BaseException) -> Kind:
    """What was wrong first."""
    name = _name(_first(error))
    return next((kind for names, kind in _KINDS if names.fullmatch(name)), Kind.OTHER)


def _name(error: BaseException) -> str:
    """What the database calls an error; empty where it is none of a database's own."""
    name = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None)
    if name is None and any(_full_name(kind) == _CANNOT for kind in type(error).__mro__):
        # Without a number it comes from the driver: there was nobody to give it one.
        return _DRIVERS
    return str(name or "")


def _full_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _first(error: BaseException) -> BaseException:
    """What was wrong at the beginning.

    peewee raises its own errors while it handles the driver's; and a rollback fails where SQLite
    has undone the transaction by itself, or the server is gone.
    """
    told = [one for one in _chain(error) if _name(one) not in _UNTOLD]
    return next((one for one in told if _name(one) != _DRIVERS), told[-1] if told else error)


def _chain(error: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = error
    while one is not None:
        yield one
        one = one.__cause__ or one.__context__


def full() -> Unavailable:
    """What to tell where there is no room."""
    message = "The disk of the store is full: nothing was stored."
    return Unavailable(message, "Try again when there is room.")


def explained(error: Exception, otherwise: str) -> Unavailable:
    """What to tell of one of `ERRORS`; `otherwise` says it where there is nothing more to say."""
    match kind_of(error):
        case Kind.BUSY:
            found: Unavailable = Locked(otherwise)
        case Kind.FULL:
            found = full()
        case Kind.READ_ONLY:
            message = (
                "The store cannot be written: its file, its directory or its disk is read-only."
            )
            found = Unavailable(message, _LOOK, _CHECK)
        case Kind.DAMAGED:
            found = Unavailable("The store's database is damaged.", _LOOK, _CHECK)
        case Kind.AWAY:
            found = Unavailable("The store's database cannot be reached just now.")
        case Kind.OTHER:
            found = Unavailable(otherwise)
    found.__cause__ = _first(error)
    return found
