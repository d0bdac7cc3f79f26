"""Rows that were made, written in their order and counted."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from exports.example import NOT_HELD, Reason, Skip
from exports.export import Summary
from exports.made import Made, Run
from exports.plan import Plan
from feedbackstore.errors import StoreError

Write = Callable[[Made | Run], None]
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


def write_all(
    made: Iterable[Made | Run], plan: Plan, write: Write, write_image: WriteImage
) -> Tally:
    """Write what was made, up to the plan's limit, but for what an earlier export knows.

    Raises StoreError where the plan is strict and a format could not hold an example.
    """
    tally, limit = Tally(), plan.options.limit
    summary = tally.summary
    for some in made:
        if isinstance(some, Run) and limit is None and plan.since is None:
            write(some)
            summary.count_in(some.uuids, some.rows)
            continue
        for one in some.each():
            if limit is not None and summary.written >= limit:
                break
            _write_one(one, plan, tally, write, write_image)
        if limit is not None and summary.written >= limit:
            break
    if plan.options.strict:
        _refuse_not_held(summary)
    return tally


def _write_one(one: Made, plan: Plan, tally: Tally, write: Write, write_image: WriteImage) -> None:
    summary, noted = tally.summary, one.noted
    if noted is not None:
        tally.redacted.update(noted.redacted)
    if one.reason is None and plan.since is not None and plan.since.knows(one.id, one.digest):
        summary.leave_out(Reason.KNOWN)
    elif one.reason is not None:
        summary.leave_out(one.reason)
    else:
        if noted is not None and one.lines:
            tally.placed.update(noted.placed)
            for name, data in noted.images.items():
                write_image(name, data)
        write(one)
        summary.count_in((one.uuid,), one.rows)


def _refuse_not_held(summary: Summary) -> None:
    refused = [reason for reason in summary.left_out if reason in NOT_HELD]
    if refused:
        raise StoreError(f"Nothing was written: {Skip(min(refused))} (--strict).")
