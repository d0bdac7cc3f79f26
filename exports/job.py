"""One run of `flask export-jsonl`: what was asked for, made of the pipeline's parts."""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from exports import card, dataset, directory, parallel, selection
from exports.directory import Directory, Sharding
from exports.export import Summary
from exports.formats.interface import Format, Layout
from exports.lineage import Lineage, Remembered
from exports.made import Made, Run
from exports.maker import Maker
from exports.making import Making
from exports.options import Options
from exports.plan import Plan
from exports.selection import Row
from exports.sink import PIECE_OF_A_STREAM, Sink
from exports.tally import Tally, Write, WriteImage, write_all
from feedbackstore import __version__, documents
from feedbackstore.errors import Unusable

Shown = Callable[
    [Iterable[Made | Run], Callable[[], int]], AbstractContextManager[Iterable[Made | Run]]
]
"""Rows with whatever shows how far they have come, of how many."""


@dataclass(slots=True)
class Outcome:
    """What came out of a run: `manifest` is None where no file was written."""

    summary: Summary
    described: dict[str, Any]
    manifest: Path | None = None
    remembered: Remembered | None = None
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


def explain(plan: Plan) -> Iterator[tuple[Row, Made]]:
    """Each piece of feedback on one entity with what it becomes."""
    maker = Maker(plan, judges=True)
    for row in selection.rows(plan.project, plan.filters):
        yield row, maker.make(row)


def is_directory(options: Options, out: str) -> bool:
    """Whether the dataset is a directory: it ends in a slash, is one already, or has to be."""
    return options.wants_directory or out.endswith("/") or Path(out).is_dir()


def _to_nowhere(plan: Plan, shown: Shown) -> Outcome:
    tally = _export(plan, lambda _: None, lambda *_: None, shown)
    return Outcome(tally.summary, _described(plan, tally))


def _to_stream(plan: Plan, stdout: IO[bytes], shown: Shown) -> Outcome:
    sink = Sink(stdout, PIECE_OF_A_STREAM)
    tally = _export(
        plan, lambda made: sink.write(made.data, made.rows), _no_place_for_images, shown
    )
    sink.finish()
    stdout.flush()
    return Outcome(tally.summary, _described(plan, tally))


def _to_file(plan: Plan, out: Path, shown: Shown) -> Outcome:
    lineage = Lineage()
    with dataset.written(out) as file:
        sink = Sink(file)

        def write(made: Made | Run) -> None:
            sink.write(made.data, made.rows)
            lineage.add(made.ids, made.digests)

        tally = _export(plan, write, _beside(out), shown)
        data_sha256 = sink.finish()
        dataset.manifest_of(out).unlink(missing_ok=True)
    described = _described(plan, tally) | {"sha256": data_sha256}
    manifest = dataset.manifest_of(out)
    data = dataset.write_json(manifest, described)
    remembered = lineage.remember(plan.project, data, described, out.name)
    return Outcome(tally.summary, described, manifest, remembered)


def _to_directory(plan: Plan, out: Path, shown: Shown) -> Outcome:
    lineage = Lineage()
    options = plan.options
    sharding = Sharding(options.shards or 1, options.shard_size, options.compress)
    columns: dict[str, str] = {}
    sources: Counter[str] = Counter()
    with directory.written(out, sharding) as folder:

        def write(made: Made | Run) -> None:
            for one in made.each():
                if one.lines and not columns:
                    columns.update(card.columns_of(documents.load(one.lines[0].decode())))
                sources[f"{one.domain or 'no domain'}, by {one.model or 'no model'}"] += one.rows
                for line in one.lines:
                    folder.write(one.split, line)
            lineage.add(made.ids, made.digests)

        tally = _export(plan, write, folder.write_image, shown)
        files = folder.finish(plan.splits.names)
        described = _described(plan, tally) | {
            "splits": files,
            "image_files": folder.images,
            "sources": dict(sorted(sources.items())),
        }
        _write_companions(folder, plan.form, described)
        text = card.write(described, plan.form, columns, options.license)
        folder.write_file("README.md", text.encode())
        data = dataset.json_bytes(described)
        folder.write_file(directory.MANIFEST, data)
    remembered = lineage.remember(plan.project, data, described, out.name)
    return Outcome(tally.summary, described, out / directory.MANIFEST, remembered, files)


def _export(plan: Plan, write: Write, write_image: WriteImage, shown: Shown) -> Tally:
    def total() -> int:
        return selection.count(plan.project, plan.filters)

    with closing(_made(plan)) as made, shown(made, total) as items:
        return write_all(items, plan, write, write_image)


def _made(plan: Plan) -> Generator[Made | Run, None, None]:
    """What the selected feedback becomes, made in as many processes as were asked for."""
    # Images are fetched once each, so many in all, and only for rows that are to be written.
    if plan.options.jobs > 1 and not plan.options.fetch_images:
        yield from parallel.made(plan, plan.options.jobs)
    else:
        newest = selection.last_id(plan.project)
        yield from Making(plan, newest, judges=True).between(0, newest)


def _described(plan: Plan, tally: Tally) -> dict[str, Any]:
    """What the dataset is and what it was made from. It holds no clock, host or path."""
    return {
        "format": plan.form.name,
        "filters": plan.described(),
        **tally.as_json(plan),
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
