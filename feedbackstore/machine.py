"""The machine that a store is on: Python, user, file system, clock, and what is installed."""

import ctypes
import os
import platform
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from feedbackstore.signs import BAD, LOOK, OK, Sign

_MOUNTS: Final = Path("/proc/self/mountinfo")
_OVER_A_NETWORK: Final = re.compile(
    r"nfs.*|cifs|smb.*|9p|afs|ceph|lustre|gpfs|glusterfs|fuse\.(sshfs|s3fs|rclone|glusterfs|ceph).*"
)
_FIRST_YEAR: Final = 2026
_LAST_YEAR: Final = 2100
_TIMEX_BYTES: Final = 512
_UNSYNCHRONISED: Final = 5

_EXTRAS: Final = (
    ("images", ("PIL",), "images are not converted"),
    ("schema", ("jsonschema_rs",), "JSON schemas are not checked"),
    ("zstd", ("compression.zstd", "backports.zstd"), "zstd is not written"),
    ("fast", ("msgspec",), "imports take longer"),
    ("docs", ("flask_swagger_ui",), "/docs shows nothing"),
    ("postgres", ("psycopg",), "a store in PostgreSQL cannot be opened"),
)


def look(path: Path | None, now: datetime | None = None) -> Iterator[Sign]:
    """Look at the machine, and at the disk of the database at `path`, where it is a file."""
    yield Sign("python", OK, platform.python_version())
    yield _user()
    if path is not None:
        yield _file_system(path, _mounts())
    yield _clock(now or datetime.now(UTC))
    yield _gunicorn()
    yield from _extras()


def _user() -> Sign:
    if os.geteuid() == 0:
        said = "this runs as root. Have a user of its own run the store, who owns its directory."
        return Sign("user", LOOK, said)
    return Sign("user", OK, "not root")


def _mounts() -> str:
    try:
        return _MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _file_system(path: Path, mounts: str) -> Sign:
    """By the mount that the database is below; the last of several on one place is seen."""
    where, kind = 0, ""
    place = str(path.resolve().parent)
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        mount = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), before.split(" ")[4])
        is_below = place == mount or place.startswith(f"{mount.rstrip('/')}/")
        if is_below and len(mount) >= where:
            where, kind = len(mount), after.split(" ")[0]
    if _OVER_A_NETWORK.fullmatch(kind):
        said = f"{path} is on {kind}, where SQLite cannot keep it whole. Move it to a local disk."
        return Sign("file system", BAD, said)
    return Sign("file system", OK, kind or "of a kind that is not known here")


def _clock(now: datetime) -> Sign:
    if not _FIRST_YEAR <= now.year <= _LAST_YEAR:
        said = f"it says {now:%Y-%m-%d}. Set it: keys end by it, and rows are ordered by it."
        return Sign("clock", BAD, said)
    if _is_unsynchronised():
        said = f"{now:%Y-%m-%d %H:%M} UTC, kept right by nobody. Run an NTP client on the machine."
        return Sign("clock", LOOK, said)
    return Sign("clock", OK, f"{now:%Y-%m-%d %H:%M} UTC")


def _is_unsynchronised() -> bool:
    """What the kernel says of its clock; False where it says nothing."""
    try:
        asked = ctypes.create_string_buffer(_TIMEX_BYTES)
        return bool(ctypes.CDLL(None).adjtimex(asked) == _UNSYNCHRONISED)
    except (AttributeError, OSError):
        return False


def _gunicorn() -> Sign:
    try:
        return Sign("gunicorn", OK, version("gunicorn"))
    except PackageNotFoundError:
        return Sign("gunicorn", BAD, "it is not installed: pip install gunicorn")


def _extras() -> Iterator[Sign]:
    for extra, modules, otherwise in _EXTRAS:
        if any(_is_there(module) for module in modules):
            yield Sign("extra", OK, f"{extra} is installed")
        else:
            said = f"{extra} is not installed: {otherwise}. pip install 'feedbackstore[{extra}]'"
            yield Sign("extra", OK, said)


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
