"""A dataset as a directory: shards a split, images, companions, manifest and card.

Everything is written into a hidden directory beside the target, which takes its name by one rename
when it is whole. A run that was killed leaves the hidden one behind, and the next one clears it.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from exports.compression import SUFFIXES, compressed
from exports.dataset import locked, refuse_no_parent, unwritable
from exports.sink import Sink
from feedbackstore.database_file import sync_directory
from feedbackstore.errors import Conflict, Unusable

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Sharding:
    """How many files a split has: `number` of them, or as many as `size` bytes each make."""

    number: int = 1
    size: int | None = None
    compress: str = "none"


class _Shard:
    """One data file while it is written."""

    def __init__(self, path: Path, compress: str) -> None:
        self.path = path
        self._raw = path.open("wb")
        self._stream: IO[bytes] = (
            self._raw if compress == "none" else compressed(self._raw, compress)
        )
        self.sink = Sink(self._stream)
        self.sha256 = ""

    def close(self) -> None:
        """End it, on the disk; once more is fine."""
        if self._raw.closed:
            return
        self.sha256 = self.sink.finish()
        if self._stream is not self._raw:
            self._stream.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._raw.close()


class Directory:
    """The hidden directory: rows go into its shards, files beside them."""

    def __init__(self, root: Path, sharding: Sharding) -> None:
        self.root = root
        self._sharding = sharding
        self._shards: dict[str, list[_Shard]] = {}
        self._turn: dict[str, int] = {}
        self._images: set[str] = set()
        (root / "data").mkdir()

    def write(self, split: str, line: bytes) -> None:
        """Append a row's line to a split."""
        shards = self._shards.setdefault(split, [])
        number, size = self._sharding.number, self._sharding.size
        if size is not None and shards and shards[-1].sink.size >= size:
            shards[-1].close()
            shards.append(self._new_shard(split, len(shards)))
        while len(shards) < number:
            shards.append(self._new_shard(split, len(shards)))
        turn = self._turn.get(split, 0)
        self._turn[split] = turn + 1
        shards[-1 if size is not None else turn % number].sink.write(line)

    def write_image(self, name: str, data: bytes) -> None:
        """Keep an image; its name is its content's hash, so once is enough."""
        if name not in self._images:
            self._images.add(name)
            self.write_file(name, data)

    def write_file(self, name: str, data: bytes) -> None:
        """Put a file beside the data."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def finish(self, splits: list[str]) -> dict[str, list[dict[str, Any]]]:
        """End the shards and name them; the files of each split with rows, bytes and hash."""
        for split in splits:
            if split not in self._shards:
                self._shards[split] = [self._new_shard(split, 0)]
        return {split: self._named(split) for split in splits}

    @property
    def images(self) -> int:
        """How many images there are."""
        return len(self._images)

    def _new_shard(self, split: str, index: int) -> _Shard:
        return _Shard(self.root / "data" / f".{split}-{index:05}", self._sharding.compress)

    def _named(self, split: str) -> list[dict[str, Any]]:
        shards, files = self._shards[split], []
        suffix = SUFFIXES[self._sharding.compress]
        for index, shard in enumerate(shards):
            shard.close()
            name = f"data/{split}-{index:05}-of-{len(shards):05}.jsonl{suffix}"
            shard.path.rename(self.root / name)
            files.append(
                {
                    "path": name,
                    "rows": shard.sink.rows,
                    "bytes": shard.sink.size,
                    "sha256": shard.sha256,
                }
            )
        return files


def refuse_existing(target: Path, *, overwrite: bool) -> None:
    """Raise Conflict or Unusable where the directory `target` cannot be written."""
    refuse_no_parent(target)
    if not os.path.lexists(target):
        return
    if target.is_symlink() or not target.is_dir():
        raise Unusable(f"{target} is no directory. Name one that is not there yet.")
    if any(target.iterdir()) and not (target / MANIFEST).is_file():
        raise Unusable(f"{target} holds other files, and no {MANIFEST}: it is no dataset of ours.")
    if any(target.iterdir()) and not overwrite:
        raise Conflict(f"{target} is there already. To write over it, say --overwrite.")


@contextmanager
def written(target: Path, sharding: Sharding) -> Iterator[Directory]:
    """A directory that takes the name `target` once the block has ended, or is gone."""
    part, old = _beside(target, "part"), _beside(target, "old")
    try:
        with _held(part, target):
            try:
                _settle(target, part, old)
                yield Directory(part, sharding)
                for folder in (*part.rglob("*/"), part):
                    sync_directory(folder)
                if target.exists():
                    target.rename(old)
                part.rename(target)
            except BaseException:
                shutil.rmtree(part, ignore_errors=True)
                raise
            shutil.rmtree(old, ignore_errors=True)
        sync_directory(target.absolute().parent)
    except OSError as error:
        raise unwritable(target, error) from error


def _beside(target: Path, kind: str) -> Path:
    return target.with_name(f".{target.name}.{kind}")


@contextmanager
def _held(part: Path, target: Path) -> Iterator[None]:
    part.mkdir(exist_ok=True)
    descriptor = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        with locked(descriptor, target):
            yield
    finally:
        os.close(descriptor)


def _settle(target: Path, part: Path, old: Path) -> None:
    """Clear what a run that was killed left, and give back what it had moved aside."""
    if old.exists():
        if target.exists():
            shutil.rmtree(old)
        else:
            old.rename(target)
    for leftover in part.iterdir():
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()
