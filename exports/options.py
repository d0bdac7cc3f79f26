"""What `flask export-jsonl` can be told, and what a run is made of from that."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from exports import selection, splits
from exports.compression import SUFFIXES
from exports.formats import DEFAULT, FORMATS
from exports.images import MODES
from exports.personal import KINDS
from feedbackstore import feedback, ids, keys

F = TypeVar("F", bound=Callable[..., Any])


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


class Shares(click.ParamType[Any]):
    """Splits with their parts."""

    name = "shares"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The shares."""
        try:
            return splits.parse(value) if isinstance(value, str) else value
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Size(click.ParamType[int]):
    """A number of bytes: 500MB, 2GB, 1000."""

    name = "size"
    _UNITS: Final = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The bytes."""
        number = str(value).upper().rstrip("BGKM")
        unit = self._UNITS.get(str(value).upper()[len(number) :])
        if unit is None or not number.isascii() or not number.isdigit() or not int(number):
            self.fail(f"{value!r} is no size: 500MB, 2GB", param, ctx)
        return int(number) * unit


class Tag(click.ParamType[Any]):
    """A label and its value."""

    name = "key=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Both of them."""
        name, equals, text = str(value).partition("=")
        if not equals or not name:
            self.fail(f"{value!r} should read KEY=VALUE", param, ctx)
        return name, text


class Kinds(click.ParamType[Any]):
    """Kinds of personal values, with commas."""

    name = "kinds"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The kinds."""
        kinds = tuple(kind.strip() for kind in str(value).split(","))
        unknown = [kind for kind in kinds if kind not in KINDS]
        if unknown:
            self.fail(f"{unknown[0]!r} is not among {', '.join(KINDS)}", param, ctx)
        return kinds


class Text(click.ParamType[str]):
    """A text, or a file's with @ before its name."""

    name = "text|@file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text."""
        if not str(value).startswith("@"):
            return str(value)
        try:
            return Path(value[1:]).read_text(encoding="utf-8").rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            self.fail(f"{value[1:]} cannot be read: {error}", param, ctx)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything that an export was told."""

    format: str
    project: str
    resolve: str | None
    since: str | None
    until: str | None
    kind: str | None
    domain: str | None
    model: str | None
    rating: str | None
    tag: tuple[tuple[str, str], ...]
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
        help="The shape of a row; `flask formats` lists them.",
    ),
    _option("--project", default=keys.DEFAULT_PROJECT, show_default=True, help="Whose feedback."),
    _option(
        "--since",
        type=Moment(),
        help="Only feedback from this day (2026-11-24) or moment (RFC 3339) on.",
    ),
    _option("--until", type=Moment(), help="Only feedback before this day or moment."),
    _option("--kind", type=click.Choice(ids.KINDS), help="Only what is about this kind."),
    _option("--domain", help="Only predictions of this domain."),
    _option("--model", help="Only predictions of this model."),
    _option("--rating", type=click.Choice(feedback.RATINGS), help="Only feedback rated so."),
    _option("--tag", type=Tag(), multiple=True, help="Only feedback with this tag; repeatable."),
    _option(
        "--resolve",
        type=click.Choice(selection.RESOLVES),
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
