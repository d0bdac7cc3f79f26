"""One run of `flask export-jsonl`: what was asked for, made of the pipeline's parts."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from exports import card, dataset, directory, selection
from exports.dataset import Lines
from exports.directory import Directory, Sharding
from exports.example import NOT_HELD, Skip
from exports.export import Summary, Write, export, shape
from exports.formats.interface import Format, Layout
from exports.lineage import Lineage
from exports.options import Options
from exports.plan import Plan
from exports.selection import Row
from feedbackstore import __version__, documents
from feedbackstore.errors import StoreError, Unusable

Shown = Callable[[Iterable[Row], int], AbstractContextManager[Iterable[Row]]]
"""Rows with whatever shows how far they have come."""


@dataclass(slots=True)
class Outcome:
    """What came out of a run: `manifest` is None where no file was written."""

    summary: Summary
    described: dict[str, Any]
    manifest: Path | None = None
    sha256: str | None = None
    files: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def run(plan: Plan, out: str, stdout: IO[bytes], shown: Shown) -> Outcome:
    """Export to `out` (- is `stdout`). Raises StoreError; nothing half-written stays."""
    if plan.options.dry_run:
        return _to_nowhere(plan, shown)
    if out == "-":
        return _to_stream(plan, stdout, shown)
    if is_directory(plan.options, out):
        return _to_directory(plan, Path(out), shown)
    return _to_file(plan, Path(out), shown)


def explain(plan: Plan) -> Iterator[tuple[Row, list[bytes] | Skip]]:
    """Each piece of feedback on one entity with its lines, or the reason that there are none."""
    steps = plan.steps()
    for row in selection.rows(plan.project, plan.filters):
        try:
            yield row, [dataset.line_of(shaped) for shaped in shape(row, plan.form, steps)]
        except Skip as skip:
            yield row, skip


def is_directory(options: Options, out: str) -> bool:
    """Whether the dataset is a directory: it ends in a slash, is one already, or has to be."""
    return options.wants_directory or out.endswith("/") or Path(out).is_dir()


def _to_nowhere(plan: Plan, shown: Shown) -> Outcome:
    summary = _export(plan, lambda *_: None, lambda *_: None, shown)
    return Outcome(summary, _described(plan, summary))


def _to_stream(plan: Plan, stdout: IO[bytes], shown: Shown) -> Outcome:
    lines = Lines(stdout)
    summary = _export(plan, lambda line, _: lines.write(line), _no_place_for_images, shown)
    stdout.flush()
    return Outcome(summary, _described(plan, summary))


def _to_file(plan: Plan, out: Path, shown: Shown) -> Outcome:
    lineage = Lineage()
    with dataset.written(out) as file:
        lines = Lines(file)
        summary = _export(
            plan, _noted(lineage, lambda line, _: lines.write(line)), _beside(out), shown
        )
        dataset.manifest_of(out).unlink(missing_ok=True)
    described = _described(plan, summary) | {"sha256": lines.sha256}
    manifest = dataset.manifest_of(out)
    data = dataset.write_json(manifest, described)
    sha256 = lineage.remember(plan.project, data, described, out.name)
    return Outcome(summary, described, manifest, sha256)


def _to_directory(plan: Plan, out: Path, shown: Shown) -> Outcome:
    lineage = Lineage()
    options = plan.options
    sharding = Sharding(options.shards or 1, options.shard_size, options.compress)
    columns: dict[str, str] = {}
    sources: Counter[str] = Counter()
    with directory.written(out, sharding) as folder:

        def write(line: bytes, row: Row) -> None:
            columns.update(columns or card.columns_of(documents.load(line.decode())))
            sources[f"{row.domain or 'no domain'}, by {row.model or 'no model'}"] += 1
            folder.write(plan.splits.of(row), line)

        summary = _export(plan, _noted(lineage, write), folder.write_image, shown)
        files = folder.finish(plan.splits.names)
        described = _described(plan, summary) | {
            "splits": files,
            "image_files": folder.images,
            "sources": dict(sorted(sources.items())),
        }
        _write_companions(folder, plan.form, described)
        text = card.write(described, plan.form, columns, options.license)
        folder.write_file("README.md", text.encode())
        data = dataset.json_bytes(described)
        folder.write_file(directory.MANIFEST, data)
    sha256 = lineage.remember(plan.project, data, described, out.name)
    return Outcome(summary, described, out / directory.MANIFEST, sha256, files)


def _export(
    plan: Plan, write: Write, write_image: Callable[[str, bytes], None], shown: Shown
) -> Summary:
    rows = selection.rows(plan.project, plan.filters)
    total = selection.count(plan.project, plan.filters)

    def write_all(line: bytes, row: Row) -> None:
        for name, data in plan.take_images():
            write_image(name, data)
        write(line, row)

    with shown(rows, total) as items:
        summary = export(
            items,
            plan.form,
            write_all,
            limit=plan.options.limit,
            steps=plan.steps(),
            known=plan.since.knows if plan.since else None,
        )
    if plan.options.strict:
        refused = [reason for reason in summary.left_out if reason in NOT_HELD]
        if refused:
            raise StoreError(f"Nothing was written: {Skip(min(refused))} (--strict).")
    return summary


def _noted(lineage: Lineage, write: Write) -> Write:
    """`write`, with the feedback and its lines noted."""

    def noting(line: bytes, row: Row) -> None:
        lineage.add(row.id, line)
        write(line, row)

    return noting


def _described(plan: Plan, summary: Summary) -> dict[str, Any]:
    """What the dataset is and what it was made from. It holds no clock, host or path."""
    return {
        "format": plan.form.name,
        "filters": plan.described(),
        **summary.as_json(),
        **plan.counts(),
        "feedbackstore": __version__,
    }


def _write_companions(folder: Directory, form: Format, described: dict[str, Any]) -> None:
    paths = {name: [file["path"] for file in files] for name, files in described["splits"].items()}
    for name, text in form.companions(Layout(form.name, paths)).items():
        folder.write_file(name, text.encode())


def _beside(out: Path) -> Callable[[str, bytes], None]:
    """Images as files beside a data file; a name is its content's hash."""

    def write_image(name: str, data: bytes) -> None:
        path = out.with_name(name.partition("/")[0]) / name.partition("/")[2]
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            with dataset.written(path) as file:
                file.write(data)

    return write_image


def _no_place_for_images(_: str, __: bytes) -> None:
    raise Unusable("Images as files need a place: name OUT, or take --images inline.")


@contextmanager
def unshown(rows: Iterable[Row], _: int) -> Iterator[Iterable[Row]]:
    """The rows, with nothing shown."""
    yield rows
