"""Opening the store, for whoever serves it, runs a command on it or reads it in a notebook."""

from feedbackstore import database, filters, migrations, settings


def open_store(url: str | None = None, timeout: float | None = None) -> None:
    """Open the database at `url` (else the settings' own) and make sure its schema is current.

    Raises Unusable with the command to run when it is missing, older, newer or no database.
    """
    if url is None or timeout is None:
        values = settings.load()
        url = url or values["DATABASE_URL"]
        timeout = timeout or values["DATABASE_TIMEOUT"]
    migrations.refuse_foreign(url)
    database.connect(url, timeout)
    filters.register()
    migrations.check(url)
