"""flask export-jsonl."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from exports import dataset, selection
from exports.dataset import Lines
from exports.export import Summary, export, manifest
from exports.formats import DEFAULT, FORMATS
from exports.selection import Filters
from feedbackstore import ids, keys
from feedbackstore.command import StoreCommand, progress, stdout
from feedbackstore.store import open_store


class Moment(click.ParamType[str]):
    """A day (it begins at midnight, UTC) or a moment, as RFC 3339 has them."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The moment as the store writes it."""
        try:
            return ids.parse_moment(f"{value}T00:00:00Z" if "T" not in value.upper() else value)
        except ValueError:
            message = f"{value!r} is no day or moment: 2026-11-24 or 2026-11-24T08:00:00Z"
            self.fail(message, param, ctx)


@click.command("export-jsonl", cls=StoreCommand)
@click.argument("out", type=click.Path(allow_dash=True, path_type=Path), default="-")
@click.option(
    "--format",
    type=click.Choice(list(FORMATS)),
    default=DEFAULT,
    show_default=True,
    help="The shape of a row.",
)
@click.option("--project", default=keys.DEFAULT_PROJECT, show_default=True, help="Whose feedback.")
@click.option(
    "--since",
    type=Moment(),
    help="Only feedback from this day (2026-11-24) or moment (RFC 3339) on.",
)
@click.option("--until", type=Moment(), help="Only feedback before this day or moment.")
@click.option("--kind", type=click.Choice(ids.KINDS), help="Only what is about this kind.")
@click.option("--domain", help="Only predictions of this domain.")
@click.option("--model", help="Only predictions of this model.")
@click.option(
    "--resolve",
    type=click.Choice(selection.RESOLVES),
    help="Which of several corrections of one prediction.  [default: latest; feedback: all]",
)
@click.option("--limit", type=click.IntRange(min=1), help="At most so many rows.")
@click.option("--dry-run", is_flag=True, help="Write nothing; count, and say what is left out.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    envvar="FLASK_EXPORT_JSONL_JSON",
    help="Print the summary as JSON.",
)
@click.option("--quiet", is_flag=True, help="Print no summary.")
@click.option("--overwrite", is_flag=True, help="Write over OUT if it is there.")
def export_jsonl(
    out: Path,
    format: str,
    project: str,
    resolve: str | None,
    limit: int | None,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    overwrite: bool,
    **filters: str | None,
) -> None:
    """Write stored feedback as a dataset to OUT (default -, stdout).

    OUT appears whole or not at all, with OUT.manifest.json beside it. Rows alone go to stdout;
    the summary goes to stderr.
    """
    form = FORMATS[format]
    selected = Filters(resolve=resolve or form.resolve, **filters)
    to_file = str(out) != "-" and not dry_run
    if to_file:
        dataset.refuse_existing(out, overwrite=overwrite)
    sink = dataset.written(out) if to_file else nullcontext(Lines(stdout()))
    open_store()
    project_id = keys.get_project(project).id
    total = selection.count(project_id, selected)
    rows = selection.rows(project_id, selected)
    with sink as lines, progress(rows, total, quiet or as_json) as shown:
        write = (lambda _: None) if dry_run else lines.write
        summary = export(shown, form, write, limit=limit)
        if not to_file:
            stdout().flush()
    if to_file:
        described = manifest(summary, form, selected, project, limit, lines.sha256)
        dataset.write_manifest(out, described)
    if as_json:
        click.echo(json.dumps({"format": form.name, **summary.as_json()}), err=True)
    elif not quiet:
        for line in _in_words(summary, form.name, out, dry_run):
            click.echo(line, err=True)


def _in_words(summary: Summary, format_name: str, out: Path, dry_run: bool) -> Iterator[str]:
    """The summary, a line at a time."""
    verb = "would be written" if dry_run else "written"
    place = "stdout" if str(out) == "-" else str(out)
    yield f"{_rows(summary.written)} of {format_name} {verb} to {place}"
    if summary.left_out:
        yield f"{_rows(summary.left_out.total())} of feedback left out:"
        yield from (f"  {line}" for line in summary.left_out_in_words())
    if not summary.read:
        yield "No feedback matches."
    if str(out) != "-" and not dry_run:
        yield f"manifest: {dataset.manifest_of(out)}"


def _rows(count: int) -> str:
    return f"{count} {'row' if count == 1 else 'rows'}"
