"""Reviewing over HTTP: list feedback, look at one piece, say what is right, take it back."""

import re
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from flask import Response, g, request
from werkzeug.exceptions import PreconditionFailed

from feedbackstore import feedback, listing, replays, reviews
from feedbackstore.api.blueprint import Blueprint
from feedbackstore.api.idempotency import attempt, headers
from feedbackstore.api.items import (
    ReviewedItem,
    ReviewRequest,
    StandingList,
    reviews_seen_by,
    seen_by,
)
from feedbackstore.api.query import ListQuery, cursor, filters_of, link_to
from feedbackstore.api.schemas import ErrorSchema
from feedbackstore.errors import Conflict, Invalid, Problem
from feedbackstore.models import Feedback
from feedbackstore.standings import newest

Answer = tuple[Any, int, dict[str, str]]

blueprint = Blueprint("reviews", __name__, url_prefix="/v1")

_MEMBERS: Final = {"status": "verdict", "response": "response", "comment": "comment"}
_REVIEW_ID: Final = re.compile(r"0|[1-9][0-9]{0,17}")
_ETAG: Final = {
    "ETag": {"description": "The newest review that decides.", "schema": {"type": "string"}}
}
_LINK: Final = {
    "Link": {"description": 'The next page, `rel="next"`.', "schema": {"type": "string"}}
}
_IF_MATCH: Final = {
    "in": "header",
    "name": "If-Match",
    "description": "The ETag of what was reviewed: 412 where somebody else decided since.",
    "schema": {"type": "string"},
}


@blueprint.get("/feedback")
@blueprint.scope("read")
@blueprint.reads(body=False)
@blueprint.arguments(ListQuery, location="query")
@blueprint.response(200, StandingList, headers=_LINK)
def get_feedback_list(query: dict[str, Any]) -> Answer:
    """List Feedback.

    Feedback with where it stands, the newest first. A page may hold fewer items than were asked
    for, or none, and still have a next one: the list ends where `next` is null. The header Link
    leads to the next page with the same filters.
    """
    needed = reviews.needed_in(g.project)
    wanted = replace(filters_of(query), viewer=g.key if needed > 1 else None)
    found = listing.page(g.project, wanted, before=query["cursor"], limit=query["limit"])
    following = None if found.next is None else cursor(found.next)
    items = [
        seen_by(g.key, needed, item.feedback, item.prediction)
        for item in found.items
        if item.feedback is not None
    ]
    headers = {} if following is None else {"Link": link_to(following)}
    return {"items": items, "next": following}, 200, headers


@blueprint.get("/feedback/id/<uuid:uuid>")
@blueprint.scope("read")
@blueprint.reads(body=False)
@blueprint.response(200, ReviewedItem, headers=_ETAG)
@blueprint.alt_response(404, schema=ErrorSchema)
def get_feedback_by_id(uuid: UUID) -> Answer:
    """Get One Feedback.

    One piece of feedback with its reviews. While a project's independent reviewers are still to
    decide, each sees their own reviews alone.
    """
    return _shown(feedback.get(g.project, str(uuid)))


@blueprint.patch("/feedback/id/<uuid:uuid>")
@blueprint.scope("review")
@blueprint.reads(body=True)
@blueprint.arguments(ReviewRequest)
@blueprint.response(200, ReviewedItem, headers=_ETAG)
@blueprint.alt_response(404, schema=ErrorSchema)
@blueprint.alt_response(412, schema=ErrorSchema)
@blueprint.doc(parameters=[_IF_MATCH])
def patch_feedback(body: dict[str, Any], uuid: UUID) -> Answer:
    """Review Feedback.

    Approve, reject or correct feedback, or comment on it; what changes nothing is fine.
    """
    said = {name: body.get(member) for member, name in _MEMBERS.items()}
    if all(value is None for value in said.values()):
        message = f"At least one of {', '.join(_MEMBERS)} is needed"
        raise Invalid(Problem(("body",), "value_error", message))
    row = feedback.get(g.project, str(uuid))
    try:
        judged = reviews.judge(row, g.key, **said, seen=_seen())
    except Invalid as error:
        raise error.under("body") from None
    except Conflict as error:
        raise PreconditionFailed(str(error)) from None
    return _shown(judged.feedback)


@blueprint.post("/feedback/id/<uuid:uuid>/undo")
@blueprint.scope("review")
@blueprint.reads(body=False)
@blueprint.idempotent
@blueprint.response(200, ReviewedItem, headers=_ETAG)
@blueprint.alt_response(204, success=True)
@blueprint.alt_response(404, schema=ErrorSchema)
@blueprint.alt_response(409, schema=ErrorSchema)
def post_undo(uuid: UUID) -> Answer | Response:
    """Undo One's Review.

    Take back the newest thing that the key's holder said of it. What they wrote while reviewing,
    and nobody else reviewed, goes with it: 204.
    """

    def undo() -> replays.Outcome:
        row = feedback.get(g.project, str(uuid))
        reviews.undo(row, g.key)
        return replays.Outcome(row.id if feedback.exists(row) else None)

    outcome, replayed = replays.write_once(attempt(), undo)
    if outcome.feedback is None:
        return _nothing(headers(replayed=replayed))
    item, status, tag = _shown(feedback.get(g.project, str(uuid)))
    return item, status, tag | headers(replayed=replayed)


@blueprint.delete("/feedback/id/<uuid:uuid>")
@blueprint.scope("admin")
@blueprint.reads(body=False)
@blueprint.response(204)
@blueprint.alt_response(404, schema=ErrorSchema)
def delete_feedback(uuid: UUID) -> Response:
    """Delete Feedback.

    Delete it with its reviews, and its place in the record of exports.
    """
    reviews.delete(feedback.get(g.project, str(uuid)))
    return _nothing()


def _shown(row: Feedback) -> Answer:
    needed = reviews.needed_in(g.project)
    known = reviews.history(row, undone=True)
    item = seen_by(g.key, needed, row, feedback.prediction_of(row))
    item["reviews"] = reviews_seen_by(g.key, needed, row, known)
    latest = newest(row, [each for each in known if each.undone_at is None])
    return item, 200, {"ETag": f'"{latest}"'}


def _nothing(headers: dict[str, str] | None = None) -> Response:
    response = Response(status=204, headers=headers)
    del response.headers["Content-Type"]
    return response


def _seen() -> int | None:
    """The newest review that the caller knows of, None where they do not say."""
    if not request.if_match or request.if_match.star_tag:
        return None
    # Weak tags count: proxies that compress an answer make its tag weak.
    tags = request.if_match.as_set(include_weak=True)
    known = [int(tag) for tag in tags if _REVIEW_ID.fullmatch(tag)]
    if not known:
        raise PreconditionFailed("If-Match should be the ETag that came with the feedback.")
    return max(known)
