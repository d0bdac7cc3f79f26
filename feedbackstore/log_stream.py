"""Lines for a stream whose reader may stall: whoever serves requests never waits for it.

What is written at once is at most PIPE_BUF bytes, as a line is: a pipe then takes it whole or not
at all, and the lines of several processes that share one never mix. What the stream does not take
now is kept, up to a bound; what comes then is dropped and counted.
"""

import os
import select
import socket
import stat
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

MAX_LINE: Final = min(select.PIPE_BUF, 4096)
_KEPT_BYTES: Final = 1024 * 1024


class LineStream:
    """Lines on their way to a descriptor; `dropped` is how many never left."""

    def __init__(self, descriptor: int) -> None:
        self._write = _writer(descriptor)
        self._lock = threading.Lock()
        self._kept: deque[bytes] = deque()
        self._size = 0
        self.dropped = 0

    def put(self, line: bytes) -> None:
        """Keep a line to be written; it ends in a line feed."""
        with self._lock:
            if self._size + len(line) > _KEPT_BYTES or len(line) > MAX_LINE:
                self.dropped += 1
            else:
                self._kept.append(line)
                self._size += len(line)

    def flush(self) -> bool:
        """Write what is kept, as far as the stream takes it now; whether that was all."""
        with self._lock:
            while self._kept:
                piece = self._next()
                try:
                    written = self._write(piece)
                except BlockingIOError:
                    written = 0
                except OSError:
                    # Nobody reads any more, or the disk is full: what is gone is gone.
                    self.dropped += piece.count(b"\n")
                    written = len(piece)
                self._size -= written
                if written < len(piece):
                    self._kept.appendleft(piece[written:])
                    return False
            return True

    def _next(self) -> bytes:
        lines = [self._kept.popleft()]
        size = len(lines[0])
        while self._kept and size + len(self._kept[0]) <= MAX_LINE:
            lines.append(self._kept.popleft())
            size += len(lines[-1])
        return b"".join(lines)


def _writer(descriptor: int) -> Callable[[bytes], int]:
    """How to write there without waiting; it raises BlockingIOError instead.

    The descriptor itself stays as it is: it is shared with whoever started the server, who would
    find their own terminal or pipe not to wait any more.
    """
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISSOCK(mode):
        peer = socket.socket(fileno=os.dup(descriptor))
        return lambda data: peer.send(data, socket.MSG_DONTWAIT)
    if not stat.S_ISREG(mode):
        with suppress(OSError):
            flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            descriptor = os.open(f"/proc/self/fd/{descriptor}", flags)
            return lambda data: os.write(descriptor, data)
    return lambda data: _write_where_taken(descriptor, data)


def _write_where_taken(descriptor: int, data: bytes) -> int:
    # A file always takes it; a pipe that takes anything takes PIPE_BUF bytes.
    if not select.select([], [descriptor], [], 0)[1]:
        raise BlockingIOError
    return os.write(descriptor, data)
