"""The command that looks at everything an operator may get wrong: flask doctor."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click

from feedbackstore import (
    backup,
    credentials,
    database_file,
    database_server,
    exposure,
    former,
    inspection,
    machine,
    program,
    settings,
)
from feedbackstore.command import StoreCommand, print_sign
from feedbackstore.signs import BAD, LOOK, OK, Sign

_OLD: Final = 26
"""Hours after which a backup that is made each night is missing."""


def _address(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    try:
        found = urlsplit(value or "http://a")
        is_good = found.scheme in ("http", "https") and found.hostname and found.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        raise click.BadParameter(f"{value} is no address such as https://store.example.com")
    return value


@click.command("doctor", cls=StoreCommand)
@click.option("--url", callback=_address, help="How others reach the server; it is asked, too.")
@click.option(
    "--backups",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where the backups are; the newest should be of the last day.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 for what is only to be looked at, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def doctor_command(url: str | None, backups: Path | None, strict: bool, as_json: bool) -> None:
    """Look at the store, its machine and its surroundings, and say what to do about them.

    A line each: ok; look, which may be meant so; bad, which needs a hand. Nothing is changed. Exit
    status 1 where something is bad.
    """
    levels = set()
    for sign in _signs(url, backups):
        levels.add(sign.level)
        print_sign(sign, as_json)
    if BAD in levels or (strict and LOOK in levels):
        raise click.exceptions.Exit(1)


def _signs(url: str | None, backups: Path | None) -> Iterator[Sign]:
    values = settings.load()
    address = values["DATABASE_URL"]
    path = None if database_server.is_meant(address) else database_file.path_of(address)
    yield from machine.look(path)
    is_current = False
    for sign in inspection.inspect(address):
        is_current |= (sign.name, sign.level) == ("schema", OK)
        yield sign
    if is_current:
        with _opened(address, path) as connection:
            yield from credentials.look(connection)
    if path is not None:
        yield _backups(backups, time.time())
        yield _copies(path)
    yield from exposure.look(values, url)


def _opened(address: str, path: Path | None) -> AbstractContextManager[Any]:
    if path is None:
        return database_server.connected(address)
    return closing(database_file.opened_live(path))


def _copies(path: Path) -> Sign:
    """Of former copies beside the store: they take room, and hold what was erased since."""
    found = former.newest_first(path)
    if not found:
        return Sign("copies", OK, "no former copy stands beside the store")
    said = f"{len(found)} of before an upgrade or a restore, the newest {found[0].name}"
    return Sign(
        "copies", LOOK, f"{said}. They hold what was erased since: remove what is not needed."
    )


def _backups(directory: Path | None, now: float) -> Sign:
    if directory is None:
        line = program.line("backup DIRECTORY --keep 7")
        said = f"nobody says where they are. Name it: --backups DIRECTORY (each night: {line})"
        return Sign("backups", LOOK, said)
    line, newest = program.line(f"backup {directory} --keep 7"), backup.newest(directory)
    if newest is None:
        return Sign("backups", BAD, f"there is none in {directory}. Make one each night: {line}")
    hours = int(max(now - newest.stat().st_mtime, 0) // 3600)
    if hours >= _OLD:
        said = f"{newest} is {hours:,} hours old, and the newest. Make one each night: {line}"
        return Sign("backups", BAD, said, {"hours": hours})
    return Sign("backups", OK, f"{newest}, {hours} hours old", {"hours": hours})
