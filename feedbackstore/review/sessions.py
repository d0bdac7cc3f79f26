"""Who is signed in: a signed cookie that names a key, good as long as the key is.

The cookie goes nowhere but to the review page, no script can read it, and no other site's form
brings it along unasked: every change carries a token too, which the cookie holds.
"""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from flask import Request, g, request, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from feedbackstore import keys, reviews

SCOPE: Final = "review"

_COOKIE: Final = "feedbackstore_review"
_LASTS: Final = timedelta(hours=12)
_RENEWED_AFTER: Final = timedelta(minutes=30)
_SALT: Final = "review session"
_DIGITS: Final = 18


class Reviewer(NamedTuple):
    """Whoever is signed in.

    `key` is the row id of their key, `needed` how many reviews their project asks for, `token` what
    their pages' forms hold.
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
    g.reviewer = _known(grant.key)
    g.renewed = True
    return current()


def end() -> None:
    """Sign out."""
    g.reviewer, g.ended = None, True


def current() -> Reviewer | None:
    """Whoever is signed in."""
    if "reviewer" not in g:
        g.reviewer = _read(request)
    found: Reviewer | None = g.reviewer
    return found


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
    kind: dict[str, Any] = {
        "path": url_for("review.get_queue"),
        "samesite": "Lax",
        "secure": request.is_secure,
        "httponly": True,
    }
    if g.get("ended"):
        response.delete_cookie(_COOKIE, **kind)
    elif g.get("renewed") and g.reviewer is not None:
        signed = _signer().dumps(g.reviewer.key)
        response.set_cookie(_COOKIE, str(signed), max_age=_LASTS, **kind)
    return response


def _read(request: Request) -> Reviewer | None:
    text = request.cookies.get(_COOKIE)
    if not text:
        return None
    try:
        key, made = _signer().loads(
            text, max_age=int(_LASTS.total_seconds()), return_timestamp=True
        )
    except (BadSignature, ValueError, TypeError):
        return None
    g.renewed = datetime.now(UTC) - made > _RENEWED_AFTER
    return _known(int(key))


def _known(row_id: int) -> Reviewer | None:
    record = keys.get_by_id(row_id)
    if record is None or SCOPE not in record.scopes.split(","):
        return None
    return Reviewer(
        key=record.id,
        name=record.name or record.key_id,
        project=record.project_id,
        project_name=record.project.name,
        scopes=tuple(record.scopes.split(",")),
        needed=reviews.needed_in(record.project_id),
        token=_token(record.id),
    )


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(keys.signing_secret(), salt=_SALT)
