"""The commands on API keys: flask keys create, list, rotate and revoke."""

from collections.abc import Iterator
from datetime import timedelta
from typing import IO, Any

import click

from feedbackstore import durations, keys, program, rotation
from feedbackstore.command import StoreCommand, print_rows, stdout
from feedbackstore.store import open_store


@click.group("keys")
def keys_group() -> None:
    """Make, list, replace and revoke API keys."""


def _scopes(_: click.Context, __: click.Parameter, value: str) -> list[str]:
    scopes = [scope.strip() for scope in value.split(",") if scope.strip()]
    unknown = [scope for scope in scopes if scope not in keys.SCOPES]
    if unknown or not scopes:
        choices = ", ".join(keys.SCOPES)
        named = f"{', '.join(unknown)} is not among" if unknown else "name at least one of"
        raise click.BadParameter(f"{named} {choices}")
    return scopes


def _end(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    try:
        return None if value is None else durations.parse_end(value)
    except ValueError as error:
        raise click.BadParameter(f"{value} {error}") from None


def _length(_: click.Context, __: click.Parameter, value: str) -> timedelta:
    try:
        return durations.parse(value)
    except ValueError as error:
        raise click.BadParameter(f"{value} {error}") from None


@keys_group.command(cls=StoreCommand)
@click.option("--project", default=keys.DEFAULT_PROJECT, show_default=True, help="Whose key it is.")
@click.option(
    "--scopes",
    default=",".join(keys.DEFAULT_SCOPES),
    show_default=True,
    callback=_scopes,
    help=f"What it may do: {', '.join(keys.SCOPES)}; several with commas.",
)
@click.option("--name", default="", help="A note to know it by.")
@click.option(
    "--expires",
    callback=_end,
    help="When it ends: 90d from now, or a day's beginning or a moment in UTC. Never unless named.",
)
@click.option("--if-none", is_flag=True, help="Do nothing where there is a key already.")
def create(project: str, scopes: list[str], name: str, expires: str | None, if_none: bool) -> None:
    """Make a key and print it. It is shown this once; only its digest is kept."""
    out = stdout()
    open_store()
    key = keys.create(project, scopes, name, expires_at=expires, only_first=if_none)
    if key is not None:
        _show(out, key)


def _key_id(given: str) -> str:
    """What a key is known by, of that as the log has it, or of the whole key."""
    return keys.id_of(given) or given.removeprefix("fbk_")


def _show(out: IO[bytes], key: str) -> None:
    try:
        out.write(f"{key}\n".encode())
        out.flush()
    except BaseException:
        # Nobody has seen it, and nobody ever will.
        keys.revoke(keys.id_of(key))
        raise


@keys_group.command("list", cls=StoreCommand)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_keys(as_json: bool) -> None:
    """Print every key's id, project, scopes and state; no secret."""
    open_store()
    rows = list(_rows())
    print_rows(rows, as_json)
    if not rows:
        click.echo(f"There is no key yet. To make one: {program.line('keys create')}", err=True)


def _rows() -> Iterator[dict[str, Any]]:
    newest: dict[int, str] = {}
    for record in keys.list_all():
        holder = record.holder_id or record.id
        yield {
            "id": record.key_id,
            "project": record.project.name,
            "scopes": record.scopes,
            "created": _second(record.created_at),
            "last_used": _second(record.last_used_at),
            "expires": _second(record.expires_at),
            "revoked": _second(record.revoked_at),
            "state": keys.state(record),
            "replaces": newest.get(holder, ""),
            "name": record.name,
        }
        newest[holder] = record.key_id


def _second(moment: str | None) -> str:
    return f"{moment[:19]}Z" if moment else ""


@keys_group.command(cls=StoreCommand)
@click.argument("key_id")
@click.option(
    "--overlap",
    default=rotation.OVERLAP,
    show_default=True,
    callback=_length,
    help="How long the old key is good yet; 0 ends it at once.",
)
@click.option(
    "--expires",
    callback=_end,
    help="When the new key ends; unless named, it lives as long as the old one was made to.",
)
def rotate(key_id: str, overlap: timedelta, expires: str | None) -> None:
    """Replace a key: print a new one, and let the old one end a little later.

    KEY_ID is what `keys list` shows. The new key has the same project, scopes and name, and
    counts as the same reviewer.
    """
    out = stdout()
    open_store()
    rotation.rotate(
        _key_id(key_id),
        overlap,
        expires,
        show=lambda key: _show(out, key),
    )


@keys_group.command(cls=StoreCommand)
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Revoke a key, at once and for good.

    KEY_ID is what `keys list` shows, the part of the key after fbk_.
    """
    open_store()
    record = keys.revoke(_key_id(key_id))
    click.echo(f"{record.key_id} was revoked at {record.revoked_at}", err=True)
