"""A copy of the store at one moment, made while it is served.

SQLite's online backup reads page after page inside one read transaction: the copy is of its moment
however long it takes, writers go on beside it, and nothing makes it begin again (without that
transaction every commit of another process would). `VACUUM INTO` would do too, and
build every index anew.
"""

import os
import re
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from feedbackstore import database_file, in_use, migrations, placing, program
from feedbackstore.database_errors import Kind, kind_of
from feedbackstore.errors import Conflict, Unusable
from feedbackstore.migrations import places

_NAME: Final = "feedback-%Y%m%dT%H%M%SZ.db"
_MADE: Final = re.compile(r"feedback-[0-9]{8}T[0-9]{6}Z\.db")


class Backup(NamedTuple):
    """A finished copy: where, how much it holds, how long it took; `removed` are older ones."""

    path: Path
    feedback: int
    predictions: int
    size: int
    seconds: float
    removed: list[Path]


def make(
    url: str,
    out: Path,
    *,
    overwrite: bool = False,
    keep: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Backup:
    """Copy the database at `url` to a file, or into a directory under a name with the moment.

    `keep` leaves so many copies in the directory and removes older ones made by this. `progress`
    hears how many pages are done, of how many. Raises Conflict where a file is there already,
    unless `overwrite`.
    """
    source, started = database_file.path_of(url), time.monotonic()
    migrations.refuse_foreign(url)
    in_use.join(source)
    target = _target(source, out, overwrite=overwrite)
    # One name for all of a directory's: what a killed run left is then found by the next.
    in_directory = target.parent == out
    with placing.part_of(target, "feedback" if in_directory else "") as part:
        copied(source, part, target, progress, live=True)
        feedback, predictions = inspect(part, target)
        size = part.stat().st_size
        _refuse_existing(target, overwrite=overwrite)
        placing.place(part, target)
    removed = _thin(out, keep) if in_directory and keep else []
    return Backup(target, feedback, predictions, size, time.monotonic() - started, removed)


def inspect(path: Path, name: Path | None = None) -> tuple[int, int]:
    """How much feedback and how many predictions a copy holds, once it is found to be whole.

    Raises Unusable for a damaged one, and for one that is no feedback store's or a newer version's;
    `name` is how to call it.
    """
    name = name or path
    try:
        with closing(database_file.opened_alone(path)) as copy:
            found = database_file.integrity(copy, 1)
            if found:
                raise Unusable(f"{name} is damaged: {found[0]}. Take another copy.")
            refuse_other(copy, name)
            return database_file.count(copy, "feedback"), database_file.count(copy, "prediction")
    except database_file.SQLITE_ERRORS as error:
        raise Unusable(f"{name} is damaged, or no database: {error}. Take another copy.") from None


def refuse_other(copy: database_file.Connection, name: Path) -> None:
    """Raise Unusable for a database that is no feedback store's, or a newer version's."""
    tables = {*database_file.tables(copy)}
    if not {migrations.HISTORY, "feedback", "prediction"} <= tables:
        raise Unusable(
            f"{name} is no feedback store. Name a file that {program.line('backup')} made."
        )
    migrations.refuse_newer(places.File(name), migrations.applied(copy))


def copied(
    source: Path,
    part: Path,
    target: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    live: bool = False,
) -> None:
    """Copy a database, with what its log holds, into an empty file that is to become `target`."""
    opened = database_file.opened_live if live else database_file.opened_alone
    try:
        with closing(opened(source)) as connection:
            database_file.copy(connection, part, progress)
    except database_file.SQLITE_ERRORS as error:
        if kind_of(error) is Kind.FULL:
            raise placing.unwritable(target, error) from None
        advice = f"To see what is wrong: {program.line('check')}" if live else "Take another copy."
        raise Unusable(f"{source} cannot be read: {error}. {advice}") from None
    except OSError as error:
        raise placing.unwritable(target, error.strerror) from None


def _target(source: Path, out: Path, *, overwrite: bool) -> Path:
    target = out / datetime.now(UTC).strftime(_NAME) if out.is_dir() else out
    if not target.absolute().parent.is_dir():
        raise Unusable(f"There is no directory {target.parent}. Make it, or name another place.")
    own = {source.resolve(), *placing.beside(source.resolve())}
    if target.resolve() in own or (target.exists() and target.samefile(source)):
        raise Unusable(f"{target} is the store's own file. Name another place for the copy.")
    if os.path.lexists(target) and not target.is_file():
        raise Unusable(f"{target} is no regular file. Name a file or a directory.")
    _refuse_existing(target, overwrite=overwrite)
    return target


def _refuse_existing(target: Path, *, overwrite: bool) -> None:
    if not overwrite and os.path.lexists(target):
        raise Conflict(f"{target} is there already. To write over it, say --overwrite.")


def newest(directory: Path) -> Path | None:
    """The newest copy that was made into a directory; None where there is none."""
    return next(reversed(_made(directory)), None)


def _made(directory: Path) -> list[Path]:
    """The copies that were made here; they sort by their moments."""
    return sorted(path for path in directory.iterdir() if _MADE.fullmatch(path.name))


def _thin(directory: Path, keep: int) -> list[Path]:
    removed = _made(directory)[:-keep]
    for path in removed:
        path.unlink()
    return removed
