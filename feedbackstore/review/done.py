"""What a reviewer did last, told on the page that comes next, where it can be undone."""

from typing import NamedTuple

from flask import request

from feedbackstore import errors, feedback, reviews
from feedbackstore.models import APPROVED, REJECTED, Feedback, Review
from feedbackstore.review.sessions import Reviewer

_WORDS = {APPROVED: "Approved", REJECTED: "Rejected", None: "Saved"}


class Done(NamedTuple):
    """What was done, to which feedback; `uuid` is empty where there was nothing left to do.

    `review` is the id of what Undo takes back.
    """

    words: str
    title: str
    uuid: str
    review: int = 0


def read(who: Reviewer) -> Done | None:
    """What the address says was done, as the store knows it."""
    uuid = request.args.get("done")
    if not uuid:
        return None if uuid is None else Done("Nothing is left here", "", "")
    try:
        row = feedback.get(who.project, uuid)
    except errors.NotFound:
        return None
    last = _last(row, who)
    if last is None:
        return None
    words = _WORDS.get(last.verdict, "Opened again")
    return Done(words, feedback.named(row)[1], uuid, last.id)


def is_newest(row: Feedback, who: Reviewer, review: int | None) -> bool:
    """Whether that is still what they did last: by a second click on Undo it is not."""
    last = _last(row, who)
    return review is None or (last is not None and last.id == review)


def _last(row: Feedback, who: Reviewer) -> Review | None:
    mine = [review for review in reviews.history(row) if review.reviewer_id == who.key]
    return mine[-1] if mine else None
