"""What is looked up once for all who ask in the same round of an event loop.

A round runs what was ready as it began, and what became so meanwhile waits for the next one. So
whoever asks in a round came before the first of them asked, and is told nothing older than that.
"""

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Asked = TypeVar("Asked", bound=Hashable)
Found = TypeVar("Found")


class OncePerRound(Generic[Asked, Found]):
    """A function that remembers its answers for a round; in a thread without a loop, none."""

    def __init__(self, look: Callable[[Asked], Found]) -> None:
        self._look = look
        self._loop: asyncio.AbstractEventLoop | None = None
        self._found: dict[Asked, Found] = {}

    def __call__(self, asked: Asked) -> Found:
        """What there is to find; raises what `look` raises, which is not remembered."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return self._look(asked)
        if self._loop is not loop:
            self._loop, self._found = loop, {}
            loop.call_soon(self._forget)
        found = self._found
        if asked not in found:
            found[asked] = self._look(asked)
        return found[asked]

    def _forget(self) -> None:
        self._loop, self._found = None, {}
