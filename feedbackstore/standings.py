"""Where feedback stands after its reviews: worked out anew from all of them, and nothing else.

Reviews come the oldest first, without those that were taken back. Why several reviewers come to one
decision as they do: docs/decisions/008-reviews.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from feedbackstore import documents
from feedbackstore.errors import Conflict
from feedbackstore.models import APPROVED, DISPUTED, PENDING, REJECTED, Feedback, Review


class Standing(NamedTuple):
    """Where feedback stands after its reviews; `revised` is the JSON text of its correction."""

    status: str = PENDING
    revised: str | None = None


def standing(known: Iterable[Review], needed: int, submitted: str | None) -> Standing:
    """Where feedback stands after these reviews, the oldest first."""
    now = Standing()
    verdicts, answers = dict[int, str](), dict[int, str | None]()
    for review in known:
        if review.final:
            now = Standing(review.verdict or now.status, review.response or now.revised)
            verdicts = {} if review.verdict == PENDING else verdicts
            continue
        answers[review.reviewer_id] = review.response or answers.get(review.reviewer_id, submitted)
        if review.verdict == PENDING:
            verdicts.pop(review.reviewer_id, None)
        elif review.verdict is not None:
            verdicts[review.reviewer_id] = review.verdict
        if len(verdicts) >= needed:
            now = _agreed(set(verdicts.values()), [answers[who] for who in verdicts], submitted)
    return now


def is_blind(row: Feedback, needed: int) -> bool:
    """Whether each reviewer of feedback is to see nothing of the others."""
    return needed > 1 and row.status == PENDING


def is_hidden(row: Feedback, reviewer: int, needed: int) -> bool:
    """Whether what feedback says is hidden from a blind reviewer: another of them wrote it."""
    return is_blind(row, needed) and row.author_id not in (None, reviewer)


def answer_of(row: Feedback, known: Iterable[Review], reviewer: int, needed: int) -> str | None:
    """The correction that a reviewer has before them: where they are blind, their own.

    None where there is none yet: what another reviewer wrote is not shown to a blind one.
    """
    if not is_blind(row, needed):
        return row.revised or row.response
    mine = [each.response for each in known if each.reviewer_id == reviewer and each.response]
    return mine[-1] if mine else None if is_hidden(row, reviewer, needed) else row.response


def answers(row: Feedback, known: Iterable[Review]) -> Iterator[str | None]:
    """What each person says is right: the reviewers, and the submitter where one agrees.

    None stands for a reviewer who rejected it. Who only commented, or opened it again, said nothing
    of it. Where nobody reviewed, the submitter stands alone.
    """
    stands, said = row.response, dict[int, str | None]()
    for review in known:
        if review.response is None and review.verdict in (None, PENDING):
            continue
        before = stands if review.final else said.get(review.reviewer_id) or row.response
        answer = review.response or before
        stands = answer if review.final else stands
        said[review.reviewer_id] = None if review.verdict == REJECTED else answer
    yield from said.values()
    agreed = any(is_same(row.response, answer) for answer in said.values())
    if not said or (agreed and row.author_id is None):
        yield row.response


def newest(row: Feedback, known: Iterable[Review]) -> int:
    """The id of the newest review that decides, 0 where there is none: see `judge`.

    Independent ones do once there are enough of them.
    """
    return max((review.id for review in known if _decides(row, review)), default=0)


def has_verdict(known: Iterable[Review], reviewer: int) -> bool:
    """Whether a reviewer gave a verdict that stands: pending took none back since."""
    given = [each.verdict for each in known if each.reviewer_id == reviewer and each.verdict]
    return bool(given) and given[-1] != PENDING


def is_said(known: list[Review], reviewer: int, verdict: str | None, comment: str | None) -> bool:
    """Whether the newest review is theirs and says the same; where there is nothing said, it is."""
    last = known[-1] if known and known[-1].reviewer_id == reviewer else None
    return verdict in (None, last and last.verdict) and (comment or None) in (
        None,
        last and last.comment,
    )


def refuse_overtaken(row: Feedback, known: list[Review], reviewer: int, seen: int) -> None:
    """Raise Conflict for what others decided, or took back, since the review `seen`.

    `known` are all of them, undone ones too.
    """
    if seen and not any(review.id == seen for review in known):
        raise Conflict("That is the state of other feedback than this.")
    for review in reversed(known):
        if review.reviewer_id == reviewer:
            continue
        who = review.reviewer.name or review.reviewer.key_id
        if review.id == seen and review.undone_at is not None:
            raise Conflict(
                f"{who} took back at {review.undone_at} what they said, while you had it open."
            )
        if review.id > seen and review.undone_at is None and _decides(row, review):
            what = review.verdict or ("corrected" if review.response else "commented on")
            raise Conflict(f"It was {what} by {who} at {review.created_at}, while you had it open.")


def is_same(one: str | None, other: str | None) -> bool:
    """Whether two stored texts hold the same, or there are none."""
    if one is None or other is None:
        return one is other
    return one == other or documents.same(documents.load(one), documents.load(other))


def _decides(row: Feedback, review: Review) -> bool:
    return review.final or row.status != PENDING


def _agreed(verdicts: set[str], answers: list[str | None], submitted: str | None) -> Standing:
    if verdicts == {REJECTED}:
        return Standing(REJECTED)
    first, *others = answers
    if verdicts == {APPROVED} and all(is_same(first, other) for other in others):
        return Standing(APPROVED, None if is_same(first, submitted) else first)
    return Standing(DISPUTED)
