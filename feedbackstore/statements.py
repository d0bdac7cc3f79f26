"""Statements whose SQL is written once: peewee takes longer to write it than SQLite to run it."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any, Final

import peewee

from feedbackstore.database import proxy

VARIABLES: Final = 500
"""Values in one statement: older builds of SQLite take 999."""


class Statement:
    """A statement to run with other values each time.

    `build` makes the query, with a `parameter` of a name in each value's place.
    """

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build
        # By the mark of a value's place, which tells the kinds of databases apart.
        self._made: dict[str, tuple[str, list[str]]] = {}

    def run(self, values: Mapping[str, Any]) -> Any:
        """The cursor of one execution."""
        mark = proxy.obj.param
        if mark not in self._made:
            self._made[mark] = self._build().sql()
        sql, names = self._made[mark]
        return proxy.execute_sql(sql, [values.get(name) for name in names])


def parameter(name: str) -> Any:
    """What stands in a Statement for the value of that name."""
    return peewee.Value(name, converter=False)


def parameters(most: int) -> list[Any]:
    """What stands in a Statement for a list of `numbered` values, so many at most."""
    return [parameter(str(number)) for number in range(most)]


def numbered(values: Iterable[Any]) -> dict[str, Any]:
    """A list's values for `parameters`: where it is shorter, the rest of them are NULL."""
    return {str(number): value for number, value in enumerate(values)}


def fields(model: type[peewee.Model]) -> list[Any]:
    """The fields of a model that are given a value, in their order."""
    meta = model._meta  # noqa: SLF001 - peewee documents it
    return [field for field in meta.sorted_fields if not isinstance(field, peewee.AutoField)]


def insert_all(model: type[peewee.Model], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows, each with a value for each of `fields`: many, at little cost each.

    To be called inside a write transaction.
    """
    # A statement for many rows takes half the time of one for each.
    for some in peewee.chunked(rows, VARIABLES // len(fields(model))):
        sql = _insert_many(model, len(some), proxy.obj.param)
        proxy.execute_sql(sql, tuple(chain.from_iterable(some)))


@lru_cache
def _insert_many(model: type[peewee.Model], count: int, mark: str) -> str:  # noqa: ARG001 - see Statement
    columns = fields(model)
    rows = [[parameter(field.name) for field in columns]] * count
    text, _ = model.insert_many(rows, columns).sql()
    return str(text)
