"""What an export is made of, from what it was told."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exports import since, steps
from exports.example import Example
from exports.export import Step
from exports.fetch import Fetcher
from exports.formats import FORMATS
from exports.formats.interface import Format
from exports.images import Placer
from exports.options import Options
from exports.redaction import Redaction
from exports.selection import Filters
from exports.since import Since
from exports.splits import WHOLE, Splits
from feedbackstore import keys
from feedbackstore.errors import Unusable


@dataclass(slots=True)
class Plan:
    """The parts of one run; the placer and the redaction count as it goes."""

    options: Options
    form: Format
    project: int
    filters: Filters
    splits: Splits
    mode: str | None
    since: Since | None = None
    redaction: Redaction | None = None
    placer: Placer | None = field(default=None, init=False)
    _placed: Counter[str] = field(default_factory=Counter, init=False)
    _aside: dict[str, bytes] = field(default_factory=dict, init=False)

    def steps(self) -> list[Step]:
        """What is done to each example, in order: the images last, and then the format."""
        options = self.options
        chain: list[Step] = [self._start_example]
        if options.merge_partial:
            chain.append(steps.merged)
        if options.schema_valid:
            chain.append(steps.SchemaValid())
        if options.system is not None:
            chain.append(steps.system_prompt(options.system))
        if self.redaction is not None:
            chain.append(self.redaction)
        if options.dedupe is not None:
            chain.append(steps.Deduplicated(options.dedupe))
        if options.max_per_domain is not None:
            chain.append(steps.PerDomain(options.max_per_domain, lambda example: example.domain))
        if self.form.images is not None and self.mode is not None:
            fetch = Fetcher() if options.fetch_images else None
            self.placer = Placer(
                self.form.images, self.mode, self._put_aside, options.image_prefix, fetch
            )
            chain.append(self.placer.place)
        return chain

    def take_images(self) -> Iterator[tuple[str, bytes]]:
        """The image files of the example that came last, once: it is being written."""
        if self.placer is not None:
            self._placed.update(self.placer.counts)
            self.placer.counts.clear()
        while self._aside:
            yield self._aside.popitem()

    def _start_example(self, example: Example) -> Example:
        self._aside.clear()
        if self.placer is not None:
            self.placer.counts.clear()
        return example

    def _put_aside(self, name: str, data: bytes) -> None:
        self._aside[name] = data

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

    def counts(self) -> dict[str, Any]:
        """What was done to the examples on the way."""
        done: dict[str, Any] = {}
        if self._placed:
            done["images"] = dict(sorted(self._placed.items()))
        if self.redaction is not None:
            done["redacted"] = dict(sorted(self.redaction.counts.items()))
        return done


def make(options: Options) -> Plan:
    """The plan, what was asked for being held against each other. Raises StoreError."""
    form = FORMATS[options.format]
    project = keys.get_project(options.project).id
    return Plan(
        options=options,
        form=form,
        project=project,
        filters=Filters(
            since=options.since,
            until=options.until,
            kind=options.kind,
            domain=options.domain,
            model=options.model,
            rating=options.rating,
            tags=options.tag,
            entity_id=options.explain,
            resolve=options.resolve or form.resolve,
        ),
        splits=Splits(options.split or WHOLE, options.seed),
        mode=_mode(options, form),
        since=_since(options.since_manifest, project, form),
        redaction=Redaction(options.redact, options.redact_key) if options.redact else None,
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
