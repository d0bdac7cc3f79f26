"""Feedback read a page at a time, in the order of its ids.

No read transaction outlives its page: a long export never holds back the server's log.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from peewee import ModelSelect

from feedbackstore.database import proxy
from feedbackstore.models import Feedback

PAGE: Final = 250
"""With twice as many, what is made of a page does not stay in the processor's cache."""

Row = TypeVar("Row")


class Pages(Generic[Row]):
    """The rows of a query, each made of its columns by `make`."""

    def __init__(
        self,
        query: ModelSelect[Feedback],
        make: Callable[[tuple[Any, ...]], Row],
        page_bytes: int,
        page: int = PAGE,
    ) -> None:
        self._make, self._page, self._page_bytes = make, page, page_bytes
        # The only bounds of the ids: of two upper ones SQLite goes by one, be it the far one.
        bounded = query.where(Feedback.id > 0, Feedback.id <= 0).order_by(Feedback.id).limit(page)
        # Worded once, for it takes longer than to read a page; the last values are given anew.
        self._statement, (*self._values, _, _, _) = bounded.sql()

    def read(self, after: int, until: int, weigh: Callable[[Row], int]) -> list[Row]:
        """A page of what has an id beyond `after`, up to `until`; none where there is nothing.

        It is shorter where its rows are large, as `weigh` has it in bytes.
        """
        rows: list[Row] = []
        size = 0
        for columns in proxy.execute_sql(
            self._statement, [*self._values, after, until, self._page]
        ):
            row = self._make(columns)
            rows.append(row)
            size += weigh(row)
            if size >= self._page_bytes:
                break
        return rows
