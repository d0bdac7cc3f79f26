"""Proving that a dataset is what its manifest says: every file there, every hash the same."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from exports.compression import opened
from exports.dataset import manifest_of
from exports.directory import MANIFEST
from feedbackstore.errors import Unusable


def problems(target: Path) -> Iterator[str]:
    """What is wrong with a dataset, file or directory; nothing where all is as it was written.

    Raises Unusable where there is no manifest to hold it against.
    """
    if not target.is_dir():
        manifest = _read(manifest_of(target))
        yield from _file_problems(target, manifest["sha256"], manifest["written"])
        return
    manifest = _read(target / MANIFEST)
    files = [file for split in manifest["splits"].values() for file in split]
    for file in files:
        yield from _file_problems(target / file["path"], file["sha256"], file["rows"])
    known = {target / file["path"] for file in files}
    for path in sorted((target / "data").iterdir()):
        if path not in known:
            yield f"{path}: not in the manifest"
    images = sorted((target / "images").glob("*"))
    if len(images) != manifest.get("image_files", 0):
        yield f"{target}/images: {len(images)} files, not {manifest.get('image_files', 0)}"
    for path in images:
        if hashlib.sha256(path.read_bytes()).hexdigest() != path.stem:
            yield f"{path}: not the image that its name says"


def manifest_hash(target: Path) -> str:
    """The hash by which the store knows the export."""
    path = target / MANIFEST if target.is_dir() else manifest_of(target)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _file_problems(path: Path, sha256: str, rows: int) -> Iterator[str]:
    if not path.is_file():
        yield f"{path}: missing"
        return
    found, lines = hashlib.sha256(), 0
    try:
        with opened(path) as stream:
            for line in stream:
                found.update(line)
                lines += 1
    except (OSError, EOFError) as error:
        yield f"{path}: cannot be read ({error})"
        return
    if lines != rows:
        yield f"{path}: {lines} rows, not {rows}"
    elif found.hexdigest() != sha256:
        yield f"{path}: other content than was written"


def _read(path: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(path.read_bytes())
        manifest["format"], manifest["written"]
    except (OSError, ValueError, KeyError, TypeError):
        raise Unusable(f"There is no manifest at {path}.") from None
    return manifest
