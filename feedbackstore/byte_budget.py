"""So many bytes of memory at once: who needs some waits for it, whoever asked first goes first."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class ByteBudget:
    """What the requests of one event loop may hold together."""

    def __init__(self, total: int) -> None:
        self._total = self._left = total
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()

    @asynccontextmanager
    async def taken(self, size: int, seconds: float) -> AsyncIterator[bool]:
        """Hold so many bytes meanwhile; more than there are at all count as all of them.

        False where they do not come free in so many seconds.
        """
        size = min(size, self._total)
        try:
            await self._take(size, seconds)
        except TimeoutError:
            yield False
            return
        try:
            yield True
        finally:
            self._left += size
            self._hand_out()

    async def _take(self, size: int, seconds: float) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, size))
        self._hand_out()
        try:
            async with asyncio.timeout(seconds):
                await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                # It came at the very moment at which nobody waited any more.
                self._left += size
            self._waiting = deque(each for each in self._waiting if each[0] is not turn)
            self._hand_out()
            raise

    def _hand_out(self) -> None:
        while self._waiting and self._waiting[0][1] <= self._left:
            turn, size = self._waiting.popleft()
            if not turn.done():
                self._left -= size
                turn.set_result(None)
