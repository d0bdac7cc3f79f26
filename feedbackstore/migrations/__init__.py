"""The schema: numbered changes in this folder, applied by peewee's own runner under a lock.

Each change is a transaction of its own, and holds frozen copies of the tables it makes: the models
go on, a migration that has been released does not. It does the same on SQLite and on PostgreSQL.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import peewee
from playhouse.migrations import Runner

from feedbackstore import database, database_file, program
from feedbackstore.database_errors import Kind, kind_of
from feedbackstore.errors import Unusable
from feedbackstore.migrations import places
from feedbackstore.migrations.places import HISTORY, Place, applied, locked

__all__ = ["HISTORY", "applied", "locked"]

FOLDER: Final = Path(__file__).parent


def upgrade(url: str, timeout: float = 5, before: Callable[[], object] | None = None) -> list[str]:
    """Create the database or bring it up to date; the names of the changes that were applied.

    `before` is called when a store that is older is about to be changed. Raises Unusable for a
    database that is newer than this code, or is none, and Conflict for an older one that is open.
    """
    place = places.of(url)
    with _readable(place), place.locked():
        place.create()
        _refuse_foreign(place)
        _refuse_open_elsewhere(place)
        database.connect(url, timeout)
        _refuse_newer(place)
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
    place = places.of(url)
    with _readable(place):
        _refuse_newer(place)
        steps = _runner().status()
    pending = [step.name for step in steps if not step.applied]
    if len(pending) == len(steps):
        raise Unusable(
            f"The {place.named} holds no store yet. To make it, run: {program.line('migrate')}"
        )
    if pending:
        raise Unusable(
            f"The {place.named} is older than this version: {', '.join(pending)} is not applied."
            f" To bring it up to date, run: {program.line('migrate')}"
        )


def refuse_foreign(url: str) -> None:
    """Raise Unusable for another program's database, which is left as it is."""
    place = places.of(url)
    with _readable(place):
        _refuse_foreign(place)


def _refuse_foreign(place: Place) -> None:
    tables = place.tables()
    if tables and HISTORY not in tables:
        raise Unusable(
            f"The {place.named} is another program's: it has the table {tables[0]}, and none of"
            " a feedback store. Name another: FEEDBACKSTORE_DATABASE_URL."
        )


def _refuse_open_elsewhere(place: Place) -> None:
    """An older version that goes on writing knows nothing of the columns that are added."""
    if place.tables() and pending(place.applied()):
        place.refuse_open()


def _refuse_newer(place: Place) -> None:
    names = [step.name for step in _runner().status() if step.applied]
    refuse_newer(place, names)


def pending(names: Iterable[str]) -> list[str]:
    """The changes that a schema lacks, of which these were applied."""
    return sorted({path.stem for path in FOLDER.glob("[0-9]*.py")} - {*names})


def refuse_newer(place: Place, names: Iterable[str]) -> None:
    """Raise Unusable where one of the changes that were applied is unknown to this version."""
    unknown = _unknown(names)
    if unknown:
        raise Unusable(
            f"The {place.named} is newer than this version, which does not know"
            f" {', '.join(unknown)}. Install the version that made it, or open another database"
            " (set FEEDBACKSTORE_DATABASE_URL)."
            f"{place.way_back(lambda applied: not _unknown(applied))}"
        )


def _unknown(names: Iterable[str]) -> list[str]:
    return sorted({*names} - {file.stem for file in FOLDER.glob("[0-9]*.py")})


def _runner() -> Runner:
    return Runner(database.proxy.obj, str(FOLDER), table_name=HISTORY)


@contextmanager
def _readable(place: Place) -> Iterator[None]:
    try:
        yield
    except (peewee.DatabaseError, *database_file.SQLITE_ERRORS) as error:
        if kind_of(error) is Kind.BUSY:
            raise Unusable(
                f"Another program writes to the {place.named}. Stop it, and run this again."
            ) from error
        said = " ".join(str(error).split())
        raise Unusable(f"The {place.named} cannot be used: {said}. {place.advice}") from error
