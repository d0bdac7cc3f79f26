"""Every answer that is not what the caller asked for, in one shape: `{"detail": …}`.

For 422 the detail is FastAPI's list of problems, which the hosted service answers with; for
anything else it is one sentence.
"""

import json
import time
from typing import Any, Final

from flask import Flask, Response, current_app, jsonify
from werkzeug.exceptions import HTTPException

from feedbackstore import program
from feedbackstore.database_errors import ERRORS, explained
from feedbackstore.errors import (
    ABSENT,
    Conflict,
    Erased,
    Invalid,
    NotFound,
    Problem,
    Unavailable,
)

RETRY_AFTER: Final = "1"
"""Seconds after which a caller may try again what the store could not do just now."""

_SHOWN: Final = 200

_TOLD_EVERY: Final = 60
"""Seconds in which the log says the same once."""

_told: Final[dict[str, float]] = {}
# It encodes piece by piece: a long value is never encoded whole to be cut.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False)


def init_app(app: Flask) -> None:
    """Translate the store's errors, and Werkzeug's, for the whole app."""
    app.register_error_handler(Invalid, _refuse_invalid)
    app.register_error_handler(NotFound, _refuse_missing)
    app.register_error_handler(Conflict, _refuse_conflict)
    app.register_error_handler(Erased, _refuse_erased)
    app.register_error_handler(Unavailable, _refuse_for_now)
    for kind in ERRORS:
        app.register_error_handler(kind, _refuse_unreadable)
    app.register_error_handler(HTTPException, refuse_http)


def answer(status: int, detail: Any) -> Response:
    """An error's response."""
    response = jsonify(detail=detail)
    response.status_code = status
    return response


def refuse_http(error: HTTPException) -> Response:
    """Werkzeug's own errors: no such route, no such method, too long a body."""
    said = error.description if error.description != type(error).description else None
    response = answer(error.code or 500, said or error.name)
    for name, value in error.get_headers():
        if name != "Content-Type":
            response.headers[name] = value
    return response


def _refuse_invalid(error: Invalid) -> Response:
    return answer(422, [_shown(problem) for problem in error.problems])


def _refuse_missing(error: NotFound) -> Response:
    return answer(404, str(error))


def _refuse_conflict(error: Conflict) -> Response:
    return answer(409, str(error))


def _refuse_erased(error: Erased) -> Response:
    return answer(410, str(error))


def _refuse_for_now(error: Unavailable) -> Response:
    cause = f" ({error.__cause__})" if error.__cause__ else ""
    run = f" Run: {program.line(error.command)}" if error.command else ""
    _tell(f"{error}{cause}{run}")
    response = answer(503, f"{error} {error.advice}")
    response.headers["Retry-After"] = RETRY_AFTER
    return response


def _refuse_unreadable(error: Exception) -> Response:
    return _refuse_for_now(explained(error, "The store cannot be read just now."))


def _tell(words: str) -> None:
    """To the log, once in a while: what is wrong now is wrong with every request."""
    now = time.monotonic()
    if now >= _told.get(words, now):
        _told[words] = now + _TOLD_EVERY
        current_app.logger.warning(words)


def _shown(problem: Problem) -> dict[str, Any]:
    detail: dict[str, Any] = {"loc": list(problem.place), "msg": problem.msg, "type": problem.type}
    if problem.input is not ABSENT:
        detail["input"] = _cut(problem.input)
    if problem.ctx:
        detail["ctx"] = problem.ctx
    return detail


def _cut(value: Any) -> Any:
    """A refused value, so short that a long one does not come back whole."""
    text = ""
    for chunk in _ENCODER.iterencode(value):
        text += chunk[:_SHOWN]
        if len(text) >= _SHOWN:
            return text[:_SHOWN] + "…"
    return value
