"""One export from end to end: select, build, place images, shape, write, count."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from exports import example
from exports.dataset import line_of
from exports.example import EXPLAINED, Example, Reason, Skip
from exports.formats.interface import Format, TrainingRow
from exports.selection import Row

Step = Callable[[Example], Example]
"""What is done to an example on its way: it returns another, or raises Skip."""


@dataclass(slots=True)
class Summary:
    """What became of the feedback that an export read."""

    read: int = 0
    written: int = 0
    used: int = 0
    left_out: Counter[Reason] = field(default_factory=Counter)
    first_feedback_id: str | None = None
    last_feedback_id: str | None = None

    def count_in(self, uuids: Sequence[str], rows: int) -> None:
        """Feedback became so many rows."""
        self.read += len(uuids)
        self.used += len(uuids)
        self.written += rows
        self.first_feedback_id = self.first_feedback_id or uuids[0]
        self.last_feedback_id = uuids[-1]

    def leave_out(self, reason: Reason) -> None:
        """A piece of feedback became none."""
        self.read += 1
        self.left_out[reason] += 1

    def as_json(self) -> dict[str, Any]:
        """The counts, for machines; reasons in the order of their declaration."""
        reasons = {str(reason): self.left_out[reason] for reason in Reason if self.left_out[reason]}
        return {
            "read": self.read,
            "used": self.used,
            "written": self.written,
            "left_out": reasons,
            "first_feedback_id": self.first_feedback_id,
            "last_feedback_id": self.last_feedback_id,
        }

    def left_out_in_words(self) -> list[str]:
        """A line a reason, with its count."""
        width = len(str(max(self.left_out.values(), default=0)))
        return [
            f"{self.left_out[reason]:>{width}}  {EXPLAINED[reason]}"
            for reason in Reason
            if self.left_out[reason]
        ]


Write = Callable[[bytes, Row], None]


def export(
    selected: Iterable[Row],
    form: Format,
    write: Write,
    *,
    limit: int | None = None,
    steps: Iterable[Step] = (),
) -> Summary:
    """Hand each selected row's lines, in `form`, to `write`; stop after `limit` rows."""
    summary, chain = Summary(), list(steps)
    for row in selected:
        if limit is not None and summary.written >= limit:
            break
        try:
            lines = [line_of(shaped) for shaped in shape(row, form, chain)]
        except Skip as skip:
            summary.leave_out(skip.reason)
            continue
        for line in lines:
            write(line, row)
        summary.count_in((row.uuid,), len(lines))
    return summary


def shape(row: Row, form: Format, steps: Iterable[Step] = ()) -> Iterator[TrainingRow]:
    """The rows of a format for one piece of feedback. Raises Skip."""
    if row.superseded:
        raise Skip(Reason.SUPERSEDED)
    if row.disagreed:
        raise Skip(Reason.DISAGREEMENT)
    if form.raw:
        return iter(form.to_rows(row))
    built = example.build(row)
    for step in steps:
        built = step(built)
    return iter(form.to_rows(built))
