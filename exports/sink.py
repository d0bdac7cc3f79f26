"""Where lines go: counted, hashed and written, many at a time."""

import hashlib
import os
from contextlib import suppress
from typing import IO, Final

PIECE_OF_A_STREAM: Final = 64 * 1024
"""Whoever reads a pipe is kept waiting for no more lines than fill it."""

_PIECE: Final = 256 * 1024

_WRITTEN_BEHIND: Final = 4 * 1024 * 1024
"""Bytes of which the system is told that they may go to the disk: less is left for the end."""


class Sink:
    """Takes the lines of one file; they are in it once `finish` has returned."""

    def __init__(self, file: IO[bytes], piece: int = _PIECE) -> None:
        self._file, self._enough = file, piece
        self._hash = hashlib.sha256()
        self._piece = bytearray()
        self._written = 0
        self._on_its_way = 0
        self.rows = 0

    @property
    def size(self) -> int:
        """How many bytes the lines have, together."""
        return self._written + len(self._piece)

    def write(self, lines: bytes, rows: int = 1) -> None:
        """Append so many lines. Raises OSError, be it for lines before them."""
        self._piece += lines
        self.rows += rows
        if len(self._piece) >= self._enough:
            self._write(self._piece)

    def finish(self) -> str:
        """The hash of all lines, which are written now. Raises OSError."""
        self._write(self._piece)
        return self._hash.hexdigest()

    def _write(self, piece: bytearray) -> None:
        self._hash.update(piece)
        self._file.write(piece)
        self._written += len(piece)
        piece.clear()
        if self._written - self._on_its_way >= _WRITTEN_BEHIND:
            self._write_behind()

    def _write_behind(self) -> None:
        """Let what was written begin to go to the disk, where it is a file and systems can do that.

        What is on its way stays in memory, whatever the advice is called.
        """
        with suppress(AttributeError, OSError):
            begin, size = self._on_its_way, self._written - self._on_its_way
            os.posix_fadvise(self._file.fileno(), begin, size, os.POSIX_FADV_DONTNEED)
        self._on_its_way = self._written
