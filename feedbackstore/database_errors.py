"""SQLite's errors in words for people: what it is, and who can do something about it.

peewee wraps what a statement raises, and not what reading its rows does: both come here.
"""

import sqlite3
from typing import Final

import peewee

from feedbackstore.errors import Locked, Unavailable

ERRORS: Final = (peewee.PeeweeException, sqlite3.Error)
"""What is raised where the database cannot be used."""

_ABOUT_SPACE: Final = (
    "SQLITE_FULL",
    "SQLITE_IOERR_WRITE",
    "SQLITE_IOERR_TRUNCATE",
    "SQLITE_IOERR_SHMSIZE",
)
_DAMAGED: Final = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_LOOK: Final = "Whoever runs the store has to look at it."
_CHECK: Final = "check"
_UNTOLD: Final = "SQLITE_ERROR"


def name_of(error: BaseException) -> str:
    """SQLite's name of what went wrong first, as SQLITE_FULL; empty where it has none."""
    return str(getattr(_first(error), "sqlite_errorname", ""))


def _first(error: BaseException) -> BaseException:
    """What was wrong at the beginning.

    peewee raises its own errors while it handles sqlite3's; and a rollback fails where SQLite has
    undone the transaction by itself.
    """
    one: BaseException | None = error
    while one is not None:
        if getattr(one, "sqlite_errorname", _UNTOLD) != _UNTOLD:
            return one
        one = one.__cause__ or one.__context__
    return error


def is_about_space(error: BaseException) -> bool:
    """Whether a file could not grow."""
    return name_of(error) in _ABOUT_SPACE


def full() -> Unavailable:
    """What to tell where there is no room."""
    message = "The disk of the store is full: nothing was stored."
    return Unavailable(message, "Try again when there is room.")


def explained(error: Exception, otherwise: str) -> Unavailable:
    """What to tell of one of `ERRORS`; `otherwise` says it where there is nothing more to say."""
    name = name_of(error)
    if name.startswith("SQLITE_BUSY"):
        found: Unavailable = Locked(otherwise)
    elif name in _ABOUT_SPACE:
        found = full()
    elif name.startswith("SQLITE_READONLY"):
        message = "The store cannot be written: its file, its directory or its disk is read-only."
        found = Unavailable(message, _LOOK, _CHECK)
    elif name.startswith(_DAMAGED):
        found = Unavailable("The store's database is damaged.", _LOOK, _CHECK)
    else:
        found = Unavailable(otherwise)
    found.__cause__ = _first(error)
    return found
