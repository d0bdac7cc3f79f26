"""Reading a request: its body as strict JSON, its query and path as UTF-8."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NoReturn
from urllib.parse import unquote_to_bytes

from flask import Flask, Request, current_app, g, request
from flask.globals import request_ctx
from gunicorn.http.errors import ParseException
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import (
    BadRequest,
    ClientDisconnected,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)
from werkzeug.wsgi import get_content_length

from feedbackstore import documents
from feedbackstore.api import idempotency
from feedbackstore.asgi_request import Received
from feedbackstore.errors import Invalid, Loc, Problem

_PLACES: Final = {"json": "body", "query": "query"}


def init_app(app: Flask) -> None:
    """Bound the body's length; refuse a path or a query that is not UTF-8."""
    # One byte more than is allowed: Werkzeug cuts a chunked body at this length and says nothing,
    # so that a body of exactly this length is known to be too long.
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_BODY_BYTES"] + 1
    app.before_request(_refuse_unreadable_address)


class StrictParser(FlaskParser):
    """webargs' parser, with our own reading of JSON and our own errors."""

    def get_default_request(self) -> Request:
        """The request itself: what stands for it looks it up anew for each of its parts."""
        return request_ctx.request

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body's value. Raises Invalid, with `body` as the outermost place."""
        try:
            value = documents.parse(_read(req), envelope=2 if schema.many else 1)
        except Invalid as error:
            raise error.under("body") from None
        if schema.many and not isinstance(value, list):
            raise Invalid(Problem(("body",), "list_type", "Input should be a valid list", value))
        return value

    def handle_error(
        self, error: ValidationError, req: Request, schema: Schema, **_: Any
    ) -> NoReturn:
        """Turn marshmallow's tree of messages into a list of problems."""
        ((location, messages),) = error.normalized_messages().items()
        Invalid.raise_any(_problems(messages, (_PLACES[location],), error.data))
        raise error


def _read(req: Request) -> bytes:
    limit, declared = current_app.config["MAX_BODY_BYTES"], get_content_length(req.environ)
    if declared is not None and declared > limit:
        raise _too_long(limit)
    if req.environ.get("HTTP_TRANSFER_ENCODING", "chunked").lower() != "chunked":
        raise BadRequest("The body should come as it is: Transfer-Encoding: chunked, or none.")
    try:
        data = _all_of(req)
    except (ParseException, ClientDisconnected):
        raise BadRequest("The body cannot be read to its end.") from None
    if len(data) > limit:
        raise _too_long(limit)
    if declared is not None and len(data) < declared:
        raise BadRequest("The body cannot be read to its end.")
    if not data:
        raise Invalid(Problem((), "missing", "Field required", None))
    _refuse_other_types(req)
    if idempotency.is_named(req.environ):
        g.body = data
    return data


def _all_of(req: Request) -> bytes:
    given = req.environ["wsgi.input"]
    return given.getvalue() if isinstance(given, Received) else req.get_data(cache=False)


def _too_long(limit: int) -> RequestEntityTooLarge:
    return RequestEntityTooLarge(f"The body is longer than {limit} bytes.")


def _refuse_other_types(req: Request) -> None:
    plain = req.environ.get("CONTENT_TYPE") == "application/json"
    if plain and "HTTP_CONTENT_ENCODING" not in req.environ:
        return
    charset = req.mimetype_params.get("charset", "utf-8").lower()
    if req.mimetype != "application/json" or charset not in ("utf-8", "utf8"):
        message = "The body should be JSON: Content-Type: application/json"
        raise Invalid(Problem((), "model_attributes_type", message, req.content_type or ""))
    if req.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("The body should come as it is: without Content-Encoding.")


def _problems(messages: Any, loc: Loc, data: Any) -> Iterator[Problem]:
    """marshmallow's errors: lists of our own problems' words, in a tree of fields and indexes."""
    if isinstance(messages, Mapping):
        for key, below in messages.items():
            inner = loc if key == "_schema" else (*loc, key)
            yield from _problems(below, inner, _member(data, key))
    elif messages and isinstance(messages[0], list):
        # A schema's own message, which marshmallow puts into a list of its own.
        yield from _problems(messages[0], loc, data)
    else:
        for message in messages:
            yield Problem(loc, message["type"], message["msg"], data, message.get("ctx", {}))


def _member(data: Any, key: str | int) -> Any:
    if isinstance(data, Mapping):
        return data.get(key, data)
    if isinstance(data, list) and isinstance(key, int):
        return data[key]
    return data


def _refuse_unreadable_address() -> None:
    environ = request.environ
    path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
    if path.isascii() and not query:
        return
    for place, raw in (("path", path.encode("latin-1")), ("query", unquote_to_bytes(query))):
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            message = "The address should be UTF-8, percent-encoded"
            raise Invalid(Problem((place,), "string_unicode", message)) from None
