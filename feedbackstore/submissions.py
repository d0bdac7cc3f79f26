"""Feedback that clients submit: stored once, though it is sent again where an answer was lost."""

from __future__ import annotations

from typing import Final, NamedTuple

from feedbackstore import feedback, group_commit, ids, replays
from feedbackstore.database import proxy
from feedbackstore.models import Feedback
from feedbackstore.replays import Attempt, Outcome

LOOKED_AT: Final = 100
"""How much of the newest feedback on the same entity is looked at for the same."""

# The documents come last: where anything else differs, they are not read.
_SAID: Final = (
    *("submitter_id", "author_id", "request_id", "agent_execution_id", "chat_id"),
    *("notes", "rating", "flag", "tags", "response"),
)
_SAME: Final = " AND ".join(f"{name} IS ?" for name in _SAID)
_NEWEST: Final = {
    kind: f"""
        SELECT id, uuid, created_at, CASE WHEN {_SAME} THEN 1 END
        FROM feedback WHERE project_id = ? AND {kind}_id = ? ORDER BY id DESC LIMIT {LOOKED_AT}
    """
    for kind in ids.KINDS
}


class Submitted(NamedTuple):
    """Feedback as it is stored, and whether it was there already."""

    feedback: Feedback
    replayed: bool


async def asubmit(
    draft: Feedback, submitter: int, *, window: int = 0, attempt: Attempt | None = None
) -> Submitted:
    """Store a draft, submitted with the key of that row id, unless it was submitted before.

    It was where the same attempt came before or, when it is none, where the same key submitted
    just the same less than `window` seconds ago. Raises Invalid as `replays.once` does.
    """
    draft.submitter_id = submitter
    return await group_commit.writes.awrite(lambda: _store(draft, window, attempt))


def _store(draft: Feedback, window: int, attempt: Attempt | None) -> Submitted:
    if attempt is not None:
        outcome, replayed = replays.once(attempt, lambda: Outcome(feedback.insert(draft).id))
        return Submitted(Feedback.get_by_id(outcome.feedback) if replayed else draft, replayed)
    twin = _find_twin(draft, ids.before(window)) if window else None
    return Submitted(twin or feedback.insert(draft), twin is not None)


def _find_twin(draft: Feedback, since: str) -> Feedback | None:
    """The newest feedback that says exactly the same, and was submitted since."""
    kind, entity_id = feedback.named(draft)
    said = [getattr(draft, name) for name in _SAID]
    rows = proxy.execute_sql(_NEWEST[kind], [*said, draft.project_id, entity_id])
    for row_id, uuid, created_at, same in rows:
        if created_at < since:
            break
        if same:
            return Feedback(
                **{**draft.__data__, "id": row_id, "uuid": uuid, "created_at": created_at}
            )
    return None
