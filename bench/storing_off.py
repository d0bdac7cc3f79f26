"""The store's own app, but that nothing is stored: what all else costs in a submit.

`switch_off` is the one place that knows how feedback is stored. Where it no longer fits,
`make bench` finds rows in this app's store, and says so.
"""

from collections.abc import Callable
from typing import Any

from feedbackstore import feedback, group_commit, ids
from feedbackstore.app import create_app
from feedbackstore.models import Feedback


def switch_off() -> None:
    """Let `submissions.asubmit` do everything but its transaction and what is in it."""

    async def awrite(work: Callable[[], Any]) -> Any:
        return work()

    def insert(row: Feedback) -> Feedback:
        row.created_at = ids.now()
        return row

    group_commit.writes.awrite = awrite
    feedback.insert = insert


app = create_app()
switch_off()
