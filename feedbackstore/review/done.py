"""What a reviewer did last, told on the page that comes next, where it can be undone."""

from typing import NamedTuple

from flask import request

from feedbackstore import errors, feedback, reviews
from feedbackstore.models import APPROVED, REJECTED
from feedbackstore.review.sessions import Reviewer

_WORDS = {APPROVED: "Approved", REJECTED: "Rejected", None: "Saved"}


class Done(NamedTuple):
    """What was done, to which feedback; `uuid` is empty where there was nothing left to do."""

    words: str
    title: str
    uuid: str


def read(who: Reviewer) -> Done | None:
    """What the address says was done, as the store knows it."""
    uuid = request.args.get("done")
    if not uuid:
        return None if uuid is None else Done("Nothing is left here", "", "")
    try:
        row = feedback.get(who.project, uuid)
    except errors.NotFound:
        return None
    mine = [review for review in reviews.history(row) if review.reviewer_id == who.key]
    if not mine:
        return None
    return Done(_WORDS.get(mine[-1].verdict, "Opened again"), feedback.named(row)[1], uuid)
