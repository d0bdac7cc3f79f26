"""What options take besides texts and numbers, each read from the command line."""

from pathlib import Path
from typing import Any, Final

import click

from exports import splits
from exports.personal import KINDS
from feedbackstore.filters import NOT_REJECTED
from feedbackstore.models import STATUSES

ALL: Final = "all"
"""Stands for every status."""


def statuses(_: click.Context, __: click.Parameter, named: tuple[str, ...]) -> tuple[str, ...]:
    """The statuses that were named, each once; all but rejected where none was."""
    if ALL in named:
        return STATUSES
    return tuple(status for status in STATUSES if status in named) or NOT_REJECTED


class Shares(click.ParamType[Any]):
    """Splits with their parts."""

    name = "shares"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The shares."""
        try:
            return splits.parse(value) if isinstance(value, str) else value
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Size(click.ParamType[int]):
    """A number of bytes: 500MB, 2GB, 1000."""

    name = "size"
    _UNITS: Final = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The bytes."""
        number = str(value).upper().rstrip("BGKM")
        unit = self._UNITS.get(str(value).upper()[len(number) :])
        if unit is None or not number.isascii() or not number.isdigit() or not int(number):
            self.fail(f"{value!r} is no size: 500MB, 2GB", param, ctx)
        return int(number) * unit


class Kinds(click.ParamType[Any]):
    """Kinds of personal values, with commas."""

    name = "kinds"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The kinds."""
        kinds = tuple(kind.strip() for kind in str(value).split(","))
        unknown = [kind for kind in kinds if kind not in KINDS]
        if unknown:
            self.fail(f"{unknown[0]!r} is not among {', '.join(KINDS)}", param, ctx)
        return kinds


class Text(click.ParamType[str]):
    """A text, or a file's with @ before its name."""

    name = "text|@file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text."""
        if not str(value).startswith("@"):
            return str(value)
        try:
            return Path(value[1:]).read_text(encoding="utf-8").rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            self.fail(f"{value[1:]} cannot be read: {error}", param, ctx)
