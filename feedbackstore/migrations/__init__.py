"""The schema: numbered changes in this folder, applied by peewee's own runner under a lock.

Each change is a transaction of its own, and holds frozen copies of the tables it makes: the models
go on, a migration that has been released does not.
"""

import fcntl
import os
import shlex
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import peewee
from playhouse.migrations import Runner

from feedbackstore import database, database_file, former, in_use, program
from feedbackstore.database_errors import name_of
from feedbackstore.errors import Unusable

FOLDER: Final = Path(__file__).parent
HISTORY: Final = "schema_migration"


def upgrade(url: str, timeout: float = 5, before: Callable[[], object] | None = None) -> list[str]:
    """Create the database or bring it up to date; the names of the changes that were applied.

    `before` is called when a store that is older is about to be changed. Raises Unusable for a
    database that is newer than this code, or is none, and Conflict for an older one that is open.
    """
    path = database_file.path_of(url)
    with locked(path.parent):
        database_file.create(url)
        with _readable(path):
            refuse_foreign(url)
            _refuse_open_elsewhere(path)
            database.connect(url, timeout)
            _refuse_newer(path)
            are_applied = {bool(step.applied) for step in _runner().status()}
            if before is not None and are_applied == {True, False}:
                before()
            return list(_runner().up())


def has_changed(url: str, former: Path) -> bool:
    """Whether a database's schema is another than a former copy's; in doubt, it is."""
    try:
        with (
            closing(database_file.opened_live(database_file.path_of(url))) as now,
            closing(database_file.opened_alone(former)) as before,
        ):
            return applied(now) != applied(before)
    except (Unusable, *database_file.SQLITE_ERRORS):
        return True


def apply_pending() -> list[str]:
    """Bring the open database, of which nobody else knows, up to date; what was applied."""
    return list(_runner().up())


def check(url: str) -> None:
    """Raise Unusable unless the open database has exactly the schema that this code knows."""
    path = database_file.path_of(url)
    with _readable(path):
        _refuse_newer(path)
        pending = [step.name for step in _runner().status() if not step.applied]
    if pending:
        raise Unusable(
            f"The database {path} is older than this version: {', '.join(pending)} is not applied."
            f" To bring it up to date, run: {program.line('migrate')}"
        )


def refuse_foreign(url: str) -> None:
    """Raise Unusable for another program's database, which is left as it is."""
    path = database_file.path_of(url)
    with _readable(path):
        tables = database_file.look_at_tables(path)
    if tables and HISTORY not in tables:
        raise Unusable(
            f"The database {path} is another program's: it has the table {tables[0]}, and none of"
            " a feedback store. Name another file: FEEDBACKSTORE_DATABASE_URL."
        )


def _refuse_open_elsewhere(path: Path) -> None:
    """An older version that goes on writing knows nothing of the columns that are added."""
    if not database_file.look_at_tables(path):
        return
    with closing(database_file.opened_live(path)) as connection:
        is_older = bool(pending(applied(connection)))
    if is_older:
        in_use.leave()
        with in_use.alone(path):
            pass


def _refuse_newer(path: Path) -> None:
    refuse_newer(path, [step.name for step in _runner().status() if step.applied])


def applied(connection: database_file.Connection) -> list[str]:
    """The changes that made a database's schema, in their order; it must be a feedback store's."""
    return [name for (name,) in connection.execute(f"SELECT name FROM {HISTORY} ORDER BY name")]


def pending(names: Iterable[str]) -> list[str]:
    """The changes that a schema lacks, of which these were applied."""
    return sorted({path.stem for path in FOLDER.glob("[0-9]*.py")} - {*names})


def refuse_newer(path: Path, names: Iterable[str]) -> None:
    """Raise Unusable where one of the changes that were applied is unknown to this version."""
    unknown = _unknown(names)
    if unknown:
        raise Unusable(
            f"The database {path} is newer than this version, which does not know"
            f" {', '.join(unknown)}. Install the version that made it, or open another database"
            f" (set FEEDBACKSTORE_DATABASE_URL).{_way_back(path)}"
        )


def _unknown(names: Iterable[str]) -> list[str]:
    return sorted({*names} - {file.stem for file in FOLDER.glob("[0-9]*.py")})


def _way_back(path: Path) -> str:
    """What to do for whoever wants to stay with this version, where a copy for it is there."""

    def fits(copy: database_file.Connection) -> bool:
        return not _unknown(applied(copy))

    copy = former.newest(path, fits)
    if copy is None:
        return ""
    command = program.line(f"restore {shlex.quote(str(copy))}")
    return (
        " Or go back to the store as it was before, without what came since: stop the server and"
        f" run: {command}"
    )


def _runner() -> Runner:
    return Runner(database.proxy.obj, str(FOLDER), table_name=HISTORY)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (peewee.DatabaseError, *database_file.SQLITE_ERRORS) as error:
        if name_of(error).startswith("SQLITE_BUSY"):
            raise Unusable(
                f"Another program writes to the database {path}. Stop it, and run this again."
            ) from error
        raise Unusable(
            f"The database {path} cannot be used: {error}. Check the file and its permissions, or"
            " name another: FEEDBACKSTORE_DATABASE_URL."
        ) from error


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Wait until no other process migrates in `directory`.

    The kernel lets go of the lock when its holder dies. It is taken on the directory, not on the
    database: closing any descriptor of that file would drop SQLite's own locks.
    """
    try:
        descriptor = os.open(directory, os.O_RDONLY)
    except OSError as error:
        raise Unusable(f"The directory {directory} cannot be used: {error.strerror}.") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
