"""What an export is made of, from what it was told."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exports import since
from exports.formats import FORMATS
from exports.formats.interface import Format
from exports.memory import Memory
from exports.options import Options
from exports.query import Filters
from exports.redaction import Redaction
from exports.since import Since
from exports.splits import WHOLE, Splits
from feedbackstore import keys
from feedbackstore.errors import Unusable


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run goes by: a value, which another process can be handed."""

    options: Options
    project: int
    filters: Filters
    splits: Splits
    mode: str | None
    since: Since | None = None

    @property
    def form(self) -> Format:
        """The format."""
        return FORMATS[self.options.format]

    def memory(self) -> Memory:
        """What remembers the rows of one run, with nothing in it."""
        return Memory(self.options.dedupe, self.options.max_per_domain)

    def redaction(self) -> Redaction | None:
        """What replaces personal values, with nothing counted."""
        options = self.options
        return Redaction(options.redact, options.redact_key) if options.redact else None

    def described(self) -> dict[str, Any]:
        """What was asked for, as the manifest says it: what is not there was not asked for."""
        options = self.options
        asked = {
            "project": options.project,
            **self.filters.given(),
            "limit": options.limit,
            "since_manifest": self.since.sha256 if self.since else None,
            "system": options.system,
            "merge_partial": options.merge_partial,
            "schema_valid": options.schema_valid,
            "dedupe": options.dedupe,
            "max_per_domain": options.max_per_domain,
            "redact": list(options.redact) if options.redact else None,
            "images": self.mode,
            "image_prefix": options.image_prefix,
            "fetch_images": options.fetch_images,
            "split": dict(options.split) if options.split else None,
            "seed": options.seed,
        }
        return {name: value for name, value in asked.items() if value not in (None, False, "")}


def make(options: Options) -> Plan:
    """The plan, what was asked for being held against each other. Raises StoreError."""
    form = FORMATS[options.format]
    project = keys.get_project(options.project).id
    return Plan(
        options=options,
        project=project,
        filters=Filters(
            since=options.since,
            until=options.until,
            week=options.week,
            kind=options.kind,
            domain=options.domain,
            model=options.model,
            rating=options.rating,
            tags=options.tag,
            statuses=options.status,
            field=options.field,
            has_notes=options.has_notes,
            search=options.search,
            entity_id=options.explain,
            resolve=options.resolve or form.resolve,
        ),
        splits=Splits(options.split or WHOLE, options.seed),
        mode=_mode(options, form),
        since=_since(options.since_manifest, project, form),
    )


def _since(path: Path | None, project: int, form: Format) -> Since | None:
    return None if path is None else since.read(path, project, form.name)


def _mode(options: Options, form: Format) -> str | None:
    if form.images is None:
        if options.images is not None:
            raise Unusable(f"{form.name} takes no images: leave --images away.")
        return None
    mode = options.images or form.images.modes[0]
    if mode not in form.images.modes:
        known = ", ".join(form.images.modes)
        raise Unusable(f"{form.name} takes images as {known}, not as {mode}.")
    prefix = form.images.own_prefix
    if mode == "files" and prefix and not options.image_prefix.startswith(prefix):
        raise Unusable(
            f"{form.name} reads images from its host's storage: say where they will be with"
            f" --image-prefix {prefix}…"
        )
    return mode
