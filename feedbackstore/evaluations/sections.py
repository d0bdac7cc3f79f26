"""The parts of a report as HTML, for a page to put together; every text in them is escaped."""

from collections.abc import Callable, Iterable
from html import escape
from typing import Final

from feedbackstore.evaluations import charts
from feedbackstore.evaluations.rates import Rate
from feedbackstore.evaluations.report import Report
from feedbackstore.evaluations.tally import EXPLAINED, FieldCounts
from feedbackstore.evaluations.words import interval, judged, part, percent

Link = Callable[[str, str], str]
"""The address of the feedback that a filter's name and value find; empty where there is none."""

_SIDE_BY_SIDE: Final = 6
"""Groups whose fields stand beside each other, at most."""


def numbers(report: Report) -> str:
    """The two rates that matter most, and what they are rates of."""
    total = report.total
    rates = [("Exact match", total.exact_match, "outputs judged")]
    if total.fields:
        rates.append(("Accuracy", total.accuracy, "values of all fields"))
    tiles = "".join(
        f"<div><dt>{name}</dt><dd><strong>{percent(rate.share)}</strong>"
        f" {part(rate)} {of}<br>95 %: {interval(rate)}</dd></div>"
        for name, rate, of in rates
    )
    return f'<dl class="numbers">{tiles}</dl>'


def outcomes(report: Report) -> str:
    """What became of the predictions in scope."""
    rows = (
        _row(("number", str(number)), ("", EXPLAINED[outcome]))
        for outcome, number in report.total.outcomes.items()
        if number
    )
    return f"<p>{judged(report.total)}</p>{_table((), rows)}"


def nowhere(_name: str, _value: str) -> str:
    """No address: a file has nowhere to lead to."""
    return ""


def fields(report: Report, top: int, link: Link = nowhere) -> str:
    """Every field, the weakest first, with what the model takes for what."""
    heads = ("field", "accuracy", "", "95 % interval", "right", "wrong", "missing", "extra")
    rows = (
        _field(name, counts, _confusions(report, name, top), link("field", name))
        for name, counts in report.total.weakest_first()
    )
    return _table((*heads, "often confused"), rows)


def groups(report: Report, link: Link = nowhere) -> str:
    """Models, domains or weeks side by side."""
    heads = (report.by, "predictions", "judged", "exact match", "", "accuracy", "")
    rows = (
        _row(
            _name(name, link(report.by, name)),
            ("number", str(tally.predictions)),
            ("number", str(tally.judged)),
            *_shown(tally.exact_match, link(report.by, name)),
            *_shown(tally.accuracy, link(report.by, name)),
        )
        for name, tally in report.in_order(report.groups)
    )
    return _table(heads, rows)


def side_by_side(report: Report, link: Link = nowhere) -> str:
    """Every field's accuracy in each group; empty where there is one group, or too many."""
    found = report.in_order(report.groups)
    if not 1 < len(found) <= _SIDE_BY_SIDE or not report.total.fields:
        return ""
    rows = (
        _row(
            _name(field, link("field", field)),
            *(_cell(tally.fields.get(field)) for _, tally in found),
        )
        for field, _ in report.total.weakest_first()
    )
    return _table(("field", *(name for name, _ in found)), rows)


def weeks(report: Report, link: Link = nowhere) -> str:
    """How much people corrected, week by week."""
    chart = charts.weeks(report.in_order(report.weeks), lambda week: link("week", week))
    return f'<div class="wide">{chart}</div>' if chart else ""


def _name(name: str, href: str) -> tuple[str, str]:
    return "html name", charts.linked(escape(name), href)


def _field(name: str, counts: FieldCounts, confusions: str, href: str) -> str:
    accuracy = counts.accuracy
    verdicts = (("number", str(number)) for number in counts.verdicts.values())
    cells = (*_shown(accuracy, href), ("number", interval(accuracy)), *verdicts)
    return _row(_name(name, href), *cells, ("html", confusions))


def _confusions(report: Report, name: str, top: int) -> str:
    recurring = report.confusions_of(name)
    least = "≥ " if recurring.error else ""
    return "<br>".join(
        f"{least}{one.times} × <code>{escape(one.output)}</code> → <code>{escape(one.truth)}</code>"
        for one in recurring.top(top)
    )


def _cell(counts: FieldCounts | None) -> tuple[str, str]:
    if counts is None:
        return "number", percent(None)
    return "number", f"{percent(counts.accuracy.share)} of {counts.accuracy.of}"


def _shown(rate: Rate, href: str = "") -> tuple[tuple[str, str], tuple[str, str]]:
    return ("html", charts.bar(rate, href)), ("number", percent(rate.share))


def _row(*cells: tuple[str, str]) -> str:
    """A table's row of cells, each with its kind; only what is `html` already goes in as it is."""
    shown = (
        f'<td class="{kind}">{text if kind.startswith("html") else escape(text)}</td>'
        for kind, text in cells
    )
    return f"<tr>{''.join(shown)}</tr>"


def _table(heads: Iterable[str], rows: Iterable[str]) -> str:
    cells = "".join(f"<th>{escape(head)}</th>" if head else "<td></td>" for head in heads)
    head = f"<thead><tr>{cells}</tr></thead>" if cells else ""
    return f'<div class="wide"><table>{head}<tbody>{"".join(rows)}</tbody></table></div>'
