"""Numbers in words, for whoever reads them."""

from typing import Final

from feedbackstore.evaluations.rates import Rate
from feedbackstore.evaluations.report import Report
from feedbackstore.evaluations.tally import Counts, Outcome

NOTHING: Final = "–"


def percent(share: float | None) -> str:
    """A share in percent, to a tenth."""
    return NOTHING if share is None else f"{100 * share:.1f} %"


def interval(rate: Rate) -> str:
    """Where a rate may lie, by chance alone."""
    low, high = rate.interval
    return NOTHING if not rate.of else f"{100 * low:.1f} to {100 * high:.1f} %"


def part(rate: Rate) -> str:
    """A rate's part of its whole; a sum of scores to a tenth."""
    whole = float(rate.part).is_integer()
    return f"{rate.part:.0f} of {rate.of}" if whole else f"{rate.part:.1f} of {rate.of}"


def counted(number: int, noun: str) -> str:
    """A number of something."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def judged(counts: Counts) -> str:
    """How many predictions there are, and how many of them were judged."""
    return f"{counted(counts.predictions, 'prediction')}, {counts.judged} judged"


def lack(report: Report) -> str:
    """What there is nothing of, in a sentence; empty where there is something to show."""
    if not report.total.predictions:
        return "No prediction matches."
    if not report.total.judged:
        unseen = report.total.outcomes[Outcome.WITHOUT_OUTPUT]
        why = f", but for {unseen} without a stored output" if unseen else ""
        predictions = counted(report.total.predictions, "prediction")
        return f"No feedback matches: of {predictions} none was judged{why}."
    return ""
