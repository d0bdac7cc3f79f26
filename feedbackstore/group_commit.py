"""Group commit: writes that wait at the same moment share one transaction and one sync.

A sync to the disk costs the same for one row as for a hundred. While one commit is under way the
next writes gather, so that batches form by themselves, without a timer; each write learns of its
end only after the commit that holds it. There is no thread for it: whoever comes first commits
for all who wait, be it a thread or the event loop. To hand rows to a thread and results back costs
more than the sync does, since the two then contend for the interpreter.
"""

import asyncio
import threading
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import Any, Final, Generic, TypeVar, cast

from feedbackstore import database
from feedbackstore.counters import counters
from feedbackstore.database_errors import full
from feedbackstore.errors import Locked, Unavailable
from feedbackstore.reserve import reserve

Result = TypeVar("Result")
Outcome = tuple[Any, Exception | None]

BOUNDS: Final = (1, 2, 4, 8, 16, 32, 64, 128)
"""How many writes shared a commit, as it is counted."""

_BATCH: Final = 256
"""Writes in one transaction, at most: other processes wait for it to end."""


class _Write(Generic[Result]):
    """One write that waits, then what became of it."""

    def __init__(self, work: Callable[[], Result], done: Callable[[], None]) -> None:
        self.work = work
        self.done = done
        self.until = time.monotonic() + database.timeout()
        self.finished = False
        self._result: Result | None = None
        self._error: BaseException | None = None

    def finish(self, result: Result | None, error: BaseException | None = None) -> None:
        self._result, self._error = result, error
        self.finished = True
        self.done()

    def outcome(self) -> Result:
        if self._error is not None:
            raise self._error
        return cast("Result", self._result)


class GroupCommit:
    """The writes of one process; `limit` is how many may wait.

    The work that is given to it is called in a write transaction. What one raises fails it alone;
    it may be called again after a rollback, so it should change nothing but the database.
    """

    def __init__(self, limit: int = 1000) -> None:
        self.limit = limit
        self._waiting: deque[_Write[Any]] = deque()
        self._planned: asyncio.AbstractEventLoop | None = None

    @cached_property
    def _leading(self) -> threading.Lock:
        # Made at the first write: gevent replaces locks only after an app was preloaded. (Two
        # threads may make two at first: then both commit, which SQLite takes one after the other.)
        return threading.Lock()

    def write(self, work: Callable[[], Result]) -> Result:
        """What `work` returns, once it is on disk. Raises Unavailable where too many wait."""
        write = self._enqueue(work, _nothing)
        while not write.finished:
            with self._leading:
                if not write.finished:
                    self._commit(self._next())
        return write.outcome()

    async def awrite(self, work: Callable[[], Result]) -> Result:
        """The same; an event loop goes on meanwhile. Without one it blocks the thread."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return self.write(work)
        ended, home = loop.create_future(), threading.get_ident()

        def done() -> None:
            if threading.get_ident() == home:
                _end(ended)
            else:
                loop.call_soon_threadsafe(_end, ended)

        write = self._enqueue(work, done)
        self._plan(loop)
        try:
            await ended
        except asyncio.CancelledError:
            self._forget(write)
            raise
        return write.outcome()

    def _enqueue(self, work: Callable[[], Result], done: Callable[[], None]) -> _Write[Result]:
        if len(self._waiting) >= self.limit:
            raise Unavailable("Too many writes are waiting.")
        write = _Write(work, done)
        self._waiting.append(write)
        counters.set("waiting", len(self._waiting))
        return write

    def _forget(self, write: _Write[Any]) -> None:
        """Drop a write whose caller has gone, unless it is being written."""
        with suppress(ValueError):
            self._waiting.remove(write)

    def _plan(self, loop: asyncio.AbstractEventLoop) -> None:
        """Commit in the loop's next round: after the requests that are ready in this one."""
        if self._waiting and self._planned is not loop:
            self._planned = loop
            loop.call_soon(self._commit_in_loop, loop)

    def _commit_in_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._try():
            self._planned = None
            self._plan(loop)
        else:
            loop.call_later(database.TRIES_EVERY, self._commit_in_loop, loop)

    def _try(self) -> bool:
        """Commit unless another thread or process writes; tells whether it came to an end.

        It blocks for the commit itself, and for nobody else's. Those who waited for as long as a
        write may wait are refused.
        """
        if not self._leading.acquire(blocking=False):
            return False
        try:
            batch = self._next()
            try:
                self._commit(batch, wait=0)
            except Locked as error:
                now = time.monotonic()
                self._waiting.extendleft(write for write in reversed(batch) if write.until > now)
                _fail([write for write in batch if write.until <= now], error)
                return not self._waiting
            return True
        finally:
            self._leading.release()

    def _next(self) -> list[_Write[Any]]:
        batch: list[_Write[Any]] = []
        with suppress(IndexError):
            while len(batch) < _BATCH:
                batch.append(self._waiting.popleft())
        counters.set("waiting", len(self._waiting))
        return batch

    def _commit(self, batch: list[_Write[Any]], *, wait: float | None = None) -> None:
        """Write a batch; where one of its writes fails, once more, each undone for itself.

        Raises Locked, with nothing written, where it was not to wait.
        """
        if not batch:
            return
        if not reserve.is_left():
            _fail(batch, full())
            return
        try:
            try:
                outcomes = _written(_together, batch, wait=wait)
            except Unavailable:
                raise
            except Exception:  # noqa: BLE001 - whatever it is, it is one write's
                outcomes = _written(_apart, batch, wait=wait)
        except Unavailable as error:
            if isinstance(error, Locked) and wait == 0:
                raise
            # After a failed sync the connection's pages are not to be trusted.
            database.close()
            _fail(batch, error)
        except Exception as error:  # noqa: BLE001 - somebody waits for it
            _fail(batch, error)
        else:
            counters.add(f"batch\t{bisect_left(BOUNDS, len(batch))}")
            counters.add("batched", len(batch))
            for write, outcome in zip(batch, outcomes, strict=True):
                write.finish(*outcome)


def _written(
    run: Callable[[list[_Write[Any]]], list[Outcome]],
    batch: list[_Write[Any]],
    *,
    wait: float | None,
) -> list[Outcome]:
    with database.write(wait=wait):
        return run(batch)


def _together(batch: list[_Write[Any]]) -> list[Outcome]:
    return [(write.work(), None) for write in batch]


def _apart(batch: list[_Write[Any]]) -> list[Outcome]:
    return [_outcome(write) for write in batch]


def _outcome(write: _Write[Any]) -> Outcome:
    try:
        with database.savepoint():
            return write.work(), None
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - it is this write's alone
        return None, error


def _fail(batch: list[_Write[Any]], error: BaseException) -> None:
    for write in batch:
        write.finish(None, error)


def _end(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _nothing() -> None:
    pass


writes: Final = GroupCommit()
"""The writes of this process."""
