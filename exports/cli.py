"""flask export-jsonl."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from exports import dataset, directory, job, plan
from exports.example import EXPLAINED
from exports.job import Outcome
from exports.made import Made, Run
from exports.options import Options, export_options
from feedbackstore.command import StoreCommand, progress, stdout
from feedbackstore.errors import NotFound, Unusable
from feedbackstore.store import open_store


@click.command("export-jsonl", cls=StoreCommand)
@click.argument("out", type=click.Path(allow_dash=True), default="-")
@export_options
def export_jsonl(out: str, **told: Any) -> None:
    """Write stored feedback as a dataset to OUT (default -, stdout).

    OUT is a file, with OUT.manifest.json beside it, or, where it ends in a slash, a directory
    that `datasets.load_dataset` reads. It appears whole or not at all. Rows alone go to stdout;
    the summary goes to stderr.
    """
    options = Options(**told)
    _refuse_unwritable(out, options)
    open_store()
    planned = plan.make(options)
    if options.explain is not None:
        _explain(planned)
        return

    @contextmanager
    def shown(
        made: Iterable[Made | Run], total: Callable[[], int]
    ) -> Iterator[Iterable[Made | Run]]:
        with progress((), total, options.quiet or options.as_json) as bar:
            yield _moving(bar, made)

    outcome = job.run(planned, out, stdout(), shown)
    if options.as_json:
        click.echo(json.dumps(_for_machines(outcome)), err=True)
    elif not options.quiet:
        for line in _in_words(outcome, out, planned):
            click.echo(line, err=True)


def _moving(bar: Any, made: Iterable[Made | Run]) -> Iterator[Made | Run]:
    for some in made:
        yield some
        bar.update(len(some.ids))


def _explain(planned: plan.Plan) -> None:
    """Rows to stdout; to stderr which feedback they come from, and why others are none."""
    out, found = stdout(), False
    for row, made in job.explain(planned):
        found = True
        becomes = _rows(len(made.lines))
        if made.reason is not None:
            becomes = f"left out, {EXPLAINED[made.reason]}"
        click.echo(f"feedback {row.uuid} ({row.created_at}): {becomes}", err=True)
        out.writelines(made.lines)
        out.flush()
    if not found:
        kind = planned.options.kind or "request"
        raise NotFound(
            f"There is no feedback on the {kind} {planned.options.explain!r}, or none that is"
            " selected (--status all selects what reviewers rejected too)."
        )


def _refuse_unwritable(out: str, options: Options) -> None:
    """Raise StoreError where the dataset cannot be written to `out`."""
    if out == "-" and options.wants_directory:
        raise Unusable("Splits, shards and compression need a directory: name one as OUT.")
    if out != "-" and not options.dry_run:
        as_directory = job.is_directory(options, out)
        refuse = directory.refuse_existing if as_directory else dataset.refuse_existing
        refuse(Path(out), overwrite=options.overwrite)


def _for_machines(outcome: Outcome) -> dict[str, Any]:
    known = outcome.remembered
    if known is None:
        return outcome.described
    told = {**outcome.described, "manifest": str(outcome.manifest), "export": known.sha256}
    return told | ({"gone": known.gone} if known.gone else {})


def _in_words(outcome: Outcome, out: str, planned: plan.Plan) -> Iterator[str]:
    """The summary, a line at a time."""
    summary, form = outcome.summary, planned.form
    verb = "would be written" if planned.options.dry_run else "written"
    place = "stdout" if out == "-" else out
    yield f"{_rows(summary.written)} of {form.name} {verb} to {place}"
    for split, files in outcome.files.items():
        rows = sum(file["rows"] for file in files)
        yield f"  {split}: {_rows(rows)} in {len(files)} {'file' if len(files) == 1 else 'files'}"
    for name, number in outcome.described.get("images", {}).items():
        yield f"  images {name}: {number}"
    for name, number in outcome.described.get("redacted", {}).items():
        yield f"  redacted {name}: {number}"
    if summary.left_out:
        yield f"{_rows(summary.left_out.total())} of feedback left out:"
        yield from (f"  {line}" for line in summary.left_out_in_words())
    if not summary.read:
        yield "No feedback matches."
    if outcome.manifest is not None:
        yield f"manifest: {outcome.manifest}"
        if outcome.remembered is not None and outcome.remembered.gone:
            gone = outcome.remembered.gone
            yield (
                f"{gone} {'piece' if gone == 1 else 'pieces'} of feedback in it went from the store"
                " while it was made, erased or deleted. To be without them, export again."
            )
        if form.train:
            yield f"to train: {form.train.format(out=out)}"


def _rows(count: int) -> str:
    return f"{count} {'row' if count == 1 else 'rows'}"
