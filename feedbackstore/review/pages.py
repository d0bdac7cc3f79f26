"""What all pages have in common: who may see them, how they are framed, how an error looks.

Nothing on a page runs or loads but the files that come from here: the policy forbids it, whatever
stands in the feedback.
"""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException, NotFound, TooManyRequests
from werkzeug.wrappers import Response as BaseResponse

from feedbackstore import errors, limiting, program
from feedbackstore.database_errors import ERRORS, explained
from feedbackstore.review import posted, sessions
from feedbackstore.review.sessions import Reviewer

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_NUMBER: Final = re.compile("[0-9]{1,18}")
_OPEN: Final = frozenset({"review.get_sign_in", "review.post_sign_in", "review.static"})
_REFUSED: Final[dict[type[Exception], int]] = {
    errors.Invalid: 422,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Erased: 410,
    errors.Unavailable: 503,
    **dict.fromkeys(ERRORS, 503),
}

blueprint = Blueprint(
    "review",
    __name__,
    url_prefix="/review",
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)


def reviewer() -> Reviewer:
    """Whoever is signed in; there is somebody wherever a view asks."""
    found = sessions.current()
    if found is None:
        raise errors.NotFound("Nobody is signed in.")
    return found


def render(template: str, status: int = 200, **values: Any) -> Response:
    """A page."""
    return Response(
        render_template(
            f"review/{template}", who=sessions.current(), typed=program.shown, **values
        ),
        status=status,
    )


def address(endpoint: str, args: dict[str, str], **more: str | None) -> str:
    """The address of a view of these pages, with these members of its query."""
    query: dict[str, Any] = {**args, **more}
    return url_for(f"review.{endpoint}", **query)


def number(text: str | None) -> int | None:
    """A row's number as a page says it; None for any other text."""
    return int(text) if text and _NUMBER.fullmatch(text) else None


def is_partial() -> bool:
    """Whether htmx asks for a part of a page."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def inside(address: str) -> str:
    """An address of these pages, to go on to; of any other, the queue's."""
    queue = url_for("review.get_queue")
    try:
        parts = urlsplit(address)
    except ValueError:
        return queue
    safe = not (parts.scheme or parts.netloc) and "\\" not in address and address.isprintable()
    return (
        address if safe and (parts.path == queue or parts.path.startswith(queue + "/")) else queue
    )


def complete(blueprint: Blueprint) -> None:
    """What comes before and after every view; to be called once all of them are there."""
    blueprint.before_request(_guard)
    blueprint.after_request(sessions.keep)
    blueprint.after_request(_frame)
    blueprint.add_url_rule("/<path:rest>", "get_nothing", _nothing)
    for kind, status in _REFUSED.items():
        blueprint.register_error_handler(kind, _refuse(status))
    blueprint.register_error_handler(HTTPException, _refuse_http)


def _guard() -> BaseResponse | None:
    changes = request.method not in ("GET", "HEAD")
    if changes and request.headers.get("Sec-Fetch-Site", "same-origin") not in (
        "same-origin",
        "none",
    ):
        return render("error.html", 403, title="Not from here", message="Another site sent this.")
    if changes:
        posted.check()
    if request.endpoint in _OPEN:
        return None
    who = sessions.current()
    if who is None:
        return _ask_who()
    limiting.hold_key(who.key)
    if changes and not sessions.is_token(request.form.get("token", "")):
        message = "This page was opened in another session. Go back, reload it, and try again."
        return render("error.html", 403, title="Not done", message=message)
    return None


def _ask_who() -> BaseResponse:
    """To the sign-in; what was sent meanwhile is kept there, to be sent again."""
    here = request.script_root + request.full_path.rstrip("?")
    if is_partial():
        return render("error.html", 401, title="You are signed out", message="")
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("review.get_sign_in", next=here), 303)
    queue = url_for("review.get_queue")
    if not sessions.is_any_token(request.form.get("token", "")):
        return redirect(url_for("review.get_sign_in", next=queue), 303)
    sent = [(name, text) for name, text in request.form.items() if name != "token"]
    return render("sign_in.html", 401, next=queue, again=sent, again_to=here)


def _frame(response: Response) -> Response:
    response.headers.update(HEADERS)
    if request.endpoint != "review.static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _refuse(status: int) -> Any:
    def refuse(error: Exception) -> Response:
        if isinstance(error, ERRORS):
            error = explained(error, "The store cannot be read just now.")
        message = str(error) if isinstance(error, errors.StoreError) else ""
        if isinstance(error, errors.Unavailable):
            message = f"{message} {error.advice}"
        return render("error.html", status, title=_TITLES[status], message=message)

    return refuse


_TITLES: Final = {
    404: "Not here",
    409: "Somebody was faster",
    410: "Erased",
    422: "That cannot be",
    503: "Just a moment",
}


def _refuse_http(error: HTTPException) -> Response:
    status = error.code or 500
    page = render("error.html", status, title=error.name, message=error.description or "")
    if isinstance(error, TooManyRequests):
        page.headers["Retry-After"] = str(error.retry_after)
    return page


def _nothing(rest: str) -> Response:
    raise NotFound(f"There is no page {rest[:100]}.")
