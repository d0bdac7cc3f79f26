"""The commands that erase what somebody asked to have erased: flask erase, flask erasures …."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from feedbackstore import (
    database_file,
    database_server,
    erasure,
    former,
    ids,
    keys,
    program,
    settings,
)
from feedbackstore.command import StoreCommand, print_rows
from feedbackstore.erasure import Done, Plan
from feedbackstore.errors import Unusable
from feedbackstore.models import Erasure
from feedbackstore.parameters import Tag
from feedbackstore.removal import Counts
from feedbackstore.store import open_store
from feedbackstore.tombstones import FEEDBACK, Name

Command = TypeVar("Command", bound=Callable[..., Any])

_STAYS: Final = (
    "Backups, replicas and copies of the store hold it until they are gone, and so do the trainer's"
    " own copies of what was exported."
)
_STAYS_ON_SERVER: Final = (
    "PostgreSQL keeps it in its log, and in free room of its files, until it writes over that;"
    " --vacuum writes the files anew."
)
_NOT_FLUSHED: Final = (
    "Somebody reads an older state of the store: its text may still stand in the database file and"
    " its -wal. When they are done, run:"
)

_project = click.option(
    "--project", default=keys.DEFAULT_PROJECT, show_default=True, help="In which project."
)
_vacuum = click.option(
    "--vacuum",
    is_flag=True,
    help="Write the database anew after it, for pages freed under an older SQLite or version.",
)


def _ids(command: Command) -> Command:
    for kind in (FEEDBACK, *reversed(ids.KINDS)):
        noun = kind.replace("_", " ")
        text = "What this feedback is about." if kind == FEEDBACK else f"This {noun}."
        command = click.option(f"--{kind.replace('_', '-')}-id", help=text)(command)
    return command


def _name(asked: dict[str, str | None]) -> Name | None:
    """The one id that was named, of whichever kind. Raises UsageError for several."""
    named = [(key.removesuffix("_id"), each) for key, each in asked.items() if each is not None]
    if len(named) > 1:
        raise click.UsageError("Name one thing at a time.")
    return named[0] if named else None


@click.command("erase", cls=StoreCommand)
@_ids
@click.option("--tag", type=Tag(), help="What all feedback with this tag is about.")
@_project
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Count what would go, and change nothing.")
@_vacuum
def erase_command(
    tag: tuple[str, str] | None,
    project: str,
    yes: bool,
    dry_run: bool,
    vacuum: bool,
    **asked: str | None,
) -> None:
    """Erase all that is stored of one id, or of what feedback with a tag is about, for good.

    The prediction, all feedback on it with its reviews, and the images that no other prediction
    uses. Nothing is taken under the same ids any more. Name one of the ids, or a tag. What an
    interrupted run left is finished too.
    """
    name = _name(asked)
    if (name is None) == (tag is None):
        raise click.UsageError("Name what to erase: one id, or a --tag.")
    open_store()
    planned = erasure.plan(keys.get_project(project), name=name, tag=tag)
    is_done = bool(planned.before or not planned.names)
    if dry_run or is_done or not yes:
        _tell_plan(planned)
    if dry_run:
        return
    if is_done:
        _tell_done(erasure.resume(rebuild=vacuum))
        return
    if not yes:
        _ask()
    _tell_done(erasure.erase(planned, rebuild=vacuum))


@click.group("erasures")
def erasures_group() -> None:
    """List what was erased, finish what was interrupted, lift what was forbidden."""


@erasures_group.command("list", cls=StoreCommand)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_erasures(as_json: bool) -> None:
    """Print when something was erased, how much, and from which project; never what."""
    open_store()
    found = erasure.list_all()
    print_rows([_row(each, as_json=as_json) for each in found], as_json)
    if any(each.finished_at is None for each in found):
        line = program.line("erasures resume")
        click.echo(f"To finish what was interrupted, run: {line}", err=True)
    if not found:
        click.echo("Nothing was erased yet.", err=True)


@erasures_group.command("resume", cls=StoreCommand)
@_vacuum
def resume(vacuum: bool) -> None:
    """Finish the erasures that were interrupted."""
    open_store()
    done = erasure.resume(rebuild=vacuum)
    if done is None:
        click.echo("Every erasure is finished.", err=True)
    _tell_done(done)


@erasures_group.command("forget", cls=StoreCommand)
@_ids
@_project
def forget(project: str, **asked: str | None) -> None:
    """Take what was erased again from now on, when somebody sends it.

    Its id is needed: the store has only its hash.
    """
    name = _name(asked)
    if name is None:
        raise click.UsageError("Name what to take again: one id.")
    open_store()
    erasure.forget(keys.get_project(project), name)
    click.echo(f"the {name[0].replace('_', ' ')} is taken again from now on", err=True)


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _ask() -> None:
    if not _is_terminal():
        raise Unusable("Nothing was erased: nobody is here to confirm it. To erase it, say --yes.")
    click.confirm("Erase it for good?", abort=True, err=True)


def _tell_plan(planned: Plan) -> None:
    if planned.before:
        click.echo(f"It was erased before, at {planned.before[:19]}Z.", err=True)
    elif not planned.names:
        click.echo("No feedback has this tag.", err=True)
    else:
        click.echo(f"to erase: {_counted(planned.counts)}", err=True)
        _tell_exports(planned.exports)


def _tell_done(done: Done | None) -> None:
    if done is None:
        return
    click.echo(f"erased: {_counted(done.counts)}", err=True)
    _tell_exports(done.exports)
    click.echo(_STAYS, err=True)
    if database_server.is_meant(settings.load()["DATABASE_URL"]):
        click.echo(_STAYS_ON_SERVER, err=True)
    for copy in _copies_of(settings.load()["DATABASE_URL"]):
        click.echo(f"{copy} is such a copy.", err=True)
    if not done.flushed:
        raise Unusable(f"{_NOT_FLUSHED} {program.line('erasures resume')}")


def _copies_of(url: str) -> list[Path]:
    """The copies beside a store in a file."""
    return [] if database_server.is_meant(url) else former.newest_first(database_file.path_of(url))


def _tell_exports(exports: list[dict[str, str]]) -> None:
    if exports:
        click.echo("exports that were made of it, and hold it still:", err=True)
    for each in exports:
        shown = (each["export"][:12], each["created"], f"{each['format']:22}", each["name"])
        click.echo(f"  {'  '.join(shown)}", err=True)


def _counted(counts: Counts) -> str:
    def some(number: int, noun: str) -> str:
        return f"{number:,} {noun}{'' if number == 1 else 's'}"

    return (
        f"{counts.feedback:,} of feedback with {some(counts.reviews, 'review')},"
        f" {some(counts.predictions, 'prediction')}, {some(counts.images, 'image')}"
    )


def _row(each: Erasure, *, as_json: bool) -> dict[str, Any]:
    exports = erasure.exports_of(each)
    return {
        "started": f"{each.started_at[:19]}Z",
        "finished": f"{each.finished_at[:19]}Z" if each.finished_at else "",
        "project": each.project,
        "feedback": each.feedback,
        "reviews": each.reviews,
        "predictions": each.predictions,
        "images": each.images,
        "exports": exports if as_json else len(exports),
    }
