"""A database on a PostgreSQL server, with the methods of `sqlite.Sqlite`, for a store that grew.

One transaction writes at a time here too, held apart by an advisory lock: ids then ascend in the
order of the commits, so that no export or page misses a row whose neighbour was committed first,
and what is looked up before a write still holds when it is stored. Writes that wait share a commit
(`group_commit`), as they do in a file.

It speaks through psycopg 3, an extra. Each thread keeps a connection of its own, which may not be
one that a pooler hands to others between two transactions: it has temporary tables and locks.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Final

import peewee

from feedbackstore.database_server import OPEN, conninfo, driver, options
from feedbackstore.wording import worded

_STORE: Final = "hashtext('feedbackstore'), hashtext(current_schema())"
"""The lock of who writes: of this store, whatever else is in the database."""
_LONGEST: Final = 2**31 - 1
"""Milliseconds that the server can be told to wait, at most."""
_OPENED: Final = f"""
    SELECT pg_advisory_lock_shared({OPEN}), set_config('synchronous_commit',
        CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
        ELSE current_setting('synchronous_commit') END, false)
"""
"""Said once on each connection. What is acknowledged is on disk, however the server is set up."""


class Postgres(peewee.PostgresqlDatabase):
    """A database of a server that is there already; its tables are made by `flask migrate`."""

    calls_python = False

    field_types = peewee.PostgresqlDatabase.field_types | {
        # Texts are compared byte for byte, as SQLite does, in whatever language the server was
        # set up.
        "TEXT": 'TEXT COLLATE "C"',
        # Whole numbers are as long as SQLite's: ids are used up by what is undone too.
        "AUTO": "BIGSERIAL",
        "INT": "BIGINT",
    }

    def __init__(self, url: str, timeout: float) -> None:
        self._url, self.timeout = url, timeout
        super().__init__(conninfo(url), prefer_psycopg3=True, **options(url))
        _open.add(self)

    def _connect(self) -> Any:
        connection = super()._connect()  # type: ignore[misc]
        connection.execute(_OPENED)
        return connection

    def address(self) -> str:
        """The URL by which another process opens the same."""
        return self._url

    def is_moved(self) -> bool:
        """False: what a server's connection writes is nowhere else."""
        return False

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        """Run a statement; where the server went away in between, on a new connection."""
        # What peewee says of a table that is ordered by its key alone, for SQLite.
        sql = sql.removesuffix(" WITHOUT ROWID")
        try:
            return super().execute_sql(sql, params or None)
        except peewee.DataError:
            # What would be stored in its place is not what was said.
            if not _holds_nul(params) or not sql.lstrip().startswith("SELECT"):
                raise
            return super().execute_sql(sql, _without_nul(params))
        except (peewee.OperationalError, peewee.InterfaceError):
            if not self._is_lost() or self.in_transaction():
                raise
            self.close()
            return super().execute_sql(sql, params or None)

    def _is_lost(self) -> bool:
        return not self.is_closed() and bool(self.connection().closed)

    def begin(self, wait: float | None = None) -> None:  # type: ignore[override]
        """Begin a transaction: one that sees one state, or one that writes in its turn.

        Raises peewee.OperationalError where others write for longer than `wait` seconds.
        """
        if wait is None:
            self.execute_sql("BEGIN ISOLATION LEVEL REPEATABLE READ")
            return
        # Zero would be for ever. Who does not wait at all tries again every millisecond: the server
        # would put each lock that was waited for in vain into its log.
        patience = min(max(int(wait * 1000), 1), _LONGEST)
        lock = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
        try:
            cursor = self.execute_sql(
                # Under another level it would read what was there before it waited.
                f"BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = {patience};"
                f" SELECT {lock}({_STORE})"
            )
            while cursor.nextset():
                pass
            ((is_locked,),) = cursor
            if is_locked is False:
                raise peewee.OperationalError("others write") from driver().errors.LockNotAvailable(
                    "others write"
                )
        except peewee.DatabaseError:
            if not self._is_lost():
                self.execute_sql("ROLLBACK")
            raise

    def begin_write(self, stack: ExitStack, wait: float) -> None:
        """Enter a write transaction, waiting for it so many seconds."""
        stack.enter_context(self.atomic(wait))

    def snapshot(self) -> AbstractContextManager[Any]:
        """A block whose queries all see one state of the database."""
        return self.atomic()

    def run(self, sql: str, values: Any = ()) -> Any:
        """The cursor of a statement in SQLite's words."""
        return self.execute_sql(worded(sql), values)

    def run_many(self, sql: str, rows: Any) -> None:
        """Run a statement in SQLite's words with each of the rows."""
        with peewee.__exception_wrapper__, self.connection().cursor() as cursor:  # type: ignore[attr-defined]
            cursor.executemany(worded(sql), rows)

    def take_in(self, table: str, columns: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Add rows with their ids to a table, the fastest way; new ids go on after the highest."""
        copy = f'COPY "{table}" ({", ".join(columns)}) FROM STDIN'
        with peewee.__exception_wrapper__, self.connection().cursor() as cursor:  # type: ignore[attr-defined]
            with cursor.copy(copy) as taken:
                for row in rows:
                    taken.write_row(row)
            if "id" in columns:
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id))"  # noqa: S608
                    f' FROM "{table}" HAVING max(id) > 0'
                )

    def prepare_temporary(self) -> None:
        """Nothing: a server's temporary tables are its own affair."""

    def new_id(self, inserted: Any) -> int:
        """The id of the row that a statement inserted: peewee lets it return that."""
        (row,) = inserted.fetchone()
        return int(row)

    def as_bytes(self, text: Any) -> Any:
        """An SQL expression: a text as bytes in UTF-8."""
        return peewee.fn.convert_to(text, "UTF8")

    def hold_pages(self) -> None:
        """Nothing: a server has its own memory."""

    def reread(self) -> None:
        """Ask the server for anything. Raises peewee.DatabaseError where it does not answer."""
        self.execute_sql("SELECT 1")

    def has_room(self, _: int) -> bool:
        """True: a server that is full says so itself."""
        return True

    def sizes(self) -> tuple[int, int | None]:
        """The bytes of the store's tables and indexes; its log is the server's."""
        ((size,),) = self.execute_sql(
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        )
        return int(size), None

    def highest_ids(self) -> Iterator[tuple[str, int]]:
        """The highest row id of each table that has some."""
        found = self.execute_sql(
            "SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences"
            " WHERE schemaname = current_schema() ORDER BY 1"
        )
        for name, highest in found.fetchall():
            yield name.removesuffix("_id_seq"), highest

    def last_change(self, table: str) -> int:
        """What is another once a row came to a table of which none is ever deleted."""
        ((count,),) = self.execute_sql(f'SELECT count(*) FROM "{table}"')  # noqa: S608
        return int(count)

    def take_samples(self, tables: Iterable[str] = ()) -> None:
        """Let the server see what is in some tables, or in all: it plans by that.

        It looks by itself a minute later, and until then may read all of a table for each row.
        """
        for table in tables or self.get_tables():
            self.execute_sql(f'ANALYZE "{table}"')

    def flush(self, _: float) -> bool:
        """True: a server empties its log by itself. What is deleted leaves its samples."""
        self.take_samples()
        return True

    def rebuild(self) -> None:
        """Write every table anew, without what was deleted; nobody else writes meanwhile."""
        # Who would write waits for the writer's turn, and not, again and again, for a table.
        self.execute_sql(f"SELECT pg_advisory_lock({_STORE})")
        try:
            for table in self.get_tables():
                self.execute_sql(f'VACUUM (FULL, ANALYZE) "{table}"')
            # Where the samples are; left alone, with a warning, where the database is another's.
            self.execute_sql("VACUUM FULL pg_statistic")
        finally:
            self.execute_sql(f"SELECT pg_advisory_unlock({_STORE})")


def _holds_nul(params: Any) -> bool:
    values = params.values() if isinstance(params, dict) else params or ()
    return any(isinstance(value, str) and "\0" in value for value in values)


def _without_nul(params: Any) -> Any:
    """Values to look for, of which a text with a NUL is nowhere, and not even to be said here."""

    def sayable(value: Any) -> Any:
        # What comes in its place is no character, by its definition (Unicode, 23.7).
        return value.replace("\0", "\ufffe") if isinstance(value, str) else value

    if isinstance(params, dict):
        return {name: sayable(value) for name, value in params.items()}
    return [sayable(value) for value in params]


_open: Final[weakref.WeakSet[Postgres]] = weakref.WeakSet()


def _forget() -> None:
    """Two processes must not speak on one connection: a child of this one opens its own."""
    for database in _open:
        database._state.reset()  # type: ignore[attr-defined]  # noqa: SLF001 - closing ends the parent's


os.register_at_fork(after_in_child=_forget)
