"""The lines of an import, checked: each becomes a prediction's columns, or what is wrong with it.

Checking takes longer than everything else together, so a process beside this one does half of it
where there is much: a few batches at a time, for memory is to stay small.
"""

import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from multiprocessing import get_context
from typing import Final

from feedbackstore import documents, predictions
from feedbackstore.errors import Invalid, Unusable
from feedbackstore.staging import Content

Line = tuple[int, bytes]
Checked = tuple[int, Content | list[str]]

_LINES: Final = 500
_BYTES: Final = 1_000_000

_BATCHES_ALONE: Final = 4
"""So much is checked before another process could have started."""

_BATCHES_AHEAD: Final = 6
_BATCHES_OF_THE_OTHER: Final = 2


def checked(file: Iterable[bytes], *, alone: bool = True) -> Iterator[Checked]:
    """The number of each line that is not blank, with its columns or the list of its problems.

    Unless `alone`, another process helps with what is beyond the first few batches. It imports the
    main module, as those of multiprocessing do: a script has to guard what it runs.
    """
    batches = _batches(file)
    for batch in batches if alone else islice(batches, _BATCHES_ALONE):
        yield from check(batch)
    following = next(batches, None)
    if following is not None:
        yield from _checked_by_two(chain([following], batches))


def check(batch: list[Line]) -> list[Checked]:
    """Check some lines, here."""
    return [(number, _check(line)) for number, line in batch]


def _check(line: bytes) -> Content | list[str]:
    try:
        return predictions.check(documents.parse(line.rstrip(b"\r\n"), envelope=1))
    except Invalid as error:
        return [str(problem) for problem in error.problems]


def _batches(file: Iterable[bytes]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    size = 0
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        batch.append((number, line))
        size += len(line)
        if len(batch) == _LINES or size > _BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _checked_by_two(batches: Iterable[list[Line]]) -> Iterator[Checked]:
    """Check batches here and in another process, whichever is free."""
    # Not forked: a connection to the database must not be carried along.
    context = get_context("spawn")
    try:
        with ProcessPoolExecutor(1, context, _leave_interrupts_to_the_parent) as other:
            queue: deque[Future[list[Checked]]] = deque()
            for batch in batches:
                busy = sum(not future.done() for future in queue) >= _BATCHES_OF_THE_OTHER
                queue.append(_done(check(batch)) if busy else other.submit(check, batch))
                while queue and (queue[0].done() or len(queue) > _BATCHES_AHEAD):
                    yield from queue.popleft().result()
            for future in queue:
                yield from future.result()
    except BrokenProcessPool as error:
        raise Unusable(
            "A process that checked lines was ended from outside, perhaps for want of memory."
            " Nothing was imported."
        ) from error


def _done(result: list[Checked]) -> Future[list[Checked]]:
    future: Future[list[Checked]] = Future()
    future.set_result(result)
    return future


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
