"""What `flask export-jsonl` can be told, all of it in one tuple."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from exports import query
from exports.compression import SUFFIXES
from exports.formats import DEFAULT, FORMATS
from exports.images import MODES
from exports.parameters import ALL, Kinds, Shares, Size, Text, statuses
from exports.personal import KINDS
from feedbackstore import feedback, ids, keys
from feedbackstore.models import STATUSES
from feedbackstore.parameters import Moment, Tag, Week

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything that an export was told."""

    format: str
    project: str
    resolve: str | None
    since: str | None
    until: str | None
    week: str | None
    kind: str | None
    domain: str | None
    model: str | None
    rating: str | None
    tag: tuple[tuple[str, str], ...]
    status: tuple[str, ...]
    field: str | None
    has_notes: bool
    search: str | None
    limit: int | None
    since_manifest: Path | None
    system: str | None
    merge_partial: bool
    schema_valid: bool
    dedupe: str | None
    max_per_domain: int | None
    redact: tuple[str, ...] | None
    redact_key: str
    images: str | None
    image_prefix: str
    fetch_images: bool
    split: tuple[tuple[str, float], ...] | None
    seed: str
    shards: int | None
    shard_size: int | None
    compress: str
    license: str
    strict: bool
    explain: str | None
    jobs: int
    dry_run: bool
    as_json: bool
    quiet: bool
    overwrite: bool

    @property
    def wants_directory(self) -> bool:
        """Whether something was asked for that only a directory can hold."""
        several = self.shards is not None or self.shard_size is not None
        return several or self.split is not None or self.compress != "none"


_option = click.option
_OPTIONS: Final = (
    _option(
        "--format",
        type=click.Choice(list(FORMATS)),
        default=DEFAULT,
        show_default=True,
        metavar="FORMAT",
        help="The shape of a row; `formats` lists them.",
    ),
    _option("--project", default=keys.DEFAULT_PROJECT, show_default=True, help="Whose feedback."),
    _option(
        "--since",
        type=Moment(),
        help="Only feedback from this day (2026-11-24) or moment (RFC 3339) on.",
    ),
    _option("--until", type=Moment(), help="Only feedback before this day or moment."),
    _option("--week", type=Week(), help="Only predictions made in this week, as 2026-W45 (UTC)."),
    _option("--kind", type=click.Choice(ids.KINDS), help="Only what is about this kind."),
    _option("--domain", help="Only predictions of this domain."),
    _option("--model", help="Only predictions of this model."),
    _option("--rating", type=click.Choice(feedback.RATINGS), help="Only feedback rated so."),
    _option("--tag", type=Tag(), multiple=True, help="Only feedback with this tag; repeatable."),
    _option(
        "--status",
        type=click.Choice([*STATUSES, ALL]),
        multiple=True,
        callback=statuses,
        help="Only feedback of this status; repeatable.  [default: all but rejected]",
    ),
    _option("--field", help="Only corrections that change this field, as items[].qty."),
    _option("--has-notes", is_flag=True, help="Only feedback with notes."),
    _option("--search", help="Only feedback with this text in its notes or correction."),
    _option(
        "--resolve",
        type=click.Choice(query.RESOLVES),
        help="Which of several corrections of one prediction; agree: only where they are equal."
        "  [default: latest; feedback: all]",
    ),
    _option("--limit", type=click.IntRange(min=1), help="At most so many rows."),
    _option(
        "--since-manifest",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Only what was added or changed since the export with this manifest.",
    ),
    _option("--system", type=Text(), help="Put this system message in place of the original."),
    _option(
        "--merge-partial",
        is_flag=True,
        help="A correction holds only what changes: merge it over the output (RFC 7386).",
    ),
    _option("--schema-valid", is_flag=True, help="Only corrections that their JSON schema allows."),
    _option(
        "--dedupe",
        type=click.Choice(["exact", "input"]),
        help="Leave out rows whose prompt and answer, or whose prompt, came before.",
    ),
    _option("--max-per-domain", type=click.IntRange(min=1), help="At most so many of each domain."),
    _option(
        "--redact",
        type=Kinds(),
        help=f"Replace personal values: {', '.join(KINDS)}; several with commas.",
    ),
    _option(
        "--redact-key",
        type=Text(),
        default="",
        help="A secret without which nobody can guess values back from their placeholders.",
    ),
    _option(
        "--images",
        type=click.Choice(MODES),
        help="Images by URL, inline, or as files beside the data.  [default: the format's own]",
    ),
    _option(
        "--image-prefix", default="", metavar="TEXT", help="What goes before images' file names."
    ),
    _option("--fetch-images", is_flag=True, help="Fetch images that are given by a public URL."),
    _option("--split", type=Shares(), help="Splits, as train=0.9,validation=0.1; by document."),
    _option("--seed", default="", help="Deal the splits in another way."),
    _option("--shards", type=click.IntRange(1, 9999), help="So many files a split."),
    _option("--shard-size", type=Size(), help="A new file after so many bytes, as 500MB."),
    _option(
        "--compress",
        type=click.Choice(list(SUFFIXES)),
        default="none",
        show_default=True,
        help="Compress the data files.",
    ),
    _option("--license", default="other", show_default=True, help="For the dataset's card."),
    _option("--strict", is_flag=True, help="Fail where a format cannot hold an example."),
    _option(
        "--explain",
        metavar="ID",
        help="Show what becomes of the feedback on this request (or --kind), and why.",
    ),
    _option(
        "--jobs",
        type=click.IntRange(1, 64),
        default=1,
        show_default=True,
        help="So many processes; the dataset is the same.",
    ),
    _option("--dry-run", is_flag=True, help="Write nothing; count, and say what is left out."),
    _option(
        "--json",
        "as_json",
        is_flag=True,
        envvar="FLASK_EXPORT_JSONL_JSON",
        help="Print the summary as JSON.",
    ),
    _option("--quiet", is_flag=True, help="Print no summary."),
    _option("--overwrite", is_flag=True, help="Write over OUT if it is there."),
)


def export_options(command: F) -> F:
    """Give a command every option of an export."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
