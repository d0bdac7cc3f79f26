"""Requests with an Idempotency-Key: done once, and answered the same when they come again.

What a request came to is kept in the transaction that brought it about, so that neither is there
without the other. As there is one writer at a time, a second attempt never meets a first that is
still under way. Kept are digests, counts and a link to feedback: an answer is made anew from what
is stored, so nothing that people wrote outlives its deletion here.
"""

import hashlib
from collections.abc import Callable
from typing import Final, NamedTuple

from feedbackstore import database, ids, statements
from feedbackstore.errors import Invalid, Problem
from feedbackstore.models import Replay

KEPT_SECONDS: Final = 24 * 60 * 60

_PURGED: Final = 4
"""Records that each new one looks at, the oldest first, and drops where they are too old."""

_FIND: Final = statements.Statement(
    lambda: Replay.select(
        Replay.id, Replay.created_at, Replay.digest, Replay.feedback, Replay.counts
    ).where(Replay.key == statements.parameter("key"), Replay.name == statements.parameter("name"))
)
_KEEP: Final = statements.Statement(
    lambda: Replay.insert(
        {field: statements.parameter(field.column_name) for field in statements.fields(Replay)}
    )
)
_PURGE: Final = statements.Statement(
    lambda: Replay.delete().where(
        Replay.id.in_(
            # By the table's own order: ids are given out in it.
            Replay.select(Replay.id)
            .where(Replay.id > statements.parameter("none"))
            .order_by(Replay.id)
            .limit(statements.parameter("at_most"))
        ),
        Replay.created_at <= statements.parameter("since"),
    )
)


class Attempt(NamedTuple):
    """A request that names itself: whose key, digests of its name and of what it asks for."""

    key: int
    name: bytes
    digest: bytes


class Outcome(NamedTuple):
    """What a request came to: the row id of its feedback, or whatever is to be answered."""

    feedback: int | None = None
    counts: str | None = None


def attempt(key: int, path: str, name: str, content: bytes) -> Attempt:
    """The attempt at a path that the holder of a key, a row id, calls by that name.

    Two with the same content, byte for byte, are one request: whoever tries again sends what was
    sent before, and telling other bytes of the same meaning apart costs nobody anything.
    """
    return Attempt(key, _digest(path.encode() + b"\n" + name.encode()), _digest(content))


def once(attempt: Attempt, work: Callable[[], Outcome]) -> tuple[Outcome, bool]:
    """What `work` came to; whether that was an earlier time. To be called in a write transaction.

    Raises Invalid where the name stands for another request. What `work` raises is not kept.
    """
    since = ids.before(KEPT_SECONDS)
    found = _FIND.run({"key": attempt.key, "name": attempt.name}).fetchone()
    if found is None or found[1] <= since:
        outcome = work()
        if found is not None:
            Replay.delete().where(Replay.id == found[0]).execute()
        _PURGE.run({"none": 0, "at_most": _PURGED, "since": since})
        _KEEP.run(
            {
                "key_id": attempt.key,
                "name": attempt.name,
                "digest": attempt.digest,
                "feedback_id": outcome.feedback,
                "counts": outcome.counts,
                "created_at": ids.now(),
            }
        )
        return outcome, False
    _, _, digest, feedback, counts = found
    if digest != attempt.digest:
        raise Invalid(
            Problem(
                ("header", "Idempotency-Key"),
                "idempotency_key_reused",
                "This key came before, with another body or query: what is new needs a new key",
            )
        )
    return Outcome(feedback, counts), True


def write_once(attempt: Attempt | None, work: Callable[[], Outcome]) -> tuple[Outcome, bool]:
    """The same in a transaction of its own, in which all that `work` writes is; None: just work."""
    if attempt is None:
        return work(), False
    with database.write():
        return once(attempt, work)


def forget_unlinked() -> None:
    """Forget the requests that no feedback came of: of what they said, there is a plain hash here.

    The others go with their feedback. To be called in a write transaction.
    """
    Replay.delete().where(Replay.feedback.is_null()).execute()


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
