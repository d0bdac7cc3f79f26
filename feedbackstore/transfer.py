"""A store from its file into an empty database of a PostgreSQL server: all of it, or nothing.

Rows keep their ids, and new ones go on after the highest. They are read one after another, those
first that others refer to: memory holds no table.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple

import peewee

from feedbackstore import database, database_file, in_use, migrations, program
from feedbackstore.database_file import Connection
from feedbackstore.errors import Conflict, Unusable
from feedbackstore.models import TABLES, Project

_TOLD_EVERY = 1000
_INSTEAD: Final = "\ufffd"
"""What stands in place of a NUL, which a comment could hold once, and PostgreSQL cannot."""


class Moved(NamedTuple):
    """How many rows each table has, and how many of all had a NUL in some text."""

    rows: dict[str, int]
    altered: int


def transfer(path: Path, url: str, progress: Callable[[int, int], None]) -> Moved:
    """Copy the store in a file to the database at `url`.

    `progress` hears how many rows are done, of how many. Raises Conflict where somebody has the
    file open or something is stored at `url`, Unusable where one of the two cannot be used.
    """
    database_file.refuse_missing(path)
    with in_use.alone(path), closing(database_file.opened_alone(path)) as source:
        _refuse_other_schema(path, source)
        counts = {_name(model): database_file.count(source, _name(model)) for model in TABLES}
        migrations.upgrade(url)
        with database.write():
            if Project.select().exists():
                raise Conflict("There is a store in that database already. Name an empty one.")
            altered = _copy(source, lambda done: progress(done, sum(counts.values())))
        database.proxy.take_samples()
    return Moved(counts, altered)


def _copy(source: Connection, done: Callable[[int], None]) -> int:
    numbers, altered = count(1), 0

    def counted(rows: Iterator[Any]) -> Iterator[Any]:
        nonlocal altered
        for row in rows:
            if any(isinstance(value, str) and "\0" in value for value in row):
                altered += 1
                yield [_sayable(value) for value in row]
            else:
                yield row
            number = next(numbers)
            if number % _TOLD_EVERY == 0:
                done(number)

    for model in TABLES:
        columns = [field.column_name for field in model._meta.sorted_fields]  # noqa: SLF001 - peewee has it so
        rows = source.execute(f'SELECT {", ".join(columns)} FROM "{_name(model)}"')  # noqa: S608
        try:
            database.proxy.take_in(_name(model), columns, counted(rows))
        except (peewee.DataError, peewee.IntegrityError, *database_file.SQLITE_ERRORS) as error:
            raise Unusable(f"A row of {_name(model)} cannot be copied: {error}") from error
    return altered


def _sayable(value: Any) -> Any:
    return value.replace("\0", _INSTEAD) if isinstance(value, str) else value


def _refuse_other_schema(path: Path, source: Connection) -> None:
    if not {migrations.HISTORY, "feedback"} <= {*database_file.tables(source)}:
        raise Unusable(f"The database {path} is no feedback store's.")
    applied = migrations.applied(source)
    migrations.refuse_newer(migrations.places.File(path), applied)
    if migrations.pending(applied):
        raise Unusable(
            f"The database {path} is older than this version. Bring it up to date first:"
            f" {program.line('migrate')}"
        )


def _name(model: type[peewee.Model]) -> str:
    return str(model._meta.table_name)  # noqa: SLF001 - peewee documents it
