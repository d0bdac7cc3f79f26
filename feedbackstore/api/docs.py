"""The API's page at /docs: Swagger UI, served from here; no request leaves the machine.

Its files come with the package flask-swagger-ui, the `docs` extra.
"""

from importlib.util import find_spec
from pathlib import Path

from flask import (
    Blueprint,
    Response,
    redirect,
    render_template,
    send_from_directory,
    url_for,
)
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

blueprint = Blueprint(
    "docs",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/docs/static",
)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@blueprint.get("/")
def get_root() -> BaseResponse:
    """To the page, for whoever opens the address that the server prints."""
    return redirect(url_for("docs.get_docs"))


@blueprint.get("/docs/", strict_slashes=False)
def get_docs() -> Response:
    """The page, or how to get it."""
    page = render_template("docs.html", installed=_folder() is not None)
    return Response(page, headers={"Content-Security-Policy": POLICY})


@blueprint.get("/docs/swagger-ui/<path:name>")
def get_asset(name: str) -> Response:
    """A file of Swagger UI."""
    folder = _folder()
    if folder is None:
        raise NotFound
    return send_from_directory(folder, name)


def _folder() -> Path | None:
    found = find_spec("flask_swagger_ui")
    return Path(str(found.origin)).parent / "dist" if found else None
