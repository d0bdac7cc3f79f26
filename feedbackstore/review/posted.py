"""A form as a browser sends it, before anything of it is taken apart."""

from typing import Final

from flask import current_app, request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

MAX_FIELDS: Final = 5_000
"""Fields of a form, at most: the largest of ours has some two thousand."""


def check() -> None:
    """Raises RequestEntityTooLarge for too much, UnsupportedMediaType for what no form here is."""
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
