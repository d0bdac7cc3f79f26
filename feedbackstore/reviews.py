"""What reviewers make of feedback: approved, rejected, corrected again; every step is kept.

The feedback itself stays as it was submitted. Its `status` and its `revised` correction follow from
its reviews (`standings`), so that taking one back is all that undoing takes. Why it
is so: docs/decisions/008-reviews.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from feedbackstore import (
    arrangement,
    database,
    documents,
    export_parts,
    feedback,
    flaws,
    ids,
    keys,
    leases,
)
from feedbackstore.errors import Conflict, Invalid, NotFound, Problem
from feedbackstore.models import (
    APPROVED,
    PENDING,
    REJECTED,
    ApiKey,
    Feedback,
    Prediction,
    Project,
    Review,
)
from feedbackstore.standings import (
    answer_of,
    has_verdict,
    is_said,
    is_same,
    newest,
    refuse_overtaken,
    standing,
)

VERDICTS: Final = (APPROVED, REJECTED, PENDING)
"""What a reviewer may say; pending opens again what was decided."""

MAX_REVIEWS: Final = 9
MAX_COMMENT: Final = 10_000

_RATINGS: Final[dict[str | None, str]] = {APPROVED: "up", REJECTED: "down"}


class Judged(NamedTuple):
    """Feedback after a review, and the review; None where nothing was said that changes a thing."""

    feedback: Feedback
    review: Review | None


def judge(
    row: Feedback,
    reviewer: int,
    *,
    verdict: str | None = None,
    response: dict[str, documents.Json] | None = None,
    comment: str | None = None,
    seen: int | None = None,
) -> Judged:
    """Keep what a reviewer, the row id of a key, says of feedback.

    `response` is the whole correction as they left it: equal to the one that stands, it is none.
    `seen` is the id of the newest review that they know of, 0 for none. Raises Conflict where
    somebody else decided since, and NotFound where the feedback was deleted. The same again, as by
    a client that tries again, is nothing new.
    """
    _check(verdict, comment)
    text = None if response is None else documents.dump(response)
    with database.write():
        current = _fresh(row)
        if seen is not None:
            refuse_overtaken(current, history(current, undone=True), reviewer, seen)
        known = history(current)
        needed = needed_in(current.project_id)
        if verdict == current.status == PENDING and not has_verdict(known, reviewer):
            verdict = None
        if text is not None and is_same(text, answer_of(current, known, reviewer, needed)):
            text = None
        if text is None and is_said(known, reviewer, verdict, comment):
            return Judged(current, None)
        review = Review.create(
            feedback=current,
            reviewer=reviewer,
            verdict=verdict,
            response=text,
            comment=comment or None,
            final=needed == 1 or current.status != PENDING,
            created_at=ids.now(),
        )
        _settle(current, [*known, review], needed)
        leases.release(current.uuid, reviewer)
    return Judged(current, review)


def correct(
    prediction: Prediction,
    reviewer: int,
    *,
    verdict: str | None = None,
    response: dict[str, documents.Json] | None = None,
    comment: str | None = None,
    seen: int | None = None,
) -> Judged:
    """Keep what a reviewer says of a prediction that nobody gave feedback on.

    An output that they approve as it is counts as rated up, one that they reject as rated down.
    `seen` is how much feedback on it they know of: raises Conflict where there is more by now. The
    same again, as by a second click, is nothing new.
    """
    _check(verdict, comment)
    if response is not None and is_same(documents.dump(response), prediction.output):
        response = None
    said: dict[str, Any] = {
        f"{prediction.kind}_id": prediction.entity_id,
        "response": response,
        "rating": _RATINGS.get(verdict) if response is None else None,
        "notes": comment or None,
    }
    draft = feedback.draft(prediction.project_id, **said)
    draft.author_id = reviewer
    with database.write():
        if (stored := feedback.find_same(draft, prediction)) is not None:
            return Judged(stored, None)
        if seen is not None and feedback.count_on(prediction) > seen:
            raise Conflict("Somebody else gave feedback on it while you had it open.")
        feedback.insert(draft)
        leases.release(leases.item_of(prediction), reviewer)
        # The verdict is on the feedback now: that an output is wrong is right.
        return judge(draft, reviewer, verdict=verdict and APPROVED)


def undo(row: Feedback, reviewer: int) -> Judged:
    """Take back the newest thing that a reviewer said of feedback.

    What they wrote themselves, and nobody else reviewed, goes with it. Raises Conflict where they
    said nothing, or somebody else decided since.
    """
    with database.write():
        current = _fresh(row)
        known = history(current)
        mine = [review for review in known if review.reviewer_id == reviewer]
        if not mine or newest(current, known) > mine[-1].id:
            raise Conflict("There is nothing of yours to take back: your review is not the newest.")
        review = mine[-1]
        if current.author_id == reviewer and known == [review]:
            delete(current)
        else:
            review.undone_at = ids.now()
            review.save(only=[Review.undone_at])
            known.remove(review)
            _settle(current, known, needed_in(current.project_id))
    return Judged(current, review)


def delete(row: Feedback) -> None:
    """Delete feedback with its reviews, and its place in the record of exports."""
    with database.write():
        current = _fresh(row)
        Review.delete().where(Review.feedback == current.id).execute()
        export_parts.remove([current.id])
        leases.release_all(current.uuid)
        current.delete_instance()


def history(row: Feedback, *, undone: bool = False) -> list[Review]:
    """The reviews of feedback, the oldest first, each with its reviewer's key."""
    query = (
        Review.select(Review, ApiKey)
        .join(ApiKey)
        .where(Review.feedback == row.id)
        .order_by(Review.id)
    )
    return list(query if undone else query.where(Review.undone_at.is_null()))


