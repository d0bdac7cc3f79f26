"""Opening the store, for whoever serves it, runs a command on it or reads it in a notebook."""

from feedbackstore import database, migrations, settings


def open_store(url: str | None = None, timeout: float | None = None) -> None:
    """Open the database at `url` (else the settings' own) and make sure its schema is current.

    Raises Unusable with the command to run when it is missing, older, newer or no database.
    """
    values = settings.load()
    url = url or values["DATABASE_URL"]
    database.connect(url, timeout or values["DATABASE_TIMEOUT"])
    migrations.check(url)
