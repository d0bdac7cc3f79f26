"""A copy put in the store's place; what stood there is kept aside.

What was erased from the store since the copy was made is erased from the copy before (`carrying`).
"""

import os
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from feedbackstore import (
    backup,
    carrying,
    database_file,
    former,
    in_use,
    migrations,
    placing,
    program,
)
from feedbackstore.errors import Unusable
from feedbackstore.removal import Counts


class Restored(NamedTuple):
    """What is in place now, where the former store went, and which changes its schema lacks.

    `erased` is what the copy held of what had been erased; `is_known` is whether the former store
    could still tell.
    """

    path: Path
    aside: Path | None
    feedback: int
    predictions: int
    pending: list[str]
    erased: Counts
    is_known: bool


def put(url: str, copy: Path, progress: Callable[[int, int], None] | None = None) -> Restored:
    """Put a copy in the place of the database at `url`, whole or not at all.

    Raises Conflict while anybody has the store open. Whoever opens it through `database` holds a
    share of its lock from then on until their process ends, a server that is idle too, and none
    can come while this holds all of it. Whoever reads or writes it by other means, as the program
    sqlite3 does, holds a lock of SQLite's on the file for as long as it is open: to lock it
    exclusively takes all of them gone, and is kept until the copy stands in its place.
    Raises Unusable for what is no whole copy of a store; then nothing was changed.
    """
    path = database_file.path_of(url).resolve()
    if not path.parent.is_dir():
        raise Unusable(f"There is no directory {path.parent}. Make it first.")
    if not copy.is_file():
        made = program.line("backup")
        raise Unusable(f"There is no backup {copy}. Name a file that {made} made.")
    if path.exists() and copy.samefile(path):
        raise Unusable(f"{copy} is the store itself. Name a copy.")
    with migrations.locked(path.parent), in_use.alone(path), placing.part_of(path) as part:
        # First into the store's own directory: from there it takes its place in one step.
        backup.copied(copy, part, path, progress)
        feedback, predictions = backup.inspect(part, copy)
        graves, erased = carrying.read(path), Counts()
        if graves and graves.tombstones:
            erased = carrying.erase_anew(graves, part)
            feedback, predictions = backup.inspect(part, copy)
        with closing(database_file.opened_alone(part)) as opened:
            pending = migrations.pending(migrations.applied(opened))
        with database_file.held(path) as is_held:
            if not is_held:
                raise in_use.refusal(path)
            aside = _keep_aside(path)
            placing.place(part, path)
    return Restored(path, aside, feedback, predictions, pending, erased, graves is not None)


def _keep_aside(path: Path) -> Path | None:
    """Give the old store a second name, and take its log from beside the new one.

    A log beside a file that it does not belong to would be written into it.
    """
    if not path.exists():
        aside = None
    else:
        aside = former.new_name(path)
        try:
            os.link(path, aside)
        except OSError:
            # No second names on this file system: for a moment there is none at all.
            path.rename(aside)
    for old in placing.beside(path):
        with suppress(FileNotFoundError):
            old.rename(_beside(old, path, aside))
    return aside


def _beside(old: Path, path: Path, aside: Path | None) -> Path:
    suffix = old.name.removeprefix(path.name)
    base = aside or path.with_name(f"{path.name}.before")
    return base.with_name(base.name + suffix)
