"""Rows made in several processes, and handed over in the order of their feedback.

Each process makes what can be made of a row alone, a span of the store at a time; this one too,
while the others have enough to do. What remembers (duplicates, domains) judges here, in order: the
outcome is that of one process.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Final, NamedTuple

from exports import selection
from exports.example import Skip
from exports.made import Made, Run
from exports.making import Making
from exports.memory import Memory
from exports.plan import Plan
from feedbackstore import database, second_process
from feedbackstore.command import told
from feedbackstore.database_errors import ERRORS, explained
from feedbackstore.errors import StoreError
from feedbackstore.second_process import Ended, SecondProcess
from feedbackstore.store import open_store

_SPAN: Final = 125
"""With twice as many rows of some kilobytes, messages take memory that is given back each time."""

_ENOUGH: Final = 1024 * 1024
"""Bytes after which a span is made no further at once."""

_AHEAD: Final = 4 * 1024 * 1024
"""Bytes that may lie ready here while another process's are waited for."""

_BARE: Final = 500
"""Bytes of a piece of feedback without its lines."""


class Span(NamedTuple):
    """Feedback with an id beyond `after`, up to `until`."""

    after: int
    until: int


class Part(NamedTuple):
    """What became of a span as far as it was made, which is up to the id `until`."""

    made: list[Made | Run]
    size: int
    until: int


Other = SecondProcess[Span, Part | str]


def made(plan: Plan, jobs: int) -> Iterator[Made | Run]:
    """What the selected feedback becomes. Raises StoreError where a process fails or is killed."""
    memory = plan.memory()
    try:
        for some in _Spans(plan).made(jobs - 1):
            yield _judged(some, memory)
    except Ended:
        raise StoreError(
            "A process of the export was ended from outside, and the export with it (is there"
            " enough memory?). Nothing was written. Run it again, perhaps with fewer --jobs."
        ) from None


def _judged(some: Made | Run, memory: Memory) -> Made | Run:
    if isinstance(some, Run) or some.noted is None or some.noted.mark is None:
        return some
    try:
        memory.judge(some.noted.mark)
    except Skip as skip:
        return some._replace(reason=skip.reason, lines=[])
    return some


class _Spans:
    """The whole store, span by span, as wide as the last ones let expect to be made at once."""

    def __init__(self, plan: Plan) -> None:
        # What the earlier export knows is asked for by who writes, and may be large.
        self._plan = replace(plan, since=None)
        self._newest = selection.last_id(plan.project)
        self._make = _Making(self._plan, self._newest)
        self._width = 1

    def made(self, others: int) -> Iterator[Made | Run]:
        """What becomes of them, with so many processes beside this one."""
        there = _Making(self._plan, self._newest, database.opened())
        with ExitStack() as block:
            at_work: list[Other] = [
                block.enter_context(second_process.at_work(there)) for _ in range(others)
            ]
            queue: deque[tuple[Span, Part | str | Other]] = deque()
            for span in self._all():
                queue.append((span, self._given(span, at_work)))
                while queue and (_is_there(queue[0][1]) or _size_of(queue) > _AHEAD):
                    yield from self._whole(*queue.popleft())
            for each in queue:
                yield from self._whole(*each)

    def _all(self) -> Iterator[Span]:
        after = 0
        while after < self._newest:
            until = min(after + self._width, self._newest)
            yield Span(after, until)
            after = until

    def _given(self, span: Span, at_work: list[Other]) -> Part | str | Other:
        """Who makes the span, or what was made of it here."""
        for other in at_work:
            if other.has_time():
                other.give(span)
                return other
        return self._make(span)

    def _whole(self, span: Span, found: Part | str | Other) -> Iterator[Made | Run]:
        part = found.outcome() if isinstance(found, SecondProcess) else found
        if not isinstance(part, str):
            self._width = min(2 * (part.until - span.after), _SPAN)
        while True:
            if isinstance(part, str):
                raise StoreError(f"A process of the export failed: {part}")
            yield from part.made
            if part.until == span.until:
                return
            part = self._make(Span(part.until, span.until))


def _is_there(found: Part | str | Other) -> bool:
    return not isinstance(found, SecondProcess) or found.has_answered()


def _size_of(queue: deque[tuple[Span, Part | str | Other]]) -> int:
    return sum(found.size for _, found in queue if isinstance(found, Part))


class _Making:
    """Makes parts of spans, in another process if it is told which store to open."""

    def __init__(self, plan: Plan, newest: int, store: tuple[str, float] | None = None) -> None:
        self._plan, self._newest, self._store = plan, newest, store
        self._making: Making | None = None

    def __call__(self, span: Span) -> Part | str:
        """What becomes of the span, not less than one piece of it, or why nothing does."""
        try:
            return self._part(span)
        except StoreError as error:
            return told(error)
        except ERRORS as error:
            return told(explained(error, "The store cannot be read."))
        except Exception as error:  # noqa: BLE001 - whoever asked tells of it, whatever it is
            return f"{type(error).__name__}: {error}"

    def _part(self, span: Span) -> Part:
        if self._making is None:
            if self._store is not None:
                open_store(*self._store)
            self._making = Making(self._plan, self._newest, judges=False)
        made: list[Made | Run] = []
        size = 0
        for some in self._making.between(*span):
            made.append(some)
            size += _size(some)
            if size >= _ENOUGH:
                return Part(made, size, some.ids[-1])
        return Part(made, size, span.until)


def _size(some: Made | Run) -> int:
    if isinstance(some, Run):
        return len(some.data)
    images = sum(map(len, some.noted.images.values())) if some.noted is not None else 0
    return _BARE + sum(map(len, some.lines)) + images
