"""flask evaluate."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from feedbackstore import ids, keys
from feedbackstore.command import StoreCommand, progress, stdout
from feedbackstore.errors import Conflict, Invalid, Unusable
from feedbackstore.evaluations import evaluators, judgements, page, table, words
from feedbackstore.evaluations.evaluation import GROUPINGS, evaluate
from feedbackstore.evaluations.findings import Evaluator
from feedbackstore.evaluations.recurring import KEPT
from feedbackstore.evaluations.report import Report
from feedbackstore.parameters import Moment
from feedbackstore.store import open_store

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: Final = (
    click.option(
        "--project", default=keys.DEFAULT_PROJECT, show_default=True, help="Whose predictions."
    ),
    click.option("--since", type=Moment(), help="Only predictions made from this moment on."),
    click.option("--until", type=Moment(), help="Only predictions made before it."),
    click.option("--kind", type=click.Choice(ids.KINDS), help="Only predictions of this kind."),
    click.option("--domain", help="Only predictions of this domain."),
    click.option("--model", help="Only predictions of this model."),
    click.option(
        "--by",
        type=click.Choice(list(GROUPINGS)),
        default="model",
        show_default=True,
        help="What to put side by side.",
    ),
    click.option(
        "--evaluator",
        type=click.Choice(evaluators.NAMES),
        default=evaluators.DEFAULT,
        show_default=True,
        help="Ours, or one that the hosted service has.",
    ),
    click.option(
        "--tolerance",
        type=float,
        default=0.0,
        show_default=True,
        help="How far apart two numbers may be and count as the same.",
    ),
    click.option("--loose-text", is_flag=True, help="Case and spacing do not count in texts."),
    click.option("--ignore-order", is_flag=True, help="Order does not count in any list."),
    click.option("--count-null", is_flag=True, help="Count fields too that are rightly empty."),
    click.option(
        "--top",
        type=click.IntRange(0, KEPT),
        default=3,
        show_default=True,
        help="Confusions to show of each field.",
    ),
    click.option(
        "--format",
        type=click.Choice(["table", "json", "html"]),
        help="How to write the report.  [default: as OUT ends; else table]",
    ),
    click.option("--quiet", is_flag=True, help="Print nothing but the report."),
    click.option("--overwrite", is_flag=True, help="Write over OUT if it is there."),
)


def _evaluate_options(command: F) -> F:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command("evaluate", cls=StoreCommand)
@click.argument("out", type=click.Path(allow_dash=True), default="-")
@_evaluate_options
def evaluate_command(out: str, project: str, quiet: bool, by: str, **told: Any) -> None:
    """Say how good the model's output is, by people's corrections, to OUT (default -, stdout).

    The latest correction of a prediction is its truth; where there is none, a rating counts.
    Predictions that nobody judged stand in the totals alone. Each rate comes with the interval
    that chance leaves it in.
    """
    stream = stdout() if out == "-" else None
    if stream is None and not told["overwrite"]:
        _refuse_existing(Path(out))
    evaluator = _evaluator(told)
    open_store()
    scope = judgements.Scope(
        **{name: told[name] for name in ("since", "until", "kind", "domain", "model")}
    )
    project_id = keys.get_project(project).id
    rows = judgements.rows(project_id, scope)
    with progress(rows, lambda: judgements.count(project_id, scope), quiet) as shown:
        report = evaluate(shown, evaluator, scope, by=by)
    form = told["format"] or Path(out).suffix.removeprefix(".")
    text = _FORMS.get(form, _as_table)(report, told["top"]).encode()
    if stream is None:
        _write(Path(out), text)
    else:
        stream.write(text)
        stream.flush()
    for line in () if quiet else _summary(report, out):
        click.echo(line, err=True)


def _evaluator(told: dict[str, Any]) -> Evaluator:
    names = ("tolerance", "loose_text", "ignore_order", "count_null")
    try:
        return evaluators.make(told["evaluator"], **{name: told[name] for name in names})
    except Invalid as error:
        raise click.UsageError(str(error)) from None


def _as_json(report: Report, top: int) -> str:
    return json.dumps(report.as_json(top), ensure_ascii=False, indent=2) + "\n"


def _as_table(report: Report, top: int) -> str:
    return "".join(f"{line}\n" for line in table.render(report, top))


_FORMS: Final[dict[str, Callable[[Report, int], str]]] = {
    "table": _as_table,
    "json": _as_json,
    "html": page.render,
}


def _summary(report: Report, out: str) -> list[str]:
    written = [] if out == "-" else [f"{words.judged(report.total)}: written to {out}"]
    lack = words.lack(report)
    return [*written, lack] if lack else written


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise Conflict(f"{path} is there already. To write over it, say --overwrite.")


def _write(path: Path, text: bytes) -> None:
    """Write a file whole or not at all."""
    if path.exists() and not path.is_file():
        raise Unusable(f"{path} is no file. Name another as OUT.")
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(text)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
