"""The key that a new store begins with: shown on a terminal, else in a file that one may read."""

import os
from pathlib import Path
from typing import IO, Final

from feedbackstore import database, keys, placing
from feedbackstore.errors import Unusable

NAME: Final = "first-key"
"""The file, beside the database."""


def show_on(terminal: IO[str]) -> None:
    """Make a key where none was ever made, and print it."""
    with database.write():
        key = None if keys.are_any() else keys.create(name="first")
        if key is not None:
            terminal.write(
                f"\nThe first API key, shown this once:\n\n    export VLMRUN_API_KEY={key}\n\n"
            )
            terminal.flush()


def write_beside(path: Path) -> Path | None:
    """Make a key where none was ever made, and write it into a file that only its owner may read.

    Returns the file, None where there was a key. Raises Unusable where it cannot be written; then
    no key was made. Another store's, that nobody has fetched yet, stays where it is.
    """
    beside = path.absolute().with_name(NAME)
    with database.write():
        key = None if keys.are_any() else keys.create(name="first")
        if key is None:
            return None
        # One part for all stores of a directory: a name that is free stays so until it is taken.
        with placing.part_of(beside) as part:
            target = _free(beside, path)
            part.write_text(f"{key}\n", encoding="utf-8")
            placing.place(part, target)
    return target


def _free(beside: Path, path: Path) -> Path:
    own = beside.with_name(f"{path.name}.{NAME}")
    for target in (beside, own):
        if not os.path.lexists(target):
            return target
    raise Unusable(f"{own} is there already: it would be written over. Move it elsewhere.")
