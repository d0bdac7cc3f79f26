"""Commands whose errors are sentences: exit status 1 for what went wrong, 2 for wrong usage."""

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import click
import peewee

from feedbackstore.errors import StoreError

T = TypeVar("T")


class StoreCommand(click.Command):
    """A command on the store; what the store refuses is one line on stderr."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (StoreError, peewee.PeeweeException) as error:
            raise click.ClickException(str(error)) from error


def progress(items: Iterable[T], length: int | None, quiet: bool) -> AbstractContextManager[Any]:
    """`items` with a bar on stderr, where that is a terminal; stdout belongs to the data."""
    hidden = quiet or not sys.stderr.isatty()
    return click.progressbar(items, length=length, file=sys.stderr, hidden=hidden)
