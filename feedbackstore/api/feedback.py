"""Feedback over HTTP: submit it, list what was said of one entity."""

from typing import Any, Final

from flask import current_app, g

from feedbackstore import feedback, ids, reviews, submissions
from feedbackstore.api.blueprint import Blueprint
from feedbackstore.api.idempotency import attempt, headers
from feedbackstore.api.items import submitted_seen_by
from feedbackstore.api.schemas import (
    ErrorSchema,
    FeedbackItem,
    FeedbackList,
    FeedbackQuery,
    FeedbackSubmitRequest,
    FeedbackSubmitResponse,
)
from feedbackstore.errors import Invalid
from feedbackstore.models import Feedback

Answer = Feedback | tuple[Feedback, int, dict[str, str]]

blueprint = Blueprint("feedback", __name__, url_prefix="/v1")

# None of its members has to be there; partial, it does not ask after each that is not.
_SUBMITTED: Final = FeedbackSubmitRequest(partial=True)


@blueprint.post("/feedback/submit")
@blueprint.scope("submit")
@blueprint.reads(body=True)
@blueprint.idempotent
@blueprint.arguments(_SUBMITTED)
@blueprint.response(200, FeedbackSubmitResponse, description="Successful Response")
@blueprint.alt_response(410, schema=ErrorSchema)
@blueprint.doc(operationId="submit_feedback_v1_feedback_submit_post", summary="Submit Feedback")
async def submit_feedback(submitted: dict[str, Any]) -> Answer:
    """Submit Feedback.

    Submit feedback for a request, execution, or chat by its ID.
    """
    return await _submit(submitted)


@blueprint.post("/experimental/feedback/submit")
@blueprint.scope("submit")
@blueprint.reads(body=True)
@blueprint.idempotent
@blueprint.arguments(_SUBMITTED)
@blueprint.response(200, FeedbackItem)
@blueprint.alt_response(410, schema=ErrorSchema)
async def submit_experimental_feedback(submitted: dict[str, Any]) -> Answer:
    """Submit Feedback (npm client).

    The same under the path that the npm client uses; the answer repeats what was submitted.
    """
    return await _submit(submitted)


@blueprint.get("/feedback/<entity_id:entity_id>")
@blueprint.scope("read")
@blueprint.reads(body=False)
@blueprint.arguments(FeedbackQuery, location="query")
@blueprint.response(200, FeedbackList)
def get_feedback(query: dict[str, Any], entity_id: str) -> dict[str, Any]:
    """Get Feedback.

    The feedback on one request, agent execution or chat, the newest first.
    """
    ids.check(entity_id, "path", "entity_id")
    items = feedback.list_newest(
        g.project, query["type"], entity_id, offset=query["offset"], limit=query["limit"]
    )
    asked_for = {f"{kind}_id": None for kind in ids.KINDS} | {f"{query['type']}_id": entity_id}
    needed = reviews.needed_in(g.project)
    return {**asked_for, "items": [submitted_seen_by(g.key, needed, row) for row in items]}


async def _submit(submitted: dict[str, Any]) -> Answer:
    try:
        draft = feedback.draft(g.project, **submitted)
    except Invalid as error:
        raise error.under("body") from None
    window = current_app.config["DUPLICATE_SECONDS"]
    stored = await submissions.asubmit(draft, g.key, window=window, attempt=attempt())
    if stored.replayed:
        return stored.feedback, 200, headers(replayed=True)
    return stored.feedback
