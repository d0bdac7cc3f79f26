"""The commands that keep the store safe: flask backup, restore, check and move-to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from feedbackstore import (
    backup,
    database_file,
    database_server,
    inspection,
    program,
    restore,
    settings,
    transfer,
)
from feedbackstore.command import StoreCommand, print_sign, progress
from feedbackstore.signs import BAD

_PATH: Final = click.Path(path_type=Path)


def no_stdout(_: click.Context, __: click.Parameter, value: Path | None) -> Path | None:
    """Refuse - for a path: a copy has to be whole before it has its name."""
    if value is not None and str(value) == "-":
        raise click.BadParameter("a database cannot be written to standard output: name a file.")
    return value


@click.command("backup", cls=StoreCommand)
@click.argument("out", type=_PATH, callback=no_stdout)
@click.option("--overwrite", is_flag=True, help="Write over OUT where it is there already.")
@click.option(
    "--keep",
    type=click.IntRange(1),
    help="Where OUT is a directory: keep so many copies, and remove older ones made by this.",
)
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def backup_command(out: Path, overwrite: bool, keep: int | None, quiet: bool) -> None:
    """Copy the store to OUT while it is served.

    OUT is a file, or a directory, where the copy gets a name with the moment, such as
    feedback-20261124T120000Z.db. Everything that was acknowledged before is in it; it is checked
    before it gets its name, and only its owner can read it.
    """
    if keep is not None and not out.is_dir():
        raise click.UsageError("--keep is for a directory of copies: name one as OUT.")
    url = settings.load()["DATABASE_URL"]
    with shown(quiet) as tell:
        made = backup.make(url, out, overwrite=overwrite, keep=keep, progress=tell)
    if quiet:
        return
    click.echo(f"{made.path}: {_counted(made.feedback, made.predictions)}", err=True)
    click.echo(f"{made.size:,} bytes in {made.seconds:.1f} seconds", err=True)
    for path in made.removed:
        click.echo(f"removed {path}", err=True)


@click.command("restore", cls=StoreCommand)
@click.argument("copy", metavar="BACKUP", type=_PATH, callback=no_stdout)
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def restore_command(copy: Path, quiet: bool) -> None:
    """Put BACKUP in the store's place, once it is found to be whole.

    Nobody may have the store open: stop the server before. What stood there is kept beside it, as
    feedback.db.before-MOMENT. What was erased since BACKUP was made is erased from it first.
    """
    url = settings.load()["DATABASE_URL"]
    with shown(quiet) as tell:
        done = restore.put(url, copy, tell)
    if done.aside and not quiet:
        click.echo(f"the former store is kept: {done.aside}", err=True)
    if not quiet:
        what = _counted(done.feedback, done.predictions)
        click.echo(f"{database_file.path_of(url)} is {copy} now: {what}", err=True)
    if done.erased and not quiet:
        what = _counted(done.erased.feedback, done.erased.predictions)
        click.echo(f"erased from it again, as before: {what}", err=True)
    if not done.is_known:
        click.echo(
            "No former store is here, or it is too damaged, to say what was erased since the backup"
            f" was made. Where something was, erase it again: {program.line('erase')}",
            err=True,
        )
    if done.pending:
        click.echo(
            f"It is older than this version ({', '.join(done.pending)} is not applied)."
            f" To bring it up to date, run: {program.line('migrate')}",
            err=True,
        )


@click.command("move-to", cls=StoreCommand)
@click.argument("url")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def move_to_command(url: str, quiet: bool) -> None:
    """Copy the store in a file into the empty PostgreSQL database at URL.

    URL is as postgresql://USER@HOST/NAME; let the password come from PGPASSWORD or ~/.pgpass, for
    others may see a command's arguments. Nobody may have the store open: stop the server before.
    The file stays as it is; keys, reviews, exports and what was erased go along.
    """
    if not database_server.is_meant(url):
        raise click.BadParameter("it should begin with postgresql://", param_hint="'URL'")
    path = database_file.path_of(settings.load()["DATABASE_URL"])
    with shown(quiet) as tell:
        moved = transfer.transfer(path, url, tell)
    if moved.altered:
        said = f"{moved.altered:,} rows had the character NUL in a text: it is U+FFFD there."
        click.echo(said, err=True)
    if not quiet:
        what = _counted(moved.rows["feedback"], moved.rows["prediction"])
        click.echo(f"{database_server.named(url)} has it all: {what}", err=True)
        click.echo("Serve it from there: set FEEDBACKSTORE_DATABASE_URL to that URL.", err=True)


@click.command("check", cls=StoreCommand)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def check_command(as_json: bool) -> None:
    """Look whether the store is whole, private and has room, and count what is in it.

    Nothing is changed, and the store may be served meanwhile. A line each: ok; bad, which needs a
    hand and says what to do. Exit status 1 where something is bad.
    """
    is_bad = False
    for sign in inspection.inspect(settings.load()["DATABASE_URL"]):
        is_bad |= sign.level == BAD
        print_sign(sign, as_json)
    if is_bad:
        raise click.exceptions.Exit(1)


@contextmanager
def shown(quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """What hears of pages that are done, of how many, and draws a bar on a terminal."""
    with progress((), lambda: 1, quiet) as bar:

        def tell(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield tell


def _counted(feedback: int, predictions: int) -> str:
    noun = "prediction" if predictions == 1 else "predictions"
    return f"{feedback:,} of feedback, {predictions:,} {noun}"