def needed_in(project: int) -> int:
    """How many reviews a project asks for."""
    return int(Project.select(Project.reviews).where(Project.id == project).scalar())


def ask_for(project: str, reviews: int) -> None:
    """Ask for so many independent reviews of each piece of feedback from now on.

    Raises Invalid for a number that is none, NotFound for a project that is not there.
    """
    if not 1 <= reviews <= MAX_REVIEWS:
        message = f"Input should be from 1 to {MAX_REVIEWS}"
        raise Invalid(Problem(("reviews",), "value_error", message, reviews))
    with database.write():
        found = keys.get_project(project)
        Project.update(reviews=reviews).where(Project.id == found.id).execute()


def _settle(row: Feedback, known: Iterable[Review], needed: int) -> None:
    row.status, row.revised = standing(known, needed, _submitted(row))
    text = feedback.correction_of(row)
    row.arrangement = None if text is None else arrangement.of(documents.load(text), text)
    row.save(only=[Feedback.status, Feedback.revised, Feedback.arrangement])


def _submitted(row: Feedback) -> str | None:
    """What feedback says is right; of an output that was rated up, that is the output."""
    if row.response is not None or row.rating != "up":
        return row.response
    about = feedback.prediction_of(row)
    return about.output if about else None


def _fresh(row: Feedback) -> Feedback:
    found: Feedback | None = Feedback.get_or_none(Feedback.id == row.id)
    if found is None or found.uuid != row.uuid:
        raise NotFound(f"There is no feedback {row.uuid} any more.")
    return found


def _check(verdict: str | None, comment: str | None) -> None:
    if verdict is not None and verdict not in VERDICTS:
        message = f"Input should be one of {', '.join(VERDICTS)}"
        raise Invalid(Problem(("status",), "literal_error", message, verdict))
    if comment is not None and "\0" in comment:
        raise Invalid(Problem(("comment",), "string_nul", flaws.NUL))
    if comment is not None and len(comment) > MAX_COMMENT:
        message = f"A comment has at most {MAX_COMMENT} characters"
        raise Invalid(Problem(("comment",), "string_too_long", message))
