"""The store's own commands: flask migrate, keys …, projects …, import-predictions."""

import json
import os
from typing import IO, Any

import click

from feedbackstore import database_file, imports, keys, migrations, reviews, settings
from feedbackstore.command import StoreCommand, progress, stdout
from feedbackstore.store import open_store
from feedbackstore.verdicts import Recorded


@click.command(cls=StoreCommand)
def migrate() -> None:
    """Create the database, or bring it up to date.

    Safe to run again, and while another one runs: the second waits and finds nothing to do.
    """
    values = settings.load()
    applied = migrations.upgrade(values["DATABASE_URL"], values["DATABASE_TIMEOUT"])
    for name in applied:
        click.echo(f"applied {name}", err=True)
    click.echo(f"{database_file.path_of(values['DATABASE_URL'])} is up to date", err=True)


@click.group("keys")
def keys_group() -> None:
    """Make, list and revoke API keys."""


def _scopes(_: click.Context, __: click.Parameter, value: str) -> list[str]:
    scopes = [scope.strip() for scope in value.split(",") if scope.strip()]
    unknown = [scope for scope in scopes if scope not in keys.SCOPES]
    if unknown or not scopes:
        choices = ", ".join(keys.SCOPES)
        named = f"{', '.join(unknown)} is not among" if unknown else "name at least one of"
        raise click.BadParameter(f"{named} {choices}")
    return scopes


@keys_group.command(cls=StoreCommand)
@click.option("--project", default=keys.DEFAULT_PROJECT, show_default=True, help="Whose key it is.")
@click.option(
    "--scopes",
    default=",".join(keys.DEFAULT_SCOPES),
    show_default=True,
    callback=_scopes,
    help=f"What it may do: {', '.join(keys.SCOPES)}; several with commas.",
)
@click.option("--name", default="", help="A note to know it by.")
@click.option("--if-none", is_flag=True, help="Do nothing where there is a key already.")
def create(project: str, scopes: list[str], name: str, if_none: bool) -> None:
    """Make a key and print it. It is shown this once; only its digest is kept."""
    out = stdout()
    open_store()
    key = keys.create(project, scopes, name, only_first=if_none)
    if key is None:
        return
    try:
        out.write(f"{key}\n".encode())
        out.flush()
    except OSError:
        # Nobody has seen it, and nobody ever will.
        keys.revoke(keys.id_of(key))
        raise


@keys_group.command("list", cls=StoreCommand)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_keys(as_json: bool) -> None:
    """Print every key's id, project, scopes and state; no secret."""
    open_store()
    rows = [
        {
            "id": record.key_id,
            "project": record.project.name,
            "scopes": record.scopes,
            "created": record.created_at[:19] + "Z",
            "revoked": record.revoked_at[:19] + "Z" if record.revoked_at else "",
            "name": record.name,
        }
        for record in keys.list_all()
    ]
    _print(rows, as_json)
    if not rows:
        click.echo("There is no key yet. To make one: flask keys create", err=True)


@keys_group.command(cls=StoreCommand)
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Revoke a key, at once and for good.

    KEY_ID is what `flask keys list` shows, the part of the key after fbk_.
    """
    open_store()
    record = keys.revoke(keys.id_of(key_id) or key_id)
    click.echo(f"{record.key_id} was revoked at {record.revoked_at}", err=True)


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
    _print(rows, as_json)
    if not rows:
        click.echo("There is no project yet. Its first key makes it: flask keys create", err=True)


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
    )


def _print(rows: list[dict[str, Any]], as_json: bool) -> None:
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
