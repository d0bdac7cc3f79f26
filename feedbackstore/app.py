"""The Flask application."""

from collections.abc import Mapping

from flask.cli import NoAppException

from feedbackstore import api, group_commit, limiting, review, settings
from feedbackstore.asgi import App
from feedbackstore.errors import Unusable
from feedbackstore.store import open_store


def create_app(environ: Mapping[str, str] | None = None) -> App:
    """The app on the store that the settings name.

    Raises NoAppException, which `flask` prints as a sentence, where the store cannot be used.
    """
    app = App(__name__, static_folder=None)
    try:
        app.config.from_mapping(settings.load(environ))
        open_store(app.config["DATABASE_URL"], app.config["DATABASE_TIMEOUT"])
        group_commit.writes.limit = app.config["WAITING_WRITES"]
    except Unusable as error:
        raise NoAppException(str(error)) from None
    limiting.init_app(app)
    api.init_app(app)
    review.init_app(app)
    return app
