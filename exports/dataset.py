"""Rows on the disk: as lines, in a file that is whole under its name or not there."""

import fcntl
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from feedbackstore import documents
from feedbackstore.database_file import sync_directory
from feedbackstore.errors import Conflict, Unusable

# Valid inside JSON text, yet line ends to some readers of lines: written as escapes.
_LINE_ENDS: Final = {
    end.encode(): f"\\u{ord(end):04x}".encode() for end in ("\u0085", "\u2028", "\u2029")
}


def line_of(row: dict[str, Any]) -> bytes:
    """A row as a line: JSON, then the only line end in it."""
    return escaped(documents.dump(row).encode() + b"\n")


def escaped(line: bytes) -> bytes:
    """A line of JSON text, the line end at its end being the only one in it."""
    if may_need_escapes(line):
        for character, escape in _LINE_ENDS.items():
            line = line.replace(character, escape)
    return line


def may_need_escapes(lines: bytes) -> bool:
    """Whether there might be other line ends in some lines than those at their ends."""
    # What they begin with, for one byte is found several times as fast as two.
    return b"\xe2" in lines or b"\xc2" in lines


def manifest_of(target: Path) -> Path:
    """Where the manifest of a data file stands."""
    return target.with_name(f"{target.name}.manifest.json")


def refuse_existing(target: Path, *, overwrite: bool) -> None:
    """Raise Conflict or Unusable where the file `target` cannot be written."""
    refuse_no_parent(target)
    if target.exists():
        _refuse_irregular(target, target.stat())
    for path in (target, manifest_of(target)):
        if not overwrite and os.path.lexists(path):
            raise Conflict(f"{path} is there already. To write over it, say --overwrite.")


def refuse_no_parent(target: Path) -> None:
    """Raise Unusable where there is no directory to write `target` in."""
    if not target.absolute().parent.is_dir():
        raise Unusable(f"There is no directory {target.parent}. Make it, or name another place.")


@contextmanager
def written(target: Path) -> Iterator[IO[bytes]]:
    """A file that stands under the name `target` once the block has ended, or not at all.

    Until then it is a hidden file beside it, which a run that was killed leaves behind and the
    next one writes over.
    """
    try:
        with _part_of(target) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            _part(target).replace(target)
        sync_directory(target.absolute().parent)
    except OSError as error:
        raise unwritable(target, error) from error


def write_json(path: Path, value: dict[str, Any]) -> bytes:
    """Write a JSON file for people to read; its bytes."""
    data = json_bytes(value)
    with written(path) as file:
        file.write(data)
    return data


def json_bytes(value: dict[str, Any]) -> bytes:
    """JSON for people to read."""
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def unwritable(path: Path, error: OSError) -> Unusable:
    """What to say of a place that cannot be written."""
    return Unusable(
        f"{path} cannot be written: {error.strerror}. Nothing was left under that name."
    )


@contextmanager
def locked(descriptor: int, target: Path) -> Iterator[None]:
    """Hold what is being written for `target`; another run finds it held and is refused."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Conflict(f"Another export is writing {target} just now.") from None
    yield


def _part(target: Path) -> Path:
    return target.with_name(f".{target.name}.part")


@contextmanager
def _part_of(target: Path) -> Iterator[IO[bytes]]:
    part = _part(target)
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(part, flags, 0o666), "wb") as file:
        _refuse_irregular(part, os.fstat(file.fileno()))
        with locked(file.fileno(), target):
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
