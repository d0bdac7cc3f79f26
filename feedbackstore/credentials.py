"""Whether a store can be signed in to: a secret that signs sessions, and a key that is good."""

from collections.abc import Iterator
from typing import Any, Final

from feedbackstore import ids, program
from feedbackstore.signs import BAD, LOOK, OK, Sign

_SECRETS: Final = "SELECT value FROM secret WHERE name = 'sessions'"
_GOOD: Final = """
    SELECT count(*) FROM api_key
    WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)
"""
_LEAST: Final = 64


def look(connection: Any) -> Iterator[Sign]:
    """Look at a store whose schema is current; nothing is changed, and no secret is shown."""
    secrets = [str(value) for (value,) in connection.execute(_SECRETS)]
    (good,) = connection.execute(_GOOD, (ids.now(),)).fetchone()
    if any(len(secret) < _LEAST for secret in secrets):
        said = (
            "what signs the sessions of /review is too short to be secret: stop the server, delete"
            " the row 'sessions' of the table secret, start it."
        )
        yield Sign("secret", BAD, said)
    else:
        yield Sign("secret", OK, "one, in the database" if secrets else "made at the first sign-in")
    if good:
        yield Sign("keys", OK, f"{good:,} good", {"good": good})
    else:
        yield Sign("keys", LOOK, f"none is good. To make one: {program.line('keys create')}")
