"""Commands that erase, and where a text still stands."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from feedbackstore import (
    database,
    in_use,
)
from feedbackstore.erasing import erase_command, erasures_group

MARK = "Zq7xMarker"
PIXEL = "data:image/png;base64,iVBORw0KGgo="
OTHER = "data:image/png;base64,iVBORw0KGgoA"

Run = Callable[..., Result]


@pytest.fixture
def erase(store: str) -> Run:
    """Run `flask erase` with these arguments."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(erase_command, arguments)

    return run


@pytest.fixture
def erasures(store: str) -> Run:
    """Run `flask erasures` with these arguments."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(erasures_group, arguments)

    return run


def image(*urls: str) -> list[dict[str, object]]:
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return [{"role": "user", "content": [{"type": "text", "text": "Read it."}, *parts]}]


def found_in(folder: Path, text: str) -> list[str]:
    """The files of the store, or beside it, that hold a text."""
    return [path.name for path in folder.iterdir() if text.encode() in path.read_bytes()]


def leave() -> None:
    database.close()
    in_use.leave()
