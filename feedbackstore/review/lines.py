"""An item as a line of the queue."""

from typing import Final, NamedTuple

from feedbackstore import documents
from feedbackstore.evaluations.changes import changed_fields
from feedbackstore.feedback import correction_of, named
from feedbackstore.listing import Item
from feedbackstore.models import Feedback, Prediction
from feedbackstore.review.sessions import Reviewer
from feedbackstore.review.wanted import UNCORRECTED
from feedbackstore.standings import is_hidden

_MAX_FIELDS: Final = 6
_MAX_TEXT: Final = 300


class Line(NamedTuple):
    """An item as the queue lists it."""

    title: str
    kind: str
    about: str
    at: str
    status: str
    address: str
    fields: tuple[str, ...] = ()
    more_fields: int = 0
    notes: str = ""
    rating: str | None = None
    tags: tuple[str, ...] = ()


def line(item: Item, address: str, who: Reviewer) -> Line:
    """The line of an item that is shown at that address, as a reviewer may see it."""
    row, about = item
    if row is not None:
        hidden = is_hidden(row, who.key, who.needed)
        found = _of_feedback(row, about, address)
        return found._replace(fields=(), more_fields=0, notes="", rating=None) if hidden else found
    if about is None:
        raise ValueError("there is neither feedback nor a prediction")
    return Line(
        title=about.entity_id,
        kind=about.kind,
        about=_about(about),
        at=about.recorded_at,
        status=UNCORRECTED,
        address=address,
    )


def _of_feedback(row: Feedback, about: Prediction | None, address: str) -> Line:
    fields = changed_fields(about.output, correction_of(row)) if about else ()
    kind, entity_id = (about.kind, about.entity_id) if about else named(row)
    return Line(
        title=entity_id,
        kind=kind,
        about=_about(about),
        at=row.created_at,
        status=row.status,
        address=address,
        fields=fields[:_MAX_FIELDS],
        more_fields=max(0, len(fields) - _MAX_FIELDS),
        notes=(row.notes or "")[:_MAX_TEXT],
        rating=row.rating,
        tags=tuple(f"{name}={value}" for name, value in _tags(row).items()),
    )


def _about(about: Prediction | None) -> str:
    return " · ".join(filter(None, (about.domain, about.model))) if about else "no prediction yet"


def _tags(row: Feedback) -> dict[str, str]:
    found: dict[str, str] = documents.load(row.tags) if row.tags else {}
    return found
