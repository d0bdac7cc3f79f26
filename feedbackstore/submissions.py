"""Feedback that clients submit: stored once, though it is sent again where an answer was lost."""

from __future__ import annotations

from typing import Final, NamedTuple

from feedbackstore import database, feedback, group_commit, ids, replays, tombstones
from feedbackstore.models import Feedback
from feedbackstore.replays import Attempt, Outcome

LOOKED_AT: Final = 100
"""How much of the newest feedback on the same entity is looked at for the same."""

# The documents come last: where anything else differs, they are not read. A reviewer's own feedback
# has no submitter.
_SAID: Final = (
    *("request_id", "agent_execution_id", "chat_id"),
    *("notes", "rating", "flag", "tags", "response"),
)
_SAME: Final = " AND ".join(f"{name} IS :{name}" for name in _SAID)

# The newest row that says the same or is too old: of those that are too old, one is looked at.
_NEWEST: Final = {
    kind: f"""
        SELECT id, uuid, created_at FROM feedback
        WHERE project_id = :project AND {kind}_id = :{kind}_id AND id > coalesce((
            SELECT id FROM feedback WHERE project_id = :project AND {kind}_id = :{kind}_id
            ORDER BY id DESC LIMIT 1 OFFSET {LOOKED_AT}
        ), 0)
        AND (created_at < :since OR submitter_id = :submitter AND {_SAME})
        ORDER BY id DESC LIMIT 1
    """
    for kind in ids.KINDS
}


# Most feedback is the first on what it is about, and this tells so in a third of the time.
_ANY: Final = {
    kind: f"SELECT 1 FROM feedback WHERE project_id = ? AND {kind}_id = ? LIMIT 1"
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
        found = Feedback.get_by_id(outcome.feedback) if replayed else None
    else:
        found = _find_twin(draft, window) if window else None
        replayed = found is not None
    if found is not None:
        # What is being erased just now is still there.
        tombstones.refuse(draft.project_id, feedback.names(draft))
    elif attempt is None:
        feedback.insert(draft)
    return Submitted(found or draft, replayed)


def _find_twin(draft: Feedback, window: int) -> Feedback | None:
    """The newest feedback that says exactly the same, no more than so many seconds old."""
    kind, entity_id = feedback.named(draft)
    if database.run(_ANY[kind], (draft.project_id, entity_id)).fetchone() is None:
        return None
    since = ids.before(window)
    found = database.run(_NEWEST[kind], {**draft.__data__, "since": since}).fetchone()
    if found is None or found[2] < since:
        return None
    return Feedback(
        **{**draft.__data__, **dict(zip(("id", "uuid", "created_at"), found, strict=True))}
    )
