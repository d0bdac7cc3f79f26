"""A whole file under its name, or none: written beside it, brought to the disk, then renamed."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feedbackstore.database_file import sync_directory
from feedbackstore.errors import Conflict, Unusable

_BESIDE = ("-journal", "-wal", "-shm")
"""What SQLite keeps beside a database while it is open."""


@contextmanager
def part_of(target: Path, name: str = "") -> Iterator[Path]:
    """A new empty file beside `target`, for its owner only; gone at the end unless it was placed.

    A run that was killed leaves it, and the next one clears it. Raises Conflict where another run
    writes it just now.
    """
    part = target.with_name(f".{name or target.name}.part")
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unwritable(target, error.strerror) from None
    try:
        _take(descriptor, part, target)
        try:
            _clear_beside(part)
            yield part
        finally:
            if _is_still(part, descriptor):
                part.unlink()
            _clear_beside(part)
    finally:
        os.close(descriptor)


def place(part: Path, target: Path) -> None:
    """Give a finished part its name: first it is on the disk, then its name is."""
    try:
        sync(part)
        part.replace(target)
        sync_directory(target.absolute().parent)
    except OSError as error:
        raise unwritable(target, error.strerror) from None


def sync(path: Path) -> None:
    """Bring a file's content to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unwritable(target: Path, reason: object) -> Unusable:
    """What to say of a place that cannot be written."""
    return Unusable(f"{target} cannot be written: {reason}. Nothing was left under that name.")


def beside(path: Path) -> Iterator[Path]:
    """The names of what SQLite keeps beside a database."""
    for suffix in _BESIDE:
        yield path.with_name(path.name + suffix)


def _take(descriptor: int, part: Path, target: Path) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise Unusable(f"{part} is no regular file. Remove it, or name another place.")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Conflict(f"Another run is writing {target} just now.") from None
    if not _is_still(part, descriptor):
        raise Conflict(f"Another run wrote {target} just now. Run this one again.")
    os.ftruncate(descriptor, 0)
    os.fchmod(descriptor, 0o600)


def _is_still(part: Path, descriptor: int) -> bool:
    try:
        found = part.lstat()
    except FileNotFoundError:
        return False
    return os.path.samestat(found, os.fstat(descriptor))


def _clear_beside(part: Path) -> None:
    for path in beside(part):
        path.unlink(missing_ok=True)
