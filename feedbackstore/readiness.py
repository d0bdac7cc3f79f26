"""Whether the database would take a write now, asked of it and not remembered.

One thread of each process asks, however many want to know: all who come while a question is under
way get its answer. A disk that hangs then holds one thread, and nobody for longer than `_PATIENCE`.
"""

import asyncio
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as OutOfTime
from functools import cached_property
from typing import Final

import peewee

from feedbackstore import database
from feedbackstore.errors import Unavailable
from feedbackstore.reserve import has_room

_LOCKED_SECONDS: Final = 2.0
"""How long another process may write before the store counts as not ready."""

_PATIENCE: Final = 4.0


class Readiness:
    """The question of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: Future[bool] | None = None

    def get(self) -> bool:
        """Whether a write could begin; False where that is not known in time."""
        try:
            return self._ask().result(_PATIENCE)
        except OutOfTime:
            return False

    async def aget(self) -> bool:
        """The same; an event loop goes on meanwhile. Without one it blocks the thread."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self.get()
        try:
            # Shielded: who gives up takes the answer from nobody else.
            answer = asyncio.shield(asyncio.wrap_future(self._ask()))
            return await asyncio.wait_for(answer, _PATIENCE)
        except TimeoutError:
            return False

    def _ask(self) -> Future[bool]:
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = self._thread.submit(is_ready)
            return self._asked

    @cached_property
    def _thread(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(1, "readiness")


def is_ready() -> bool:
    """Whether a write can begin at this moment, in a file that is there, with room for it."""
    try:
        database.proxy.reread()
        with database.write(wait=_LOCKED_SECONDS):
            pass
        return has_room()
    except (Unavailable, peewee.PeeweeException, OSError):
        # What is wrong with this connection, if anything is, is not to be asked twice.
        database.close()
        return False


readiness: Final = Readiness()
"""The question of this process."""
