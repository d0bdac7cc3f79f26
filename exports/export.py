"""One export from end to end: select, build, write, count."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from exports.example import EXPLAINED, Reason, Skip
from exports.formats.interface import Format, RawFormat
from exports.selection import Filters, Row
from feedbackstore import __version__


@dataclass(slots=True)
class Summary:
    """What became of the rows that an export read."""

    read: int = 0
    written: int = 0
    left_out: Counter[Reason] = field(default_factory=Counter)
    first_feedback_id: str | None = None
    last_feedback_id: str | None = None

    def count_in(self, row: Row) -> None:
        """A row was written."""
        self.written += 1
        self.first_feedback_id = self.first_feedback_id or row.uuid
        self.last_feedback_id = row.uuid

    def as_json(self) -> dict[str, Any]:
        """The counts, for machines; reasons in the order of their declaration."""
        reasons = {str(reason): self.left_out[reason] for reason in Reason if self.left_out[reason]}
        return {
            "read": self.read,
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


def export(
    selected: Iterable[Row],
    form: Format | RawFormat,
    write: Callable[[dict[str, Any]], None],
    *,
    limit: int | None = None,
) -> Summary:
    """Hand each selected row, in `form`, to `write`; stop after `limit` of them."""
    summary = Summary()
    for row in selected:
        if limit is not None and summary.written == limit:
            break
        summary.read += 1
        try:
            shaped = _shape(row, form)
        except Skip as skip:
            summary.left_out[skip.reason] += 1
        else:
            write(shaped)
            summary.count_in(row)
    return summary


def _shape(row: Row, form: Format | RawFormat) -> dict[str, Any]:
    if row.superseded:
        raise Skip(Reason.SUPERSEDED)
    return form.row(row)


def manifest(
    summary: Summary,
    form: Format | RawFormat,
    filters: Filters,
    project: str,
    limit: int | None,
    sha256: str,
) -> dict[str, Any]:
    """What a dataset is and what it was made from. It holds no clock, host or path."""
    return {
        "format": form.name,
        "filters": {"project": project, **filters.given(), **({"limit": limit} if limit else {})},
        **summary.as_json(),
        "sha256": sha256,
        "feedbackstore": __version__,
    }
