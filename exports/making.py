"""The selected feedback made into lines, in order: of stored texts where that will do, else whole.

`Texts` are read at half the cost of a whole row; what they do not suffice for is read again.
"""

from collections.abc import Iterator
from typing import Final

from exports.made import Made, Run
from exports.maker import Maker
from exports.paging import Pages
from exports.plan import Plan
from exports.query import select_texts
from exports.selection import Reading
from exports.splice import Texts

_PAGE_BYTES: Final = 1024 * 1024
"""Of texts; what they become is there several times before it is written."""


class Making:
    """What the feedback up to the id `newest` becomes, to be made in parts."""

    def __init__(self, plan: Plan, newest: int, *, judges: bool) -> None:
        self._maker = Maker(plan, judges=judges)
        self._whole = Reading(plan.project, plan.filters, newest)
        self._texts = None
        # Whether several corrections agree shows in all of them, which are documents.
        if self._maker.splices and plan.filters.resolve != "agree":
            query = select_texts(plan.project, plan.filters, newest)
            self._texts = Pages(query, Texts._make, _PAGE_BYTES)

    def between(self, after: int, until: int) -> Iterator[Made | Run]:
        """What has an id beyond `after`, up to `until`, which is not above `newest`."""
        if self._texts is None:
            yield from map(self._maker.make, self._whole.between(after, until))
            return
        while after < until:
            page = self._texts.read(after, until, _weight)
            yield from self._made(page)
            after = page[-1].id if page else until

    def _made(self, page: list[Texts]) -> Iterator[Made | Run]:
        these: list[Texts] = []
        lines: list[bytes] = []
        others: list[int] = []
        for texts in page:
            line = None if texts.superseded else self._maker.splice(texts)
            if others and (line or texts.superseded):
                yield from self._made_whole(others)
                others = []
            if line is not None:
                these.append(texts)
                lines.append(line)
                continue
            if these:
                yield self._maker.run(these, lines)
                these, lines = [], []
            if texts.superseded:
                yield self._maker.superseded(texts)
            else:
                others.append(texts.id)
        if these:
            yield self._maker.run(these, lines)
        yield from self._made_whole(others)

    def _made_whole(self, ids: list[int]) -> Iterator[Made]:
        """What becomes of feedback with such ids, between which there is no other."""
        if ids:
            yield from map(self._maker.make, self._whole.between(ids[0] - 1, ids[-1]))


def _weight(texts: Texts) -> int:
    _, _, _, _, _, _, shown, answer, output, tools = texts
    return len(shown or b"") + len(answer or b"") + len(output or b"") + len(tools or b"")
