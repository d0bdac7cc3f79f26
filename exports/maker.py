"""What each piece of feedback becomes, on its own: lines, or the reason that there are none.

What needs to remember the rows before it (`memory`) is told what it goes by, and nothing else: so
rows can be made in several processes, and judged in one, in order.
"""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence

from exports import dataset, lineage, steps
from exports.example import Example, Reason, Skip
from exports.export import Step, shape
from exports.fetch import Fetcher
from exports.images import Placer
from exports.made import Made, Noted, Run
from exports.memory import Mark
from exports.plan import Plan
from exports.selection import Row
from exports.splice import Texts


class Maker:
    """Makes rows after a plan; where it `judges`, it leaves out what the memory is against."""

    def __init__(self, plan: Plan, *, judges: bool) -> None:
        self._plan, self._form, self._splits, self._judges = plan, plan.form, plan.splits, judges
        self._memory = plan.memory()
        self._mark: Mark | None = None
        self._images: dict[str, bytes] = {}
        self._redaction = plan.redaction()
        self._placer = self._make_placer()
        self._steps = list(self._make_steps())
        # Texts alone are spliced: there is no image in them to place.
        self._spliced = None if self._steps else self._form.spliced
        if self._placer is not None:
            self._steps.append(self._placer.place)

    @property
    def splices(self) -> bool:
        """Whether lines may be made of stored texts."""
        return self._spliced is not None

    def splice(self, texts: Texts) -> bytes | None:
        """The line that `run` takes of a piece of feedback, where its texts suffice for it."""
        return self._spliced(texts) if self._spliced is not None else None

    def run(self, of: Sequence[Texts], lines: list[bytes]) -> Run:
        """Feedback with the lines that were spliced of it."""
        ids, uuids, domains, models, *_ = zip(*of, strict=True)
        splits = self._splits.of_each(of)
        data = b"".join(lines)
        # All of them are looked through at the cost of a few.
        if dataset.may_need_escapes(data):
            lines = list(map(dataset.escaped, lines))
            data = b"".join(lines)
        return Run(array("q", ids), uuids, domains, models, splits, data, lineage.digests_of(lines))

    def superseded(self, texts: Texts) -> Made:
        """Feedback in whose place other feedback is taken."""
        return self._made(texts, Reason.SUPERSEDED, [])

    def make(self, row: Row) -> Made:
        """What a row becomes."""
        try:
            lines = [dataset.line_of(shaped) for shaped in shape(row, self._form, self._steps)]
        except Skip as skip:
            return self._made(row, skip.reason, [])
        return self._made(row, None, lines)

    def _made(self, row: Row | Texts, reason: Reason | None, lines: list[bytes]) -> Made:
        named, noted = (row.id, row.uuid, row.domain, row.model), self._take_notes()
        if reason is not None:
            return Made(*named, "", reason, [], b"", noted)
        split = self._splits.of(row) if lines else ""
        return Made(*named, split, None, lines, lineage.digest(b"".join(lines)), noted)

    def _take_notes(self) -> Noted | None:
        """What was noted of this row, once."""
        redacted = self._redaction.counts if self._redaction is not None else Counter()
        placed = self._placer.counts if self._placer is not None else Counter()
        if self._mark is None and not redacted and not placed:
            return None
        noted = Noted(self._mark, dict(redacted), dict(placed), dict(self._images))
        self._mark = None
        for notes in (redacted, placed, self._images):
            notes.clear()
        return noted

    def _make_steps(self) -> Iterator[Step]:
        options = self._plan.options
        if options.merge_partial:
            yield steps.merged
        if options.schema_valid:
            yield steps.SchemaValid()
        if options.system is not None:
            yield steps.system_prompt(options.system)
        if self._redaction is not None:
            yield self._redaction
        if self._memory.is_needed:
            yield self._remembered

    def _make_placer(self) -> Placer | None:
        rules, options = self._form.images, self._plan.options
        if rules is None or self._plan.mode is None:
            return None
        fetch = Fetcher() if options.fetch_images else None
        put_aside = self._images.__setitem__
        return Placer(rules, self._plan.mode, put_aside, options.image_prefix, fetch)

    def _remembered(self, example: Example) -> Example:
        self._mark = self._memory.mark(example)
        if self._judges:
            self._memory.judge(self._mark)
        return example
