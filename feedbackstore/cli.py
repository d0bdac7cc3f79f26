"""The store's own commands: flask migrate, projects …, import-predictions."""

import os
from typing import IO, Any

import click

from feedbackstore import imports, keys, program, reviews, settings, upgrading
from feedbackstore.command import StoreCommand, print_rows, progress
from feedbackstore.key_commands import keys_group
from feedbackstore.migrations import places
from feedbackstore.store import open_store
from feedbackstore.verdicts import Recorded

__all__ = ["import_predictions", "keys_group", "migrate", "projects_group"]


@click.command(cls=StoreCommand)
@click.option("--no-backup", is_flag=True, help="Keep no copy of an older store.")
def migrate(no_backup: bool) -> None:
    """Create the database, or bring it up to date.

    An older store is copied first: the copy stays beside it, as feedback.db.before-VERSION-MOMENT
    (one on PostgreSQL is not: that is pg_dump's).
    Safe to run again, and while another one runs: the second waits and finds nothing to do.
    """
    bring_up_to_date(settings.load(), keep=not no_backup)


def bring_up_to_date(values: dict[str, Any], *, keep: bool = True) -> None:
    """Create the database that these settings name, or bring it up to date, and say so."""
    url = values["DATABASE_URL"]
    applied, kept = upgrading.upgrade(url, values["DATABASE_TIMEOUT"], keep=keep)
    if kept is not None:
        click.echo(f"the store as it was is kept: {kept}", err=True)
    for name in applied:
        click.echo(f"applied {name}", err=True)
    click.echo(f"{places.of(url).named.removeprefix('database ')} is up to date", err=True)


@click.group("projects")
def projects_group() -> None:
    """List projects, and set how many reviews each asks for."""


@projects_group.command("list", cls=StoreCommand)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_projects(as_json: bool) -> None:
    """Print every project's name, the reviews that it asks for, and when it was made."""
    open_store()
    rows = [
        {
            "name": project.name,
            "reviews": project.reviews,
            "created": project.created_at[:19] + "Z",
        }
        for project in keys.list_projects()
    ]
    print_rows(rows, as_json)
    if not rows:
        line = program.line("keys create")
        click.echo(f"There is no project yet. Its first key makes it: {line}", err=True)


@projects_group.command("set", cls=StoreCommand)
@click.argument("name")
@click.option(
    "--reviews",
    "number",
    type=click.IntRange(1, reviews.MAX_REVIEWS),
    required=True,
    help="How many people review each piece of feedback, independently, before it is decided.",
)
def set_project(name: str, number: int) -> None:
    """Change what a project asks for from now on.

    What is decided already stays so; what is not is looked at anew at its next review.
    """
    open_store()
    reviews.ask_for(name, number)
    noun = "review" if number == 1 else "independent reviews"
    click.echo(f"{name} asks for {number} {noun} of each piece of feedback from now on", err=True)


@click.command("import-predictions", cls=StoreCommand)
@click.argument("file", type=click.File("rb"))
@click.option(
    "--project", default=keys.DEFAULT_PROJECT, show_default=True, help="Whose predictions they are."
)
@click.option("--replace", is_flag=True, help="Replace those stored with other content.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def import_predictions(file: IO[bytes], project: str, replace: bool, quiet: bool) -> None:
    """Store predictions from FILE, or - for stdin.

    FILE has a JSON object a line; all of them are stored, or none.

    Each line holds kind, id and input, and optionally model, domain, created_at, output,
    json_schema, tools and metadata. The same prediction again is fine.
    """
    open_store()
    project_id = keys.get_project(project).id
    with progress(file, None, quiet) as lines:
        recorded = imports.record_lines(
            project_id, lines, replace=replace, alone=os.cpu_count() == 1
        )
    if not quiet:
        click.echo(_in_words(recorded), err=True)


def _in_words(recorded: Recorded) -> str:
    total = recorded.created + recorded.unchanged + recorded.replaced
    noun = "prediction" if total == 1 else "predictions"
    return (
        f"{total} {noun}: {recorded.created} new, {recorded.unchanged} there already,"
        f" {recorded.replaced} replaced"
        + (f", {recorded.erased} left out, for they were erased" if recorded.erased else "")
    )
