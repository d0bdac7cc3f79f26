"""Room that is kept on the database's disk: what is sent does not take the last of it.

To erase, to revoke a key and to empty the log take room too, and are wanted most when there is
little. So submissions and predictions are refused while there is less than that; all else goes on.
"""

import time
from contextlib import suppress
from typing import Final

from feedbackstore import database

LEAST_FREE: Final = 1024 * 1024
"""Bytes."""

_ASKED_EVERY: Final = 0.5


class Reserve:
    """What one process knows of it: the disk is asked twice a second at most."""

    def __init__(self) -> None:
        self._is_left = True
        self._asked_until = 0.0

    def is_left(self) -> bool:
        """Whether there is room for more than what it is kept for."""
        now = time.monotonic()
        if now >= self._asked_until:
            # Where even that cannot be told, the write itself says what is wrong.
            with suppress(OSError):
                self._is_left = has_room()
            self._asked_until = now + _ASKED_EVERY
        return self._is_left


def has_room() -> bool:
    """Whether the database's disk can be written, and has so much free."""
    return bool(database.proxy.has_room(LEAST_FREE))


reserve: Final = Reserve()
"""That of this process."""
