"""Rows made in several processes, and handed over in the order of their feedback.

Each process reads spans of the store by turns and makes what can be made of a row alone. What
remembers (duplicates, domains) judges here, in order: the outcome is that of one process.
A process waits until what it made is taken: nothing piles up.
"""

import fcntl
import multiprocessing
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import cycle
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Final

from exports import selection
from exports.example import Skip
from exports.made import Made, Run
from exports.making import Making
from exports.memory import Memory
from exports.plan import Plan
from feedbackstore import database
from feedbackstore.command import told
from feedbackstore.database_errors import ERRORS, explained
from feedbackstore.errors import StoreError
from feedbackstore.second_process import uninterrupted
from feedbackstore.store import open_store

_SPAN: Final = 200
_ENOUGH: Final = 1024 * 1024
"""Bytes of lines and images after which a message is sent."""


def made(plan: Plan, jobs: int) -> Iterator[Made | Run]:
    """What the selected feedback becomes. Raises StoreError where a process fails or is killed."""
    newest, memory = selection.last_id(plan.project), plan.memory()
    with _processes(plan, newest, jobs) as sources:
        for _, source in zip(range(0, newest, _SPAN), cycle(sources), strict=False):
            while batch := _received(source):
                yield from (_judged(some, memory) for some in batch)


def _judged(some: Made | Run, memory: Memory) -> Made | Run:
    if isinstance(some, Run) or some.noted is None or some.noted.mark is None:
        return some
    try:
        memory.judge(some.noted.mark)
    except Skip as skip:
        return some._replace(reason=skip.reason, lines=[])
    return some


def _received(source: Connection) -> list[Made | Run]:
    """The next rows of a span, none at its end."""
    try:
        received = source.recv()
    except (EOFError, OSError):
        raise StoreError(
            "A process of the export was ended from outside, and the export with it (is there"
            " enough memory?). Nothing was written. Run it again, perhaps with fewer --jobs."
        ) from None
    if isinstance(received, str):
        raise StoreError(f"A process of the export failed: {received}")
    batch: list[Made | Run] = received
    return batch


@contextmanager
def _processes(plan: Plan, newest: int, jobs: int) -> Iterator[list[Connection]]:
    """So many processes at work; where they can be heard, in turn."""
    # A fresh interpreter each: a connection to SQLite must not be carried over a fork.
    context = multiprocessing.get_context("spawn")
    # What the earlier export knows is asked for here alone, and may be large.
    plan, opened = replace(plan, since=None), database.opened()
    workers: list[SpawnProcess] = []
    sources: list[Connection] = []
    try:
        for turn in range(jobs):
            source, sink = context.Pipe(duplex=False)
            _widen(sink)
            spans = range(turn * _SPAN, newest, jobs * _SPAN)
            arguments = (sink, opened, plan, newest, spans, _SPAN)
            workers.append(context.Process(target=_work, args=arguments, daemon=True))
            sources.append(source)
            with uninterrupted():
                workers[-1].start()
            # Now it is the process's alone: when that ends, so does what is heard of it.
            sink.close()
        yield sources
    finally:
        for source, worker in zip(sources, workers, strict=True):
            source.close()
            if worker.pid is not None:
                worker.terminate()
                worker.join()


def _widen(pipe: Connection) -> None:
    """Let a process go on while what it made lies in the pipe, where the system can do that."""
    with suppress(AttributeError, OSError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _ENOUGH)


def _work(
    sink: Connection,
    opened: tuple[str, float],
    plan: Plan,
    newest: int,
    spans: range,
    width: int,
) -> None:
    """Make the rows of some spans, in a process of its own."""
    # Nobody listens any more where the pipe is broken.
    with suppress(BrokenPipeError):
        try:
            open_store(*opened)
            making = Making(plan, newest, judges=False)
            for after in spans:
                for batch in _batches(making.between(after, min(after + width, newest))):
                    sink.send(batch)
                sink.send([])
        except BrokenPipeError:
            raise
        except StoreError as error:
            sink.send(told(error))
        except ERRORS as error:
            sink.send(told(explained(error, "The store cannot be read.")))
        except Exception as error:  # noqa: BLE001 - the parent tells of it, whatever it is
            sink.send(f"{type(error).__name__}: {error}")


def _batches(made: Iterable[Made | Run]) -> Iterator[list[Made | Run]]:
    """Rows in messages that are not too large."""
    batch: list[Made | Run] = []
    size = 0
    for some in made:
        batch.append(some)
        size += _size(some)
        if size >= _ENOUGH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _size(some: Made | Run) -> int:
    if isinstance(some, Run):
        return len(some.data)
    images = sum(map(len, some.noted.images.values())) if some.noted is not None else 0
    return sum(map(len, some.lines)) + images
