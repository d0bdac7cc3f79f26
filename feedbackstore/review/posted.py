"""A form as a browser sends it, before anything of it is taken apart."""

from typing import Final

from flask import current_app, request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from feedbackstore.review import sessions

MAX_FIELDS: Final = 5_000
"""Fields of a form, at most: the largest of ours has some two thousand."""

_LITTLE: Final = 64 * 1024


def check() -> None:
    """Raises RequestEntityTooLarge for too much, UnsupportedMediaType for what no form here is.

    Much is read from those alone who are or were signed in: it takes room in memory until it is
    there, which may be long.
    """
    is_long = (request.content_length or 0) > _LITTLE or "Transfer-Encoding" in request.headers
    if is_long and not sessions.is_known():
        raise RequestEntityTooLarge(
            f"A form of more than {_LITTLE} bytes is taken from those alone who are signed in."
        )
    if request.mimetype not in ("application/x-www-form-urlencoded", ""):
        raise UnsupportedMediaType("A form should come as application/x-www-form-urlencoded.")
    # A correction is as long as a body may be; Flask would stop at half a megabyte.
    request.max_form_memory_size = None
    data = request.get_data(parse_form_data=False)
    limit = current_app.config["MAX_BODY_BYTES"]
    if len(data) > limit:
        raise RequestEntityTooLarge(f"The form is longer than {limit} bytes.")
    if data.count(b"&") >= MAX_FIELDS:
        raise RequestEntityTooLarge(f"The form has more than {MAX_FIELDS} fields.")
