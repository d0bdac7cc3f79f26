"""The store brought up to date, a copy of what it was kept beside it."""

from pathlib import Path
from typing import NamedTuple

from feedbackstore import (
    __version__,
    backup,
    database_file,
    database_server,
    former,
    migrations,
    program,
)
from feedbackstore.errors import Unusable


class Upgraded(NamedTuple):
    """The changes that were applied, and the copy from before; None where nothing was stored."""

    applied: list[str]
    kept: Path | None


def upgrade(url: str, timeout: float, *, keep: bool = True) -> Upgraded:
    """Create the database at `url`, or bring it up to date.

    A store in a file that is older is copied first, unless `keep` is false. Raises Unusable where
    that fails, with nothing changed, and for a database that is newer, or is none.
    """
    kept: list[Path] = []

    def copy() -> None:
        target = former.new_name(database_file.path_of(url), __version__)
        try:
            kept.append(backup.make(url, target).path)
        except Unusable as error:
            raise Unusable(
                f"The store was not brought up to date, for no copy of it could be kept: {error}"
                f" To do without one: {program.line('migrate --no-backup')}"
            ) from None

    try:
        is_file = not database_server.is_meant(url)
        applied = migrations.upgrade(url, timeout, copy if keep and is_file else None)
    except BaseException:
        # Tried again and again, it would leave one each time.
        for path in kept:
            if not migrations.has_changed(url, path):
                path.unlink()
        raise
    return Upgraded(applied, kept[0] if kept else None)
