"""Where lines go: counted, hashed and written, many at a time."""

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO, Final

PIECE_OF_A_STREAM: Final = 64 * 1024
"""Whoever reads a pipe is not kept waiting for more than it holds."""

_PIECE: Final = 256 * 1024

_BESIDE: Final = ThreadPoolExecutor(1, "hashing")
"""A thread that hashes while the next lines are made: that takes none of the interpreter's time."""


class Sink:
    """Takes the lines of one file; they are in it once `finish` has returned."""

    def __init__(self, file: IO[bytes], piece: int = _PIECE) -> None:
        self._file, self._enough = file, piece
        self._hash = hashlib.sha256()
        self._piece = bytearray()
        self._hashed: Future[None] | None = None
        self._written = 0
        self.rows = 0

    @property
    def size(self) -> int:
        """How many bytes the lines have, together."""
        return self._written + len(self._piece)

    def write(self, *lines: bytes) -> None:
        """Append lines. Raises OSError, be it for lines before them."""
        for line in lines:
            self._piece += line
            self.rows += 1
        if len(self._piece) >= self._enough:
            self._write()

    def finish(self) -> str:
        """The hash of all lines, which are written now. Raises OSError."""
        self._write()
        self._await_hash()
        return self._hash.hexdigest()

    def _write(self) -> None:
        piece, self._piece = self._piece, bytearray()
        self._await_hash()
        self._hashed = _BESIDE.submit(self._hash.update, piece)
        self._file.write(piece)
        self._written += len(piece)

    def _await_hash(self) -> None:
        if self._hashed is not None:
            self._hashed.result()
