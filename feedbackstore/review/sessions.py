"""Who is signed in: a cookie that names a sign-in, which the store keeps and can end.

The cookie goes nowhere but to the review page, no script can read it, and no other site's form
brings it along unasked: every change carries a token too, which belongs to the key.
"""

import hashlib
import hmac
from typing import Any, Final, NamedTuple

from flask import Request, g, request, url_for
from werkzeug.wrappers import Response

from feedbackstore import keys, sign_ins
from feedbackstore.last_use import last_use

SCOPE: Final = "review"

_COOKIE: Final = "feedbackstore_review"
_DIGITS: Final = 18


class Reviewer(NamedTuple):
    """Whoever is signed in.

    `key` is the row id by which their reviews are theirs (`keys.Grant.holder`), `needed` how many
    reviews their project asks for, `token` what their pages' forms hold.
    """

    key: int
    name: str
    project: int
    project_name: str
    scopes: tuple[str, ...]
    needed: int
    token: str


def start(text: str) -> Reviewer | None:
    """Sign in with the text of a key; None where it is none that may review."""
    grant = keys.find(text.strip())
    if grant is None or SCOPE not in grant.scopes:
        return None
    _end_former()
    g.cookie = sign_ins.start(grant.key)
    g.reviewer = _known(g.cookie)
    return current()


def end() -> None:
    """Sign out, here and in the browser."""
    _end_former()
    g.reviewer, g.cookie = None, ""


def _end_former() -> None:
    former = request.cookies.get(_cookie().name)
    if former:
        sign_ins.end(former)


def current() -> Reviewer | None:
    """Whoever is signed in."""
    if "reviewer" not in g:
        g.reviewer = _read(request)
    found: Reviewer | None = g.reviewer
    return found


def is_known() -> bool:
    """Whether the browser was signed in, if perhaps it is no more."""
    text = request.cookies.get(_cookie().name)
    return text is not None and sign_ins.is_kept(text)


def is_token(text: str) -> bool:
    """Whether a change comes from a page that whoever is signed in was shown."""
    reviewer = current()
    return reviewer is not None and hmac.compare_digest(reviewer.token.encode(), text.encode())


def is_any_token(text: str) -> bool:
    """Whether it comes from a page that anybody was shown, who may be signed out by now."""
    key, _, _ = text.partition(".")
    is_number = key.isascii() and key.isdigit() and len(key) < _DIGITS
    return is_number and hmac.compare_digest(_token(int(key)).encode(), text.encode())


def _token(key: int) -> str:
    # Of the key, not of the session: a page that was open for long can still be sent after signing
    # in again.
    secret = keys.signing_secret().encode()
    return f"{key}.{hmac.new(secret, f'token {key}'.encode(), hashlib.sha256).hexdigest()}"


def keep(response: Response) -> Response:
    """Bring the cookie up to date in an answer."""
    if "cookie" not in g:
        return response
    cookie = _cookie()
    kind: dict[str, Any] = {
        "path": cookie.path,
        "samesite": "Lax",
        "secure": request.is_secure,
        "httponly": True,
    }
    if g.cookie:
        response.set_cookie(cookie.name, g.cookie, max_age=sign_ins.LASTS, **kind)
    else:
        response.delete_cookie(cookie.name, **kind)
    return response


class _Cookie(NamedTuple):
    name: str
    path: str


def _cookie() -> _Cookie:
    """What the cookie is called, and where it goes.

    With TLS, a browser takes a name that begins so only as it was meant to be set (RFC 6265bis,
    section 4.1.3). `__Host-` would have it go to the whole host, where under a prefix other stores
    may be.
    """
    path = url_for("review.get_queue")
    if not request.is_secure:
        return _Cookie(_COOKIE, path)
    return (
        _Cookie(f"__Secure-{_COOKIE}", path)
        if request.script_root
        else _Cookie(f"__Host-{_COOKIE}", "/")
    )


def _read(request: Request) -> Reviewer | None:
    text = request.cookies.get(_cookie().name)
    return _known(text) if text else None


def _known(text: str) -> Reviewer | None:
    found = sign_ins.find(text)
    if found is None or SCOPE not in found.scopes:
        return None
    last_use.note(found.key)
    if sign_ins.renew(text, found.ends):
        g.cookie = text
    return Reviewer(
        key=found.holder,
        name=found.name,
        project=found.project,
        project_name=found.project_name,
        scopes=found.scopes,
        needed=found.reviews,
        token=_token(found.holder),
    )
