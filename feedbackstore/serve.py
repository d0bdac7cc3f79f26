"""The command that does all that a store needs to be served: flask serve."""

import re
import sys
from pathlib import Path
from typing import Any, Final

import click
from gunicorn.app.base import Application
from gunicorn.util import import_app

from feedbackstore import database_file, database_server, first_key, settings
from feedbackstore.cli import bring_up_to_date
from feedbackstore.command import StoreCommand
from feedbackstore.store import open_store

_ADDRESS: Final = re.compile(r"unix:(?P<path>.+)|.+:(?P<port>[0-9]{1,5})")
_LAST_PORT: Final = 65535


class Server(Application):  # type: ignore[misc]
    """gunicorn as `feedbackstore.serving` says, with what was named on the command line."""

    def __init__(self, **options: Any) -> None:
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Set what is set: GUNICORN_CMD_ARGS go before our own settings, the options before all."""
        self.load_config_from_file("python:feedbackstore.serving")
        given = self.cfg.parser().parse_args(self.cfg.get_cmd_args_from_env())
        for options in (vars(given), self._options):
            for name, value in options.items():
                if value is not None and name in self.cfg.settings:
                    self.cfg.set(name, value)

    def load(self) -> Any:
        """The app, in a worker."""
        return import_app("feedbackstore.app:create_app()")


def address(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Refuse what is no address to listen at."""
    if value is None:
        return None
    form = _ADDRESS.fullmatch(value)
    if not form or int(form["port"] or 0) > _LAST_PORT:
        raise click.BadParameter(f"{value} is neither HOST:PORT nor unix:/PATH.")
    return value


@click.command("serve", cls=StoreCommand)
@click.option(
    "--bind",
    callback=address,
    help="Where to listen: HOST:PORT, or unix:/PATH for a socket. [default: 127.0.0.1:8000]",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 1000),
    help="Processes that serve. [default: FEEDBACKSTORE_WORKERS]",
)
def serve_command(bind: str | None, workers: int | None) -> None:
    """Serve the store; make it first, or bring it up to date, and make its first key.

    The key is printed on a terminal; elsewhere it is written into the file first-key beside the
    database (or, with PostgreSQL, in the working directory). SIGTERM and Ctrl-C stop it in order.
    """
    values = settings.load()
    bring_up_to_date(values)
    open_store()
    is_seen = sys.stdout is not None and sys.stdout.isatty()
    if is_seen:
        first_key.show_on(sys.stdout)
    else:
        written = first_key.write_beside(_place(values["DATABASE_URL"]))
        if written:
            click.echo(f"The first API key is in {written}; remove it when it is known.", err=True)
    Server(bind=bind, workers=workers, loglevel="warning" if is_seen else None).run()


def _place(url: str) -> Path:
    """The file of the database, or what stands for a server's in the working directory."""
    return Path("postgresql") if database_server.is_meant(url) else database_file.path_of(url)
