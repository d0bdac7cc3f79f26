"""The shapes of feedback as it stands: with its status, correction, prediction and reviews.

While independent reviewers are still to decide, none is shown what another of them wrote.
"""

from collections.abc import Iterable
from typing import Any, Final

from marshmallow import fields

from feedbackstore import ids, reviews
from feedbackstore.api.fields import Object, OneOf, Text
from feedbackstore.api.schemas import FeedbackItem, Shape, StoredDocument
from feedbackstore.evaluations.changes import changed_fields
from feedbackstore.models import STATUSES, Feedback, Prediction, Review
from feedbackstore.standings import is_blind, is_hidden

_HIDDEN: Final = {"response": None, "rating": None, "notes": None}


def _said(description: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"description": description, **more}}


class ItemPrediction(Shape):
    """Which prediction feedback is about."""

    kind = Text(required=True, metadata={"enum": list(ids.KINDS)})
    id = Text(required=True)
    model = Text(required=True, allow_none=True)
    domain = Text(required=True, allow_none=True)

    class Meta(Shape.Meta):
        description = "Which prediction feedback is about."


class StandingItem(FeedbackItem):
    """Feedback as it was submitted, and where it stands."""

    status = Text(required=True, metadata={"enum": list(STATUSES)})
    correction = StoredDocument(
        required=True,
        allow_none=True,
        **_said("The correction as it stands now: reviewed, else as submitted.", type="object"),
    )
    changes = fields.List(
        fields.String(),
        required=True,
        allow_none=True,
        **_said("The fields that it changes; null where the model's output is not stored."),
    )
    prediction = fields.Nested(
        ItemPrediction,
        required=True,
        allow_none=True,
        **_said("The prediction that it is about; null where none is stored."),
    )

    class Meta(Shape.Meta):
        description = "Feedback as it was submitted, and where it stands."


class StandingList(Shape):
    """Feedback, the newest first."""

    items = fields.List(fields.Nested(StandingItem), required=True)
    next = Text(
        required=True,
        allow_none=True,
        **_said("The cursor of the next page; null where this is the last."),
    )

    class Meta(Shape.Meta):
        description = "Feedback, the newest first. A page may be short and still have a next one."


class Reviewer(Shape):
    """Who reviewed: a key, and the note on it."""

    key_id = Text(required=True)
    name = Text(required=True)


class ReviewShown(Shape):
    """What one reviewer did; null where they left it alone."""

    id = fields.Integer(required=True)
    reviewer = fields.Nested(Reviewer, required=True)
    verdict = Text(required=True, allow_none=True, metadata={"enum": list(reviews.VERDICTS)})
    response = StoredDocument(
        required=True, allow_none=True, **_said("The correction as they left it.", type="object")
    )
    comment = Text(required=True, allow_none=True)
    final = fields.Boolean(
        required=True, **_said("Whether it decides alone, or is one of several independent ones.")
    )
    created_at = Text(required=True, metadata={"format": "date-time"})
    undone_at = Text(
        required=True, allow_none=True, **_said("When it was taken back.", format="date-time")
    )

    class Meta(Shape.Meta):
        description = "What one reviewer did; null where they left it alone."


class ReviewedItem(StandingItem):
    """Feedback, where it stands, and every review."""

    reviews = fields.List(
        fields.Nested(ReviewShown),
        required=True,
        **_said(
            "The oldest first, those that were taken back too; only one's own while others are"
            " to review independently."
        ),
    )

    class Meta(Shape.Meta):
        description = "Feedback, where it stands, and every review."


class ReviewRequest(Shape):
    """What a reviewer says of feedback."""

    status = Text(
        allow_none=True,
        validate=OneOf(reviews.VERDICTS),
        **_said("Approved, rejected, or pending, which opens it again."),
    )
    response = Object(
        allow_none=True,
        **_said("The whole correction as it should be.", additionalProperties=True),
    )
    comment = Text(
        allow_none=True,
        **_said("For those who review after.", maxLength=reviews.MAX_COMMENT),
    )

    class Meta(Shape.Meta):
        description = "What a reviewer says of feedback: at least one of these."


def submitted_seen_by(viewer: int, needed: int, row: Feedback) -> dict[str, Any]:
    """What a key may see of feedback as it was submitted."""
    shown: dict[str, Any] = row.__data__
    return shown | _HIDDEN if is_hidden(row, viewer, needed) else shown


def seen_by(
    viewer: int, needed: int, row: Feedback, prediction: Prediction | None
) -> dict[str, Any]:
    """What a key may see of feedback, where a project asks for so many reviews."""
    blind = is_blind(row, needed)
    shown = submitted_seen_by(viewer, needed, row)
    correction = shown["response"] if blind else row.revised or row.response
    output = prediction.output if prediction else None
    return {
        **shown,
        "correction": correction,
        "changes": None if output is None else changed_fields(output, correction),
        "prediction": prediction and _named(prediction),
    }


def reviews_seen_by(
    viewer: int, needed: int, row: Feedback, known: Iterable[Review]
) -> list[Review]:
    """The reviews that a key may see."""
    blind = is_blind(row, needed)
    return [review for review in known if not blind or review.reviewer_id == viewer]


def _named(prediction: Prediction) -> dict[str, Any]:
    return {
        "kind": prediction.kind,
        "id": prediction.entity_id,
        "model": prediction.model,
        "domain": prediction.domain,
    }
