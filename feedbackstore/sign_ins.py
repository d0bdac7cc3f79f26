"""Sign-ins to the review page, kept here: one ends when it is ended, or with its key.

A browser holds 32 random bytes, the store a digest of them, made with the store's secret. Whoever
reads the database cannot sign in with what stands there.
"""

import hashlib
import hmac
import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from feedbackstore import database, ids, keys, statements
from feedbackstore.errors import Unavailable
from feedbackstore.models import ApiKey, Project, Session

LASTS: Final = timedelta(hours=12)
"""How long a sign-in is good without being used."""

_RENEWED_AFTER: Final = timedelta(minutes=30)
_BYTES: Final = 32

_FIND: Final = statements.Statement(
    lambda: (
        Session.select(
            Session.expires_at,
            ApiKey.revoked_at,
            ApiKey.expires_at,
            ApiKey.id,
            ApiKey.holder,
            ApiKey.name,
            ApiKey.key_id,
            ApiKey.scopes,
            Project.id,
            Project.name,
            Project.reviews,
        )
        .join(ApiKey)
        .join(Project)
        .where(Session.digest == statements.parameter("digest"))
    )
)


class SignIn(NamedTuple):
    """Whose key was signed in with, and for which project; `ends` is when it would end unused."""

    ends: str
    key: int
    holder: int
    name: str
    scopes: tuple[str, ...]
    project: int
    project_name: str
    reviews: int


def start(key: int) -> str:
    """Sign in with a key, by its row id: the text for the browser. Forget those that have ended."""
    text = secrets.token_urlsafe(_BYTES)
    now = datetime.now(UTC)
    with database.write():
        Session.delete().where(Session.expires_at <= ids.moment(now)).execute()
        Session.insert(digest=_digest(text), key=key, expires_at=ids.moment(now + LASTS)).execute()
    return text


def find(text: str, now: str | None = None) -> SignIn | None:
    """The sign-in of a browser's text, while it and its key are good."""
    row = _FIND.run({"digest": _digest(text)}).fetchone()
    if row is None:
        return None
    ends, revoked, expires, key, holder, name, key_id, scopes, *project = row
    if revoked or keys.is_past(ends, now) or keys.is_past(expires, now):
        return None
    return SignIn(ends, key, holder or key, name or key_id, tuple(scopes.split(",")), *project)


def is_kept(text: str) -> bool:
    """Whether a browser's text names a sign-in at all, one that has ended not long ago too."""
    return _FIND.run({"digest": _digest(text)}).fetchone() is not None


def renew(text: str, ends: str) -> bool:
    """Let a sign-in last anew, where it has been used for a while; tells whether it did.

    Who only looks is not kept from it by a store that cannot write.
    """
    now = datetime.now(UTC)
    if ends > ids.moment(now + LASTS - _RENEWED_AFTER):
        return False
    digest = _digest(text)
    with suppress(Unavailable), database.write(wait=0):
        renewed = Session.update(expires_at=ids.moment(now + LASTS))
        return bool(renewed.where(Session.digest == digest).execute())
    return False


def end(text: str) -> None:
    """Sign out."""
    digest = _digest(text)
    with database.write():
        Session.delete().where(Session.digest == digest).execute()


def _digest(text: str) -> str:
    secret = keys.signing_secret().encode()
    return hmac.new(secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
