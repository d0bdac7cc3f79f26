"""Where lines go: counted, hashed and written, many at a time."""

import hashlib
from typing import IO, Final

PIECE_OF_A_STREAM: Final = 64 * 1024
"""Whoever reads a pipe is kept waiting for no more lines than fill it."""

_PIECE: Final = 256 * 1024


class Sink:
    """Takes the lines of one file; they are in it once `finish` has returned."""

    def __init__(self, file: IO[bytes], piece: int = _PIECE) -> None:
        self._file, self._enough = file, piece
        self._hash = hashlib.sha256()
        self._piece = bytearray()
        self._written = 0
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
