"""Commands whose errors are sentences: exit status 1 for what went wrong, 2 for wrong usage."""

import json
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import IO, Any, Final, TypeVar, cast

import click

from feedbackstore import program
from feedbackstore.database_errors import ERRORS, explained
from feedbackstore.errors import StoreError, Unavailable, Unusable
from feedbackstore.signs import Sign

T = TypeVar("T")

_SHOWN_EVERY: Final = 100


class StoreCommand(click.Command):
    """A command on the store; what the store refuses is one line on stderr."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line."""
        try:
            rest = super().parse_args(ctx, args)
        except click.exceptions.Exit:
            raise
        except RuntimeError as error:
            # What click says of a standard stream that is closed.
            raise click.UsageError(str(error), ctx) from None
        for name, value in ctx.params.items():
            if isinstance(value, str) and not _is_unicode(value):
                raise click.UsageError(f"The value of {name} is not UTF-8.", ctx)
        return rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except StoreError as error:
            raise click.ClickException(told(error)) from error
        except ERRORS as error:
            unreadable = explained(error, "The store cannot be read.")
            raise click.ClickException(told(unreadable)) from error
        except OSError as error:
            said = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
            raise click.ClickException(f"Reading or writing failed: {said}.") from error


def told(error: StoreError) -> str:
    """An error for who sits at the machine: with its cause and the place, where it has some."""
    if not isinstance(error, Unavailable):
        return str(error)
    cause = f" ({' '.join(str(error.__cause__).split())})" if error.__cause__ else ""
    run = f" Run: {program.line(error.command)}" if error.command else ""
    return f"{error}{cause} {error.advice}{run}"


def stdout() -> IO[bytes]:
    """Where the data goes. Raises Unusable where it is closed, before anything is done."""
    if sys.stdout is None:
        raise Unusable("Standard output is closed. Name a file, or leave it open.")
    return sys.stdout.buffer


def progress(
    items: Iterable[T], length: Callable[[], int] | None, quiet: bool
) -> AbstractContextManager[Any]:
    """`items` with a bar on stderr, where that is a terminal: how many, how fast, how long yet.

    `length` counts them, which takes its time: it is asked only where the bar is seen.
    """
    hidden = quiet or sys.stderr is None or not sys.stderr.isatty()
    started = time.monotonic()
    bar: Any = click.progressbar(
        items,
        length=None if hidden or length is None else length(),
        file=sys.stderr,
        hidden=hidden,
        show_pos=True,
        update_min_steps=_SHOWN_EVERY,
        item_show_func=lambda _: f"{bar.pos / max(time.monotonic() - started, 0.001):,.0f}/s",
    )
    return cast("AbstractContextManager[Any]", bar)


def print_rows(rows: list[dict[str, Any]], as_json: bool) -> None:
    """A JSON object a line, or a table; nothing where there are no rows."""
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
    elif rows:
        shown = [{name: name for name in rows[0]}, *rows]
        widths = {name: max(len(str(row[name])) for row in shown) for name in rows[0]}
        for row in shown:
            cells = (str(row[name]).ljust(width) for name, width in widths.items())
            click.echo("  ".join(cells).rstrip())


def print_sign(sign: Sign, as_json: bool) -> None:
    """A line for one thing that was looked at."""
    if as_json:
        click.echo(json.dumps(sign._asdict(), ensure_ascii=False))
    else:
        click.echo(f"{sign.level:4}  {sign.name:12}  {sign.said}")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
