"""Statements whose SQL is written once: peewee takes longer to write it than SQLite to run it."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import peewee

from feedbackstore.database import proxy


class Statement:
    """A statement to run with other values each time.

    `build` makes the query, with a `parameter` of a name in each value's place.
    """

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build

    @cached_property
    def _made(self) -> tuple[str, list[str]]:
        sql, names = self._build().sql()
        return sql, names

    def run(self, values: Mapping[str, Any]) -> Any:
        """The cursor of one execution."""
        sql, names = self._made
        return proxy.execute_sql(sql, [values.get(name) for name in names])


def parameter(name: str) -> Any:
    """What stands in a Statement for the value of that name."""
    return peewee.Value(name, converter=False)


def fields(model: type[peewee.Model]) -> list[Any]:
    """The fields of a model, in their order."""
    found: list[Any] = model._meta.sorted_fields  # noqa: SLF001 - peewee documents it
    return found


def insert_all(one: peewee.Insert, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert `one` with the values of each row in place of its own: many, at little cost each.

    To be called inside a write transaction.
    """
    statement, _ = one.sql()
    proxy.connection().executemany(statement, rows)
