"""A report as text for a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from feedbackstore.evaluations.rates import Rate
from feedbackstore.evaluations.report import Report
from feedbackstore.evaluations.tally import EXPLAINED
from feedbackstore.evaluations.words import interval, judged, part, percent

_SIDE_BY_SIDE: Final = 6
"""Groups whose fields stand beside each other, at most."""

Cells = Sequence[str]


def render(report: Report, top: int) -> Iterator[str]:
    """The report's lines, with so many confusions of each field."""
    yield judged(report.total)
    for outcome, number in report.total.outcomes.items():
        if number:
            yield f"  {number}  {EXPLAINED[outcome]}"
    if not report.total.judged:
        return
    yield ""
    yield from _aligned(_rates(report))
    if report.total.fields:
        yield ""
        yield from _aligned(_fields(report))
    confusions = list(_confusions(report, top))
    if confusions:
        yield ""
        yield from _aligned(confusions, numbers=range(1))
    yield ""
    yield from _aligned(_groups(report))
    if 1 < len(report.groups) <= _SIDE_BY_SIDE and report.total.fields:
        yield ""
        yield from _aligned(_side_by_side(report))
    yield ""
    yield from _aligned(_weeks(report))


def _rates(report: Report) -> Iterator[Cells]:
    yield "", "rate", "95 % interval", ""
    yield "exact match", *_shown(report.total.exact_match), part(report.total.exact_match)
    if report.total.fields:
        yield "accuracy", *_shown(report.total.accuracy), part(report.total.accuracy)


def _fields(report: Report) -> Iterator[Cells]:
    yield "field", "accuracy", "95 % interval", "right", "wrong", "missing", "extra"
    for name, counts in report.total.weakest_first():
        numbers = [str(number) for number in counts.verdicts.values()]
        yield name, *_shown(counts.accuracy), *numbers


def _confusions(report: Report, top: int) -> Iterator[Cells]:
    for name, _ in report.total.weakest_first():
        recurring = report.confusions_of(name)
        least = "≥ " if recurring.error else ""
        for confusion in recurring.top(top):
            yield f"{least}{confusion.times} ×", name, f"{confusion.output} → {confusion.truth}"


def _groups(report: Report) -> Iterator[Cells]:
    yield report.by, "predictions", "judged", "exact match", "accuracy"
    for name, tally in report.in_order(report.groups):
        rates = (percent(rate.share) for rate in (tally.exact_match, tally.accuracy))
        yield name, str(tally.predictions), str(tally.judged), *rates


def _side_by_side(report: Report) -> Iterator[Cells]:
    groups = report.in_order(report.groups)
    yield f"accuracy by {report.by}", *(name for name, _ in groups)
    for field, _ in report.total.weakest_first():
        found = [tally.fields.get(field) for _, tally in groups]
        yield field, *(percent(one.accuracy.share if one else None) for one in found)


def _weeks(report: Report) -> Iterator[Cells]:
    yield "week", "predictions", "judged", "corrected", "95 % interval"
    for week, counts in report.in_order(report.weeks):
        rate = counts.corrections
        yield week, str(counts.predictions), str(counts.judged), *_shown(rate)


def _shown(rate: Rate) -> Cells:
    return percent(rate.share), interval(rate)


def _aligned(rows: Iterable[Cells], numbers: range | None = None) -> Iterator[str]:
    """Rows in columns; those of numbers (all but the first, if not said) to the right."""
    printed = [[_printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*printed, strict=True)]
    right = range(1, len(widths)) if numbers is None else numbers
    for row in printed:
        cells = [
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _printable(text: str) -> str:
    """Names come from outside: none of them may steer a terminal."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
