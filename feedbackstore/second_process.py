"""A second process that does a part of this one's work: task by task, each outcome in its turn.

It hears of new tasks while it works, so that nobody waits to be heard: neither can end up waiting
for the other. No thread is needed on this side, where it would wait for the interpreter each time.
"""

import fcntl
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, Pipe
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, Generic, TypeVar

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")

_TASKS: Final = 3
"""So many wait for it at most, that one included which it is at."""

_PIPE_BYTES: Final = 1024 * 1024
"""As much may lie between the processes, where the system lets it: neither waits meanwhile."""


class Ended(Exception):
    """It was ended from outside."""


class SecondProcess(Generic[Task, Outcome]):
    """The process, as this one sees it. Raises Ended where it is gone."""

    def __init__(self, tasks: Connection, outcomes: Connection) -> None:
        self._given, self._outcomes = tasks, outcomes
        # What is asked of the connection itself takes ten times as long.
        self._poll = select.poll()
        self._poll.register(outcomes, select.POLLIN)
        self._started = False
        self._tasks = 0

    def has_time(self) -> bool:
        """Whether it is to be given a task. Not before it has started, which takes a while."""
        if not self._started and self.has_answered():
            self._received()
            self._started = True
        return self._started and self._tasks < _TASKS

    def has_answered(self) -> bool:
        """Whether an outcome is there already."""
        return bool(self._poll.poll(0))

    def give(self, task: Task) -> None:
        """Let it do something."""
        try:
            self._given.send(task)
        except OSError as error:
            raise Ended from error
        self._tasks += 1

    def outcome(self) -> Outcome:
        """What became of the next of its tasks, in the order in which they were given."""
        outcome: Outcome = self._received()
        self._tasks -= 1
        return outcome

    def _received(self) -> Any:
        try:
            return self._outcomes.recv()
        except (EOFError, OSError) as error:
            raise Ended from error


@contextmanager
def at_work(function: Callable[[Task], Outcome]) -> Iterator[SecondProcess[Task, Outcome]]:
    """A process that does this with each task, as long as the block lasts."""
    tasks, given = Pipe(duplex=False)
    outcomes, sink = Pipe(duplex=False)
    for pipe in (given, sink):
        with suppress(AttributeError, OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    with given, outcomes:
        # Once they are the process's alone, what is heard of it ends with it.
        with tasks, sink:
            process = _started(tasks, sink)
        try:
            # It may be gone already, which is told when it is given a task.
            with suppress(OSError):
                given.send(function)
            yield SecondProcess(given, outcomes)
        finally:
            process.terminate()
            process.wait()


def _started(tasks: Connection, outcomes: Connection) -> "subprocess.Popen[bytes]":
    """A fresh interpreter at work: a connection to the database must not be carried over a fork.

    multiprocessing's own would import the main module anew, and watch over it with a third process.
    """
    pipes = (tasks.fileno(), outcomes.fileno())
    code = f"import sys; sys.path[:] = {sys.path!r}; import {__name__} as m; m.work(*{pipes!r})"
    with _uninterrupted():
        return subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-c", code], pass_fds=pipes, stdin=subprocess.DEVNULL
        )


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """A block whose processes never hear of Ctrl+C, which every process of a terminal does.

    This one ends the others.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def work(given: int, outcomes: int) -> None:
    """Be the second process: what to do with each task comes first, and then the tasks."""
    heard: SimpleQueue[Any] = SimpleQueue()
    Thread(target=_hear, args=(Connection(given), heard), daemon=True).start()
    # Nobody listens any more where the pipe is broken.
    with suppress(BrokenPipeError), Connection(outcomes) as told:
        function = heard.get()
        told.send(None)
        for task in iter(heard.get, None):
            told.send(function(task))


def _hear(given: Connection, heard: "SimpleQueue[Any]") -> None:
    with suppress(EOFError, OSError):
        while True:
            heard.put(given.recv())
    heard.put(None)
