"""Rows that were made, written in their order and counted."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from exports.example import NOT_HELD, Reason, Skip
from exports.export import Summary
from exports.maker import Made
from exports.plan import Plan
from feedbackstore.errors import StoreError

Write = Callable[[Made], None]
WriteImage = Callable[[str, bytes], None]


@dataclass(slots=True)
class Tally:
    """What became of the feedback, of the images that were written, of personal values."""

    summary: Summary = field(default_factory=Summary)
    placed: Counter[str] = field(default_factory=Counter)
    redacted: Counter[str] = field(default_factory=Counter)

    def as_json(self, plan: Plan) -> dict[str, Any]:
        """The counts, for machines."""
        done: dict[str, Any] = self.summary.as_json()
        if self.placed:
            done["images"] = dict(sorted(self.placed.items()))
        if plan.options.redact:
            done["redacted"] = dict(sorted(self.redacted.items()))
        return done


def write_all(made: Iterable[Made], plan: Plan, write: Write, write_image: WriteImage) -> Tally:
    """Write what was made, up to the plan's limit, but for what an earlier export knows.

    Raises StoreError where the plan is strict and a format could not hold an example.
    """
    tally, limit = Tally(), plan.options.limit
    summary = tally.summary
    for one in made:
        if limit is not None and summary.written >= limit:
            break
        summary.read += 1
        if one.noted is not None:
            tally.redacted.update(one.noted.redacted)
        if one.reason is not None:
            summary.left_out[one.reason] += 1
        elif plan.since is not None and plan.since.knows(one.id, one.digest):
            summary.left_out[Reason.KNOWN] += 1
        else:
            if one.noted is not None and one.lines:
                tally.placed.update(one.noted.placed)
                for name, data in one.noted.images.items():
                    write_image(name, data)
            write(one)
            summary.count_in(one.uuid, len(one.lines))
    if plan.options.strict:
        _refuse_not_held(summary)
    return tally


def _refuse_not_held(summary: Summary) -> None:
    refused = [reason for reason in summary.left_out if reason in NOT_HELD]
    if refused:
        raise StoreError(f"Nothing was written: {Skip(min(refused))} (--strict).")
