"""When each key was last used, near enough: once a minute it is written down, and never waited for.

A thread of its own, which ends with the write, tries once. Where another writes at that moment, or
the disk is full, the next use a few seconds later tries again, and nobody hears of it.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

import peewee

from feedbackstore import database, ids
from feedbackstore.errors import Unavailable
from feedbackstore.models import ApiKey

_MINUTE: Final = 60
_AGAIN_AFTER: Final = 5.0


class LastUse:
    """What one process knows of it."""

    def __init__(self, start: Callable[[Callable[[], None]], Any] | None = None) -> None:
        self._start = start or _start_thread
        self._minutes: dict[int, int] = {}
        self._unwritten: dict[int, str] = {}
        self._writes = threading.Lock()
        self._not_before = 0.0

    def note(self, key: int) -> None:
        """That the key with this row id was used just now."""
        minute = int(time.time()) // _MINUTE
        if self._minutes.get(key) != minute:
            self._minutes[key] = minute
            self._unwritten[key] = ids.now()
        elif not self._unwritten or time.monotonic() < self._not_before:
            return
        if self._writes.acquire(blocking=False):
            self._not_before = time.monotonic() + _AGAIN_AFTER
            try:
                self._start(self._write_all)
            except RuntimeError:
                # There is no room for another thread.
                self._writes.release()

    def _write_all(self) -> None:
        """What other uses add meanwhile is written too: one thread is enough for many keys."""
        try:
            while self._unwritten:
                self._write(list(self._unwritten.items()))
        except (Unavailable, peewee.PeeweeException):
            pass
        finally:
            self._writes.release()

    def _write(self, noted: list[tuple[int, str]]) -> None:
        with database.write(wait=0):
            for key, moment in noted:
                older = ApiKey.last_used_at.is_null() | (ApiKey.last_used_at < moment)
                used = ApiKey.update(last_used_at=moment).where((ApiKey.id == key) & older)
                used.execute()
        for key, moment in noted:
            if self._unwritten.get(key) == moment:
                del self._unwritten[key]


def _start_thread(write: Callable[[], None]) -> None:
    def run() -> None:
        try:
            write()
        finally:
            database.close()

    threading.Thread(target=run, name="last-use", daemon=True).start()


last_use: Final = LastUse()
"""That of this process."""
