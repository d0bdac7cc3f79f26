"""The counts of an evaluation: what became of predictions, and how their fields came out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from feedbackstore.evaluations.findings import EXTRA, MISSING, RIGHT, WRONG, Finding
from feedbackstore.evaluations.rates import Rate

MAX_FIELDS: Final = 1000
"""Fields that are counted each on its own, at most; those that come later are counted as one."""

OTHERS: Final = "(other fields)"


class Outcome(StrEnum):
    """What became of a prediction; each has exactly one."""

    WITHOUT_FEEDBACK = "without_feedback"
    WITHOUT_VERDICT = "without_verdict"
    WITHOUT_OUTPUT = "without_output"
    RATED_DOWN = "rated_down"
    RATED_UP = "rated_up"
    CORRECTED = "corrected"


EXPLAINED: Final[dict[Outcome, str]] = {
    Outcome.WITHOUT_FEEDBACK: "nobody said anything of it",
    Outcome.WITHOUT_VERDICT: "what was said neither corrects it nor rates it",
    Outcome.WITHOUT_OUTPUT: "it was judged, but the model's own output is not stored",
    Outcome.RATED_DOWN: "rated down: wrong, but nobody said what is right",
    Outcome.RATED_UP: "rated up: the output is the truth",
    Outcome.CORRECTED: "a correction says what is right",
}

JUDGED: Final = (Outcome.RATED_DOWN, Outcome.RATED_UP, Outcome.CORRECTED)
"""Whose output is known to be right or wrong."""


@dataclass(slots=True)
class Counts:
    """How many predictions came to which outcome, and how many outputs were exactly right."""

    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    exact: int = 0

    def count_in(self, outcome: Outcome, *, exact: bool) -> None:
        """Count a prediction in."""
        self.outcomes[outcome] += 1
        self.exact += exact

    @property
    def predictions(self) -> int:
        """All predictions in scope, judged or not."""
        return sum(self.outcomes.values())

    @property
    def judged(self) -> int:
        """Outputs that are known to be right or wrong."""
        return sum(self.outcomes[outcome] for outcome in JUDGED)

    @property
    def pairs(self) -> int:
        """Outputs of which the truth is known."""
        return self.judged - self.outcomes[Outcome.RATED_DOWN]

    @property
    def exact_match(self) -> Rate:
        """Outputs that equal the truth, of those judged: one rated down is none, whatever is."""
        return Rate(self.exact, self.judged)

    @property
    def corrections(self) -> Rate:
        """Outputs that people changed or rated down, of those judged."""
        return Rate(self.judged - self.exact, self.judged)

    def as_json(self) -> dict[str, Any]:
        """The counts for machines."""
        return {
            "predictions": {
                "total": self.predictions,
                **{str(outcome): number for outcome, number in self.outcomes.items()},
            },
            "judged": self.judged,
            "pairs": self.pairs,
            "exact_match": self.exact_match.as_json(),
        }


@dataclass(slots=True)
class FieldCounts:
    """How one field came out."""

    verdicts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys((RIGHT, WRONG, MISSING, EXTRA), 0)
    )
    score: float = 0

    def count_in(self, finding: Finding) -> None:
        """Count a value in."""
        self.verdicts[finding.verdict] += 1
        self.score += finding.score

    @property
    def accuracy(self) -> Rate:
        """The mean score of the field's values."""
        return Rate(self.score, sum(self.verdicts.values()))

    @property
    def errors(self) -> int:
        """Values that are not right."""
        return sum(self.verdicts.values()) - self.verdicts[RIGHT]


@dataclass(slots=True)
class Tally(Counts):
    """Counts with those of every field."""

    compared: int = 0
    fields: dict[str, FieldCounts] = field(default_factory=dict)

    def count_findings(self, findings: Iterable[Finding]) -> None:
        """Count a pair in whose sides are both objects."""
        self.compared += 1
        for finding in findings:
            counts = self.fields.get(finding.field) or self.fields[self.place(finding.field)]
            counts.count_in(finding)

    def place(self, name: str) -> str:
        """The name under which a field is counted."""
        if name in self.fields:
            return name
        place = name if len(self.fields) < MAX_FIELDS else OTHERS
        self.fields.setdefault(place, FieldCounts())
        return place

    @property
    def accuracy(self) -> Rate:
        """The mean score of all values of all fields."""
        return Rate(
            sum(one.score for one in self.fields.values()),
            sum(one.accuracy.of for one in self.fields.values()),
        )

    def weakest_first(self) -> list[tuple[str, FieldCounts]]:
        """The fields with their counts: first of which it is surest that they are weak.

        By the upper end of their interval, so that one error of one value goes behind fifty of a
        hundred.
        """
        return sorted(
            self.fields.items(), key=lambda one: (one[1].accuracy.interval[1], -one[1].errors, one)
        )

    def as_json(self) -> dict[str, Any]:
        """The counts for machines, without the fields."""
        return {
            # Without slots' help: a dataclass with slots is made anew, and super() has the old.
            **Counts.as_json(self),
            "compared": self.compared,
            "accuracy": self.accuracy.as_json(),
        }
