"""The commands around an export: flask formats, flask check-dataset, flask exports …."""

import json
from itertools import islice
from pathlib import Path
from typing import Any, Final

import click

from exports import lineage, verify
from exports.compression import opened
from exports.formats import FORMATS
from exports.formats.interface import Format
from feedbackstore import documents, keys
from feedbackstore.command import StoreCommand
from feedbackstore.errors import Invalid, StoreError, Unusable
from feedbackstore.models import Export
from feedbackstore.store import open_store

_SHOWN: Final = 20

_project = click.option(
    "--project", default=keys.DEFAULT_PROJECT, show_default=True, help="Whose exports."
)
_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@click.command("formats", cls=StoreCommand)
@_json
def formats(as_json: bool) -> None:
    """List the formats: what each is, what it takes, who reads them."""
    for form in FORMATS.values():
        if as_json:
            click.echo(json.dumps({"name": form.name, **_said_of(form)}, ensure_ascii=False))
            continue
        said = _said_of(form)
        click.echo(f"{form.name:24} {form.help}")
        click.echo(f"{'':24} for {said['readers']}; {said['task']}; images: {said['images']}")


def _said_of(form: Format) -> dict[str, str]:
    images = ", ".join(form.images.modes) if form.images else "none"
    return {
        "help": form.help,
        "readers": form.readers,
        "task": str(form.task),
        "images": "as they are" if form.raw else images,
    }


@click.command("check-dataset", cls=StoreCommand)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(FORMATS)),
    required=True,
    metavar="FORMAT",
    help="Whose rules to hold it against; `formats` lists them.",
)
def check_dataset(file: Path, format_name: str) -> None:
    """Hold a JSONL file, ours or not, against a format's rules, line by line."""
    form, rows, wrong = FORMATS[format_name], 0, 0
    with opened(file) as stream:
        for number, line in enumerate(stream, 1):
            rows += 1
            complaints = list(_complaints(line, form))
            wrong += bool(complaints)
            if wrong <= _SHOWN:
                for complaint in complaints:
                    click.echo(f"line {number}: {complaint}", err=True)
    if not rows:
        raise StoreError(f"{file} is empty.")
    if wrong:
        raise StoreError(f"{wrong} of {rows} rows are not of the format {format_name}.")
    noun = "row" if rows == 1 else "rows"
    click.echo(f"{rows} {noun} of {format_name}: all good", err=True)


def _complaints(line: bytes, form: Format) -> list[str]:
    try:
        row = documents.parse(line.removesuffix(b"\n").removesuffix(b"\r"), envelope=20)
    except Invalid as error:
        return [str(problem) for problem in error.problems]
    return [str(problem) for problem in islice(form.check(row, ()), _SHOWN)]


@click.group("exports")
def exports_group() -> None:
    """Ask which datasets were made, of what, and whether they are still that."""


@exports_group.command("list", cls=StoreCommand)
@_project
@_json
def list_exports(project: str, as_json: bool) -> None:
    """List the exports that were written to a file, the newest first."""
    open_store()
    found = lineage.list_newest(keys.get_project(project).id)
    for export in found:
        _print(export, as_json)
    if not found:
        click.echo("Nothing was exported to a file yet.", err=True)


@exports_group.command("show", cls=StoreCommand)
@click.argument("export")
@_project
def show(export: str, project: str) -> None:
    """Print the ids of the feedback that went into EXPORT (a hash, or how one begins)."""
    open_store()
    found = lineage.get(keys.get_project(project).id, export)
    _print(found, as_json=False, err=True)
    for uuid in lineage.feedback_in(found):
        click.echo(uuid)


@exports_group.command("containing", cls=StoreCommand)
@click.option("--request-id", help="Of this request.")
@click.option("--agent-execution-id", help="Of this agent execution.")
@click.option("--chat-id", help="Of this chat.")
@_project
@_json
def containing(project: str, as_json: bool, **asked: str | None) -> None:
    """List the exports that hold feedback on one request, agent execution or chat."""
    named = [(name.removesuffix("_id"), value) for name, value in asked.items() if value]
    if len(named) != 1:
        raise click.UsageError("Name one of --request-id, --agent-execution-id, --chat-id.")
    open_store()
    found = lineage.containing(keys.get_project(project).id, *named[0])
    for export in found:
        _print(export, as_json)
    if not found:
        click.echo("No export holds it.", err=True)


@exports_group.command("verify", cls=StoreCommand)
@click.argument("out", type=click.Path(exists=True, path_type=Path))
def verify_export(out: Path) -> None:
    """Prove that OUT, a file or a directory, is what its manifest says."""
    problems = list(verify.problems(out))
    for problem in problems[:_SHOWN]:
        click.echo(problem, err=True)
    if problems:
        raise Unusable(f"{out} is not what its manifest says.")
    click.echo(f"{out} is what its manifest says ({verify.manifest_hash(out)[:12]})", err=True)


def _print(export: Export, as_json: bool, *, err: bool = False) -> None:
    row: dict[str, Any] = {
        "export": export.sha256,
        "created": export.created_at[:19] + "Z",
        "format": export.format,
        "rows": export.rows,
        "name": export.name,
    }
    if as_json:
        click.echo(json.dumps(row, ensure_ascii=False), err=err)
        return
    noun = "row " if export.rows == 1 else "rows"
    shown = [export.sha256[:12], row["created"], f"{export.format:22}", f"{export.rows:>8} {noun}"]
    click.echo("  ".join([*shown, export.name]), err=err)
