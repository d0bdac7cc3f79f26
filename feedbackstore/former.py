"""Copies of a store as it was before something changed it, kept beside it: feedback.db.before-….

Their names end with the moment, and may say before what: another version's migrations, a restore.
"""

import re
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from feedbackstore import database_file
from feedbackstore.database_file import Connection
from feedbackstore.errors import Unusable

_NAME: Final = re.compile(r"(?:.+-)?(?P<moment>[0-9]{8}T[0-9]{6}\.[0-9]{6}Z)")


def new_name(path: Path, what: str = "") -> Path:
    """A name for the store at `path` as it is now, before `what` changes it."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return path.with_name(f"{_prefix(path)}{what}{'-' if what else ''}{moment}")


def newest(path: Path, fits: Callable[[Connection], bool]) -> Path | None:
    """The newest such copy of the store at `path` that can be read and that `fits`."""
    return next((copy for copy in newest_first(path) if _does(copy, fits)), None)


def newest_first(path: Path) -> list[Path]:
    """All such copies of the store at `path`."""
    prefix, moments = _prefix(path), {}
    try:
        beside = [*path.parent.iterdir()]
    except OSError:
        return []
    for file in beside:
        form = _NAME.fullmatch(file.name.removeprefix(prefix))
        if file.name.startswith(prefix) and form:
            moments[file] = form["moment"]
    return sorted(moments, key=lambda file: moments[file], reverse=True)


def _does(copy: Path, fits: Callable[[Connection], bool]) -> bool:
    try:
        with closing(database_file.opened_alone(copy)) as opened:
            return fits(opened)
    except (Unusable, *database_file.SQLITE_ERRORS):
        return False


def _prefix(path: Path) -> str:
    return f"{path.name}.before-"
