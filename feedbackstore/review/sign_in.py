"""Signing in and out."""

from typing import Any, Final

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from feedbackstore import limiting
from feedbackstore.review import pages, sessions

_AGAIN: Final = "again:"
"""Before the name of each field that was sent when nobody was signed in any more."""


def add_to(blueprint: Blueprint) -> None:
    """Add the views."""
    blueprint.add_url_rule("/sign-in", view_func=get_sign_in)
    blueprint.add_url_rule("/sign-in", view_func=post_sign_in, methods=["POST"])
    blueprint.add_url_rule("/sign-out", view_func=post_sign_out, methods=["POST"])


def get_sign_in() -> Response:
    """The form, or where one is already in, on to the page."""
    go_on = pages.inside(request.args.get("next", ""))
    if sessions.current() is not None:
        return redirect(go_on, 303)
    return pages.render("sign_in.html", next=go_on)


def post_sign_in() -> Response:
    """Sign in with a key that may review."""
    go_on = pages.inside(request.form.get("next", ""))
    again_to = request.form.get("again_to", "")
    again = [
        (name.removeprefix(_AGAIN), text)
        for name, text in request.form.items()
        if name.startswith(_AGAIN)
    ]
    key = request.form.get("key", "")
    if sessions.start(key) is None:
        kept = {"again": again, "again_to": again_to}
        return _refuse(key, next=go_on, **kept)
    if again_to:
        return pages.render("again.html", to=pages.inside(again_to), again=again)
    return redirect(go_on, 303)


def _refuse(key: str, **kept: Any) -> Response:
    wait, too_many = limiting.count_failure(key.strip())
    status = 429 if wait else 403
    page = pages.render("sign_in.html", status, refused=True, too_many=too_many, **kept)
    if wait:
        page.headers["Retry-After"] = str(wait)
    return page


def post_sign_out() -> Response:
    """Sign out."""
    sessions.end()
    return redirect(url_for("review.get_sign_in"), 303)
