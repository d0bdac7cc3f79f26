"""How often somebody may do something, counted over all of a server's processes.

The generic cell rate algorithm (ITU-T I.371, annex A): for each name one moment is kept, at which
it would have spent all that it did at an even pace. As many as the rate names may come at once, and
then one each time that the pace gives one back. The moments stand in a table of fixed size, in
memory that the processes share; where a name finds its row full, it takes the place of whoever
is nearest to having all back. A process without that memory counts for itself.
"""

import fcntl
import mmap
import re
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, lru_cache
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from typing import Final, NamedTuple

from feedbackstore import shared_memory

_ROWS: Final = 8192
_ROW: Final = struct.Struct("16Q")
_SIZE: Final = _ROWS * _ROW.size
_SECOND: Final = 1_000_000_000
_UNITS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_RATE: Final = re.compile(rf"([0-9]{{1,7}})/({'|'.join(_UNITS)})")
_PORT: Final = re.compile(r"(?:^([0-9.]+)|(\])):[0-9]+$")
_IPV6_PREFIX: Final = 64


class Rate(NamedTuple):
    """So many in so many seconds."""

    number: int
    seconds: int


def parse(text: str) -> Rate | None:
    """A rate as people write it, None where it is `off`. Raises ValueError."""
    form = _RATE.fullmatch(text)
    if text == "off":
        return None
    if not form or not int(form[1]):
        raise ValueError(f"off or a number per {', '.join(_UNITS)} is needed, as in 600/minute")
    return Rate(int(form[1]), _UNITS[form[2]])


@lru_cache(1024)
def network_of(address: str) -> str:
    """What counts as one address: for IPv6 the network of 64 bits that one customer has."""
    try:
        parsed = ip_address(_PORT.sub(r"\1\2", address).strip("[]").partition("%")[0])
    except ValueError:
        return address[:_IPV6_PREFIX]
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return parsed.packed[: _IPV6_PREFIX // 8].hex()


class RateLimits:
    """What one process may still let through, and all of them together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shared: int | None = None

    def share(self) -> None:
        """Make the memory; to be called in the process that starts the others."""
        self._shared = shared_memory.make(_SIZE)

    def spend(self, name: str, rate: Rate, now: int | None = None) -> float:
        """0 where that name may once more, and it is counted; else the seconds until it may.

        `now` is in nanoseconds of the machine's monotonic clock, which its processes share.
        """
        digest = int.from_bytes(blake2b(name.encode("utf-8", "replace"), digest_size=16).digest())
        # No name is 0, which stands for an empty place.
        at, mark = (digest >> 64) % _ROWS * _ROW.size, digest % (1 << 64) or 1
        now = time.monotonic_ns() if now is None else now
        pace = rate.seconds * _SECOND // rate.number
        with self._held(at):
            row = list(_ROW.unpack_from(self._memory, at))
            place = _place(row, mark)
            spent = max(row[place + 1] if row[place] == mark else 0, now)
            wait = spent + pace - now - rate.seconds * _SECOND
            if wait > 0:
                return wait / _SECOND
            row[place : place + 2] = mark, spent + pace
            _ROW.pack_into(self._memory, at, *row)
        return 0

    @contextmanager
    def _held(self, at: int) -> Iterator[None]:
        """Nobody else has that row: the kernel lets go of it when its holder dies."""
        with self._lock:
            if self._shared is None:
                yield
                return
            fcntl.lockf(self._shared, fcntl.LOCK_EX, _ROW.size, at)
            try:
                yield
            finally:
                fcntl.lockf(self._shared, fcntl.LOCK_UN, _ROW.size, at)

    @cached_property
    def _memory(self) -> mmap.mmap:
        return mmap.mmap(-1 if self._shared is None else self._shared, _SIZE)


def _place(row: list[int], mark: int) -> int:
    marks = row[::2]
    if mark in marks:
        return marks.index(mark) * 2
    # An empty place has the least moment of all.
    moments = row[1::2]
    return moments.index(min(moments)) * 2


rate_limits: Final = RateLimits()
"""Those of this process."""
