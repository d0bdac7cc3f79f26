"""feedbackstore.pyz: the store and all that it needs in one file, for any Python from 3.11 on.

The same commit gives the same bytes: dependencies come from a lock with hashes, and nothing of the
machine that builds it is left in it.
"""

import hashlib
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import shiv
from shiv import builder
from shiv.bootstrap.environment import Environment
from shiv.constants import BUILD_AT_TIMESTAMP_FORMAT

from release import source

LOCK: Final = source.ROOT / "requirements" / "pyz.txt"

_START: Final = Path(__file__).with_name("start.py")
_COMPILED: Final = ("*.so", "*.pyd", "*.pyc", "*.c", "*.pyx")
_OF_THE_MACHINE: Final = ("RECORD", "WHEEL", "INSTALLER", "REQUESTED", "direct_url.json")


def packages(folder: Path) -> Path:
    """Install the store and its locked dependencies into a folder; only what is portable stays."""
    target = folder / "site-packages"
    options = ("--target", target, "--no-deps", "--no-compile")
    source.pip("install", *options, "--require-hashes", "-r", LOCK)
    wheel(source.copy(folder / "source"), folder)
    source.pip("install", *options, *folder.glob("*.whl"))
    for pattern in _COMPILED:
        for path in [*target.rglob(pattern)]:
            path.unlink()
    for name in _OF_THE_MACHINE:
        for path in target.glob(f"*.dist-info/{name}"):
            path.unlink()
    shutil.rmtree(target / "bin", ignore_errors=True)
    for path in target.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return target


def wheel(tree: Path, target: Path) -> None:
    """Build the store's wheel, with the setuptools that is here."""
    source.pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", target, tree)


def build(target: Path) -> None:
    """Write the file."""
    with tempfile.TemporaryDirectory() as folder:
        pack(packages(Path(folder)), target)


def pack(site: Path, target: Path) -> None:
    """Write the file from the packages that go into it."""
    name = _digest(site)[:20]
    moment = datetime.fromtimestamp(source.moment(), UTC).strftime(BUILD_AT_TIMESTAMP_FORMAT)
    environment = Environment(moment, shiv.__version__, build_id=name, reproducible=True)
    start = _START.read_text(encoding="utf-8").replace("@BUILD@", name)
    # shiv writes what stands here as __main__.py, and fills in the names that stand in braces.
    builder.MAIN_TEMPLATE = start.replace("{", "{{").replace("}", "}}")
    target.parent.mkdir(parents=True, exist_ok=True)
    builder.create_archive(
        [site], target, "/usr/bin/env python3", "_bootstrap:bootstrap", environment
    )


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(folder)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


if __name__ == "__main__":
    build(Path(sys.argv[1]))
