"""The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07), read and answered."""

import re
from typing import Any, Final

from flask import g, request
from werkzeug.exceptions import BadRequest

from feedbackstore import replays
from feedbackstore.asgi_request import Environ

HEADER: Final = "Idempotency-Key"
MAX_LENGTH: Final = 255

PARAMETER: Final[dict[str, Any]] = {
    "in": "header",
    "name": HEADER,
    "description": (
        "A name for this request, new for each: sent again within 24 hours, it is not done again"
        " but answered as the first time, with Idempotent-Replayed: true. With another body or"
        " query, the same name is refused: 422."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_LENGTH},
}

_REPLAYED: Final = {"Idempotent-Replayed": "true"}
_BARE: Final = re.compile(rf"[!#-~][ -~]{{0,{MAX_LENGTH - 1}}}")
# A string as structured fields write it: RFC 9651, section 3.3.3.
_QUOTED: Final = re.compile(rf'"((?:[ !#-\[\]-~]|\\["\\]){{1,{MAX_LENGTH}}})"')
_ESCAPED: Final = re.compile(r'\\(["\\])')


def attempt() -> replays.Attempt | None:
    """The request as its Idempotency-Key names it, None where it has none; its body has been read.

    Raises BadRequest for a key that is none.
    """
    if not is_named(request.environ):
        return None
    given = request.headers[HEADER]
    content = request.query_string + b"\n" + g.get("body", b"")
    return replays.attempt(g.key, request.path, _name(given.strip(" \t")), content)


def is_named(environ: Environ) -> bool:
    """Whether a request has the header: looking into its environment costs next to nothing."""
    return "HTTP_IDEMPOTENCY_KEY" in environ


def headers(*, replayed: bool) -> dict[str, str]:
    """What an answer says of itself where it was given before."""
    return _REPLAYED if replayed else {}


def _name(given: str) -> str:
    if quoted := _QUOTED.fullmatch(given):
        return _ESCAPED.sub(r"\1", quoted[1])
    if _BARE.fullmatch(given):
        return given
    raise BadRequest(
        f"The header {HEADER} should be 1 to {MAX_LENGTH} printable ASCII characters, quoted or"
        " not: a new UUID, say."
    )
