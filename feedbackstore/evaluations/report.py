"""What an evaluation found."""

from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from feedbackstore.evaluations.findings import Evaluator
from feedbackstore.evaluations.judgements import Scope
from feedbackstore.evaluations.recurring import Recurring
from feedbackstore.evaluations.tally import Counts, FieldCounts, Tally

NO_NAME: Final = "(none)"
OTHERS: Final = "(others)"

C = TypeVar("C", bound=Counts)


@dataclass(slots=True)
class Report:
    """What an evaluation found: in all, side by side, week by week, and what recurs."""

    scope: Scope
    evaluator: Evaluator
    by: str
    total: Tally = field(default_factory=Tally)
    groups: dict[str, Tally] = field(default_factory=dict)
    weeks: dict[str, Counts] = field(default_factory=dict)
    recurring: dict[str, Recurring] = field(default_factory=dict)

    def as_json(self, top: int = 5) -> dict[str, Any]:
        """The report for machines, with so many confusions of each field."""
        return {
            "evaluator": self.evaluator.described(),
            "scope": self.scope.given(),
            **self.total.as_json(),
            "fields": [
                {**_field_as_json(name, counts), "confusions": self._confusions(name, top)}
                for name, counts in self.total.weakest_first()
            ],
            "by": self.by,
            "groups": [
                {
                    "name": name,
                    **tally.as_json(),
                    "fields": [_field_as_json(*one) for one in tally.weakest_first()],
                }
                for name, tally in self.in_order(self.groups)
            ],
            "weeks": [
                {
                    "week": week,
                    "predictions": counts.predictions,
                    "judged": counts.judged,
                    "corrections": counts.corrections.as_json(),
                }
                for week, counts in self.in_order(self.weeks)
            ],
        }

    @staticmethod
    def in_order(groups: dict[str, C]) -> list[tuple[str, C]]:
        """Groups by name, those without one of their own last."""
        return sorted(groups.items(), key=lambda one: (one[0] in (NO_NAME, OTHERS), one[0]))

    def confusions_of(self, name: str) -> Recurring:
        """What recurs in a field."""
        return self.recurring.get(name) or Recurring()

    def _confusions(self, name: str, top: int) -> dict[str, Any]:
        recurring = self.confusions_of(name)
        return {
            "top": [confusion._asdict() for confusion in recurring.top(top)],
            "undercounted_by_at_most": recurring.error,
        }


def _field_as_json(name: str, counts: FieldCounts) -> dict[str, Any]:
    return {"field": name, "accuracy": counts.accuracy.as_json(), **counts.verdicts}
