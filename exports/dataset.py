"""A dataset on the disk: whole under its name or not there, with a manifest beside it."""

import fcntl
import hashlib
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from feedbackstore import documents
from feedbackstore.database import sync_directory
from feedbackstore.errors import Conflict, Unusable

# Valid inside JSON text, yet line ends to some readers of lines: written as escapes.
_LINE_ENDS: Final = {"\u0085": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class Lines:
    """A sink for rows: one JSON object a line, UTF-8; counts them and hashes what it writes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.rows = 0
        self.bytes = 0

    def write(self, row: dict[str, Any]) -> None:
        """Append a row."""
        text = documents.dump(row)
        for character, escape in _LINE_ENDS.items():
            if character in text:
                text = text.replace(character, escape)
        line = text.encode() + b"\n"
        self._file.write(line)
        self._hash.update(line)
        self.rows += 1
        self.bytes += len(line)

    @property
    def sha256(self) -> str:
        """The hash of what was written so far."""
        return self._hash.hexdigest()


def manifest_of(target: Path) -> Path:
    """Where the manifest of a data file stands."""
    return target.with_name(f"{target.name}.manifest.json")


def refuse_existing(target: Path, *, overwrite: bool) -> None:
    """Raise Conflict or Unusable where `target` cannot be written."""
    if target.is_dir():
        raise Unusable(f"{target} is a directory: name a file in it, such as {target}/train.jsonl")
    if not target.parent.is_dir():
        raise Unusable(f"There is no directory {target.parent}. Make it, or name another place.")
    if target.exists():
        _refuse_irregular(target, target.stat())
    for path in (target, manifest_of(target)):
        if not overwrite and os.path.lexists(path):
            raise Conflict(f"{path} is there already. To write over it, say --overwrite.")


@contextmanager
def written(target: Path) -> Iterator[Lines]:
    """Rows for `target`: they stand under its name once the block has ended, or not at all.

    Until then they are in a hidden file beside it, which a run that was killed leaves behind and
    the next one writes over. An older manifest goes before the new data comes: a manifest never
    stands beside data that it does not describe.
    """
    try:
        with _part_of(target) as file:
            yield Lines(file)
            _sync(file)
            manifest_of(target).unlink(missing_ok=True)
            _part(target).replace(target)
        sync_directory(target.parent)
    except OSError as error:
        raise _unwritable(target, error) from error


def write_manifest(target: Path, manifest: dict[str, Any]) -> None:
    """Put the manifest of `target` beside it, as whole as the data."""
    path = manifest_of(target)
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    try:
        with _part_of(path) as file:
            file.write(text.encode())
            _sync(file)
            _part(path).replace(path)
        sync_directory(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error


def _part(target: Path) -> Path:
    return target.with_name(f".{target.name}.part")


@contextmanager
def _part_of(target: Path) -> Iterator[IO[bytes]]:
    """The file that becomes `target`; another run that is writing it is not disturbed."""
    part = _part(target)
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(part, flags, 0o666), "wb") as file:
        _refuse_irregular(part, os.fstat(file.fileno()))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"Another export is writing {target} just now.") from None
        if not part.exists() or not part.samefile(f"/dev/fd/{file.fileno()}"):
            raise Conflict(f"Another export wrote {target} just now. Run this one again.")
        file.truncate(0)
        try:
            yield file
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _refuse_irregular(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise Unusable(f"{path} is no regular file. For standard output, name none, or -.")


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _unwritable(path: Path, error: OSError) -> Unusable:
    return Unusable(
        f"{path} cannot be written: {error.strerror}. Nothing was left under that name."
    )
