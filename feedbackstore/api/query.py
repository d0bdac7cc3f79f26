"""Which feedback a list is asked for, from the query to the link to its next page."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final
from urllib.parse import urlencode

from flask import request
from marshmallow import ValidationError, fields

from feedbackstore import feedback, ids
from feedbackstore.api.fields import (
    OneOf,
    QueryCount,
    QueryFlag,
    QueryMoment,
    QueryWeek,
    Text,
    message,
)
from feedbackstore.api.schemas import MAX_PAGE, Shape
from feedbackstore.errors import Invalid
from feedbackstore.filters import MAX_SEARCH, Filters
from feedbackstore.models import STATUSES

ALL: Final = "all"

_MAX_DIGITS: Final = 18


def _said(description: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"description": description, **more}}


class QueryTag(Text):
    """A tag, as `name=value`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        name, equals, text = str(value).partition("=")
        if not name or not equals:
            raise ValidationError(message("value_error", "Input should read name=value"))
        return name, text


class Cursor(Text):
    """A place in a list: a row id, which is nobody's business, in a form that says so."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        try:
            digits = urlsafe_b64decode(f"{value}==").decode("ascii")
        except ValueError:
            digits = ""
        if len(digits) > _MAX_DIGITS or not digits.isdigit() or cursor(int(digits)) != value:
            msg = "Input should be the cursor that came with a page"
            raise ValidationError(message("value_error", msg))
        return int(digits)


def cursor(row_id: int) -> str:
    """The text that `Cursor` reads as that row id."""
    return urlsafe_b64encode(str(row_id).encode()).decode().rstrip("=")


class ListQuery(Shape):
    """Which feedback to list, and which part of the list."""

    status = fields.List(
        Text(validate=OneOf([*STATUSES, ALL])),
        load_default=[ALL],
        **_said("Only feedback of this status; several by several parameters."),
    )
    kind = Text(
        load_default=None,
        validate=OneOf(ids.KINDS),
        **_said("Only what is about this kind."),
    )
    domain = Text(load_default=None, **_said("Only predictions of this domain."))
    model = Text(load_default=None, **_said("Only predictions of this model."))
    field = Text(
        load_default=None,
        **_said("Only corrections that change this field, as evaluations call it: `items[].qty`."),
    )
    rating = Text(
        load_default=None,
        validate=OneOf(feedback.RATINGS),
        **_said("Only feedback rated so."),
    )
    tag = fields.List(
        QueryTag(),
        load_default=[],
        **_said("Only feedback with this tag, `name=value`; several by several parameters."),
    )
    since = QueryMoment(
        load_default=None, **_said("Only feedback from this day or moment (RFC 3339) on.")
    )
    until = QueryMoment(load_default=None, **_said("Only feedback before this day or moment."))
    week = QueryWeek(
        load_default=None,
        **_said("Only what is about predictions of this week (ISO 8601, UTC): 2026-W45."),
    )
    has_notes = QueryFlag(load_default=False, **_said("Only feedback with notes."))
    search = Text(
        load_default=None,
        **_said("Only feedback with this text in its notes or correction.", maxLength=MAX_SEARCH),
    )
    entity_id = Text(
        load_default=None, **_said("Only feedback on this request, or on this id of `kind`.")
    )
    limit = QueryCount(
        at_least=1,
        cap=MAX_PAGE,
        load_default=50,
        **_said(f"How many to list, at most; more than {MAX_PAGE} counts as {MAX_PAGE}."),
    )
    cursor = Cursor(load_default=None, **_said("`next` of the page before."))


_NAMED: Final = tuple(name for name in ListQuery().fields if name != "cursor")
_AS_THEY_ARE: Final = (
    *("since", "until", "week", "kind", "domain", "model", "rating"),
    *("entity_id", "field", "has_notes", "search"),
)


def filters_of(query: dict[str, Any]) -> Filters:
    """What a query that was read selects. Raises Invalid."""
    statuses = STATUSES if ALL in query["status"] else tuple(dict.fromkeys(query["status"]))
    try:
        return Filters(
            **{name: query[name] for name in _AS_THEY_ARE},
            statuses=statuses,
            tags=tuple(query["tag"]),
        )
    except Invalid as error:
        raise error.under("query") from None


def link_to(following: str) -> str:
    """The header Link to the page that begins at a cursor, with the filters of this request.

    It is relative to the request's own address: a proxy may have put this one anywhere.
    """
    asked = [(name, text) for name in _NAMED for text in request.args.getlist(name)]
    return f'<?{urlencode([*asked, ("cursor", following)])}>; rel="next"'
