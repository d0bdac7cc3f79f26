"""Who has the store open: every process that opens it says so, by a lock that dies with it.

The lock stands on a file beside the database. Closing any descriptor of the database itself would
drop SQLite's own locks, and its directory is what migrations lock (`flask migrate` runs while the
store is served, if there is nothing to change). The file stays: were it removed, two processes
might hold a lock each on two files of one name.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from feedbackstore.errors import Conflict, Unusable

_held: Final[dict[Path, int]] = {}
"""This process's own share: of one store, the one that was opened last."""


def join(path: Path) -> None:
    """Say that this process uses the database, until it ends or opens another.

    Raises Unusable while the database is being replaced.
    """
    path = path.resolve()
    if path in _held:
        return
    leave()
    descriptor = _opened(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Unusable(
            f"The database {path} is being restored just now. Try again later."
        ) from None
    _held[path] = descriptor


def leave() -> None:
    """Say that this process uses no database any more; its connections must be closed."""
    while _held:
        os.close(_held.popitem()[1])


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep everybody from opening the database for as long as the block lasts.

    Raises Conflict where somebody, this process among them, has it open.
    """
    descriptor = _opened(path.resolve())
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise refusal(path) from None
        yield
    finally:
        os.close(descriptor)


def refusal(path: Path) -> Conflict:
    """What to say to whoever needs the database for themselves."""
    return Conflict(
        f"The database {path} is in use. Stop the server, and whatever else has it open, then run"
        " this again."
    )


def _opened(path: Path) -> int:
    lock = path.with_name(f".{path.name}.lock")
    try:
        return os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unusable(f"The lock {lock} cannot be made: {error.strerror}.") from None
