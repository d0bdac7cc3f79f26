"""An evaluation from end to end: what was answered and judged is read, compared and counted."""

from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from typing import Final

from feedbackstore import documents, program
from feedbackstore.errors import Invalid, Problem
from feedbackstore.evaluations import answers
from feedbackstore.evaluations.findings import WRONG, Evaluator, Finding
from feedbackstore.evaluations.judgements import Row, Scope
from feedbackstore.evaluations.recurring import Recurring
from feedbackstore.evaluations.report import NO_NAME, OTHERS, C, Report
from feedbackstore.evaluations.tally import Counts, Outcome, Tally

MAX_GROUPS: Final = 200
"""Models, domains or weeks that are counted each on its own, at most."""


def evaluate(
    rows: Iterable[Row],
    evaluator: Evaluator,
    scope: Scope,
    *,
    by: str = "model",
    at_most: int | None = None,
) -> Report:
    """Hold each row's output against what was said of it (`rows` are those of `scope`).

    Raises Invalid where more than `at_most` of them were judged.
    """
    report, group_of = Report(scope, evaluator, by), GROUPINGS[by]
    for row in rows:
        group = _place(report.groups, group_of(row) or NO_NAME, Tally)
        week = _place(report.weeks, week_of(row), Counts)
        outcome = _outcome(row)
        if outcome in (Outcome.CORRECTED, Outcome.RATED_UP):
            exact, findings = _compared(row, evaluator)
            _count_findings(report, group, findings)
        else:
            exact = False
        for counts in (report.total, group, week):
            counts.count_in(outcome, exact=exact)
        if at_most is not None and report.total.judged > at_most:
            raise _too_many(at_most)
    return report


def week_of(row: Row) -> str:
    """The ISO 8601 week in which a prediction was made, in UTC: 2026-W45."""
    return _week(row.made_at[:10])


@lru_cache(maxsize=4096)
def _week(day: str) -> str:
    year, week, _ = date.fromisoformat(day).isocalendar()
    return f"{year}-W{week:02}"


AT_ONCE: Final = 20_000
"""Judged predictions that one request evaluates, at most: it takes some seconds."""

GROUPINGS: Final[dict[str, Callable[[Row], str | None]]] = {
    "model": lambda row: row.model,
    "domain": lambda row: row.domain,
    "week": week_of,
}


def _outcome(row: Row) -> Outcome:
    if row.feedback_id is None:
        return Outcome.WITHOUT_FEEDBACK
    if row.response is None and row.rating is None:
        return Outcome.WITHOUT_VERDICT
    if row.output is None:
        return Outcome.WITHOUT_OUTPUT
    if row.response is not None:
        return Outcome.CORRECTED
    return Outcome.RATED_UP if row.rating == "up" else Outcome.RATED_DOWN


def _compared(row: Row, evaluator: Evaluator) -> tuple[bool, list[Finding] | None]:
    """Whether output and truth are equal, and what the evaluator finds, if both are objects."""
    output = answers.read(row.output or "")
    truth = output if row.response is None else answers.read(row.response)
    # Python finds most of what differs, and faster; but to it, true is 1.
    exact = row.response is None or (output == truth and documents.same(output, truth))
    if row.response is None and not evaluator.uses_ratings:
        return exact, None
    if isinstance(output, dict) and isinstance(truth, dict):
        return exact, evaluator.compare(output, truth)
    return exact, None


def _count_findings(report: Report, group: Tally, findings: list[Finding] | None) -> None:
    if findings is None:
        return
    report.total.count_findings(findings)
    group.count_findings(findings)
    for finding in findings:
        if finding.verdict == WRONG:
            place = report.total.place(finding.field)
            report.recurring.setdefault(place, Recurring()).add(finding.output, finding.truth)


def _place(groups: dict[str, C], name: str, make: Callable[[], C]) -> C:
    if name not in groups and len(groups) >= MAX_GROUPS:
        name = OTHERS
    return groups.setdefault(name, make()) if name not in groups else groups[name]


def _too_many(at_most: int) -> Invalid:
    message = (
        f"More than {at_most} judged predictions match: narrow them by since, until, domain, model"
        f" or kind, or run {program.line('evaluate')}, which takes any number"
    )
    return Invalid(Problem((), "too_many", message))
