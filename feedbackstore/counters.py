"""Figures of all of a server's processes, in memory that they share.

A process counts in a region that is its own, and whoever is asked adds the regions up. A region is
held by a lock that ends with its process; the next one that comes goes on with the figures it finds
there, so that nothing is lost and nothing gathers. The memory has no name: it begins empty, and is
gone with the last process. It is made before the workers are; a process without it counts for
itself.

prometheus-client does the same with files. It takes 8 µs for a request's counter and histogram
where this takes 2, and a request has some 200.
"""

import fcntl
import mmap
import os
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from typing import Final, NamedTuple

from feedbackstore import shared_memory

_REGIONS: Final = 1000
_RECORDS: Final = 2048
_RECORD: Final = struct.Struct("Q120s")
_SIZE: Final = _RECORDS * _RECORD.size
_WORDS: Final = _RECORD.size // 8

_PID: Final = "pid"
_NOW: Final = "now:"
_FULL: Final = "more than there is room for"


class Figures(NamedTuple):
    """All regions' figures added up, and the processes that live."""

    counted: Counter[str]
    pids: list[int]


class Counters:
    """What one process counts, and what all of them have."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shared: int | None = None
        self._places: dict[str, int] = {}

    def share(self) -> None:
        """Make the memory; to be called in the process that starts the others."""
        self._shared = shared_memory.make(_REGIONS * _SIZE)

    def add(self, name: str, amount: int = 1) -> None:
        """Count."""
        with self._lock:
            self._words[self._place(name)] += amount

    def set(self, name: str, value: int) -> None:
        """Say how much of something this process has now: it is gone with the process."""
        with self._lock:
            self._words[self._place(_NOW + name)] = value

    def read(self) -> Figures:
        """What all processes counted, those that are gone too, and what the living have now."""
        self.add(_FULL, 0)
        counted: Counter[str] = Counter()
        pids = []
        for region in self._regions():
            lives = _lives(region.pop(_PID, 0))
            if lives:
                pids.append(lives)
            for name, value in region.items():
                if lives or not name.startswith(_NOW):
                    counted[name.removeprefix(_NOW)] += value
        return Figures(counted, pids)

    def _regions(self) -> Iterator[dict[str, int]]:
        if not self._is_shared:
            yield _parsed(self._memory[:])
            return
        assert self._shared is not None  # noqa: S101 - a process that shares has it
        for at in range(_REGIONS):
            region = _parsed(os.pread(self._shared, _SIZE, at * _SIZE))
            if not region:
                return
            yield region

    def _place(self, name: str) -> int:
        place = self._places.get(name)
        if place is None:
            if len(self._places) >= _RECORDS - 1 and name != _FULL:
                return self._place(_FULL)
            place = self._places[name] = len(self._places) * _WORDS
            start = place * 8 + 8
            self._memory[start : start + len(name.encode())] = name.encode()
        return place

    @cached_property
    def _words(self) -> memoryview:
        words = memoryview(self._memory).cast("Q")
        for at, name in enumerate(_parsed(self._memory[:])):
            self._places[name] = at * _WORDS
            if name.startswith(_NOW):
                words[at * _WORDS] = 0
        words[self._place(_PID)] = os.getpid()
        return words

    @cached_property
    def _memory(self) -> mmap.mmap:
        if self._shared is None:
            return mmap.mmap(-1, _SIZE)
        for at in range(_REGIONS):
            with suppress(OSError):
                fcntl.lockf(self._shared, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, at)
                self._is_shared = True
                return mmap.mmap(self._shared, _SIZE, offset=at * _SIZE)
        return mmap.mmap(-1, _SIZE)

    _is_shared = False


def _parsed(region: bytes) -> dict[str, int]:
    found = {}
    for value, name in _RECORD.iter_unpack(region):
        if not name[0]:
            break
        found[name.rstrip(b"\0").decode()] = value
    return found


def _lives(pid: int) -> int:
    """The process, if it runs; else 0."""
    try:
        os.kill(pid or -1, 0) if pid else None
    except OSError:
        return 0
    return pid


counters: Final = Counters()
"""Those of this process."""
