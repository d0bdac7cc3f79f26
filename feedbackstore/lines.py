"""The lines of an import, checked: each becomes a prediction's columns, or what is wrong with it.

Checking takes longer than everything else together, so a process beside this one does half of it
where there is much: a few batches at a time, for memory is to stay small.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from feedbackstore import members, predictions, second_process
from feedbackstore.errors import Invalid, Unusable
from feedbackstore.second_process import Ended
from feedbackstore.staging import Content

Line = tuple[int, bytes]
Checked = tuple[int, Content | list[str]]

_LINES: Final = 500
_BYTES: Final = 100_000
"""As many as lie ready between two processes without making either wait."""

_BYTES_ALONE: Final = 3_000_000
"""So much is checked before another process could have started."""

_BATCHES_AHEAD: Final = 10


def checked(file: Iterable[bytes], *, alone: bool = True) -> Iterator[Checked]:
    """The number of each line that is not blank, with its columns or the list of its problems.

    Unless `alone`, another process helps with what is beyond the first few batches.
    """
    batches = _batches(file)
    size = 0
    for batch in batches:
        yield from check(batch)
        size += sum(len(line) for _, line in batch)
        if size > _BYTES_ALONE and not alone:
            break
    following = next(batches, None)
    if following is not None:
        yield from _checked_by_two(chain([following], batches))


def check(batch: list[Line]) -> list[Checked]:
    """Check some lines, here."""
    return [(number, _check(line)) for number, line in batch]


def _check(line: bytes) -> Content | list[str]:
    try:
        document, texts = members.parse(line.rstrip(b"\r\n"), envelope=1)
        return predictions.check(document, texts=texts)
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
    # None stands for a batch that the other one has.
    queue: deque[list[Checked] | None] = deque()
    try:
        with second_process.at_work(check) as other:
            for batch in batches:
                if other.has_time():
                    other.give(batch)
                    queue.append(None)
                else:
                    queue.append(check(batch))
                while queue and (queue[0] or other.has_answered() or len(queue) > _BATCHES_AHEAD):
                    yield from queue.popleft() or other.outcome()
            for each in queue:
                yield from each or other.outcome()
    except Ended as error:
        raise Unusable(
            "A process that checked lines was ended from outside, perhaps for want of memory."
            " Nothing was imported."
        ) from error
