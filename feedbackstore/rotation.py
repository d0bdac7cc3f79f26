"""Replacing a key by another, with some time for whoever uses it to change over."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from feedbackstore import database, ids, keys, program
from feedbackstore.errors import Conflict
from feedbackstore.models import ApiKey

OVERLAP: Final = "24h"


def rotate(
    key_id: str,
    overlap: timedelta,
    expires_at: str | None = None,
    show: Callable[[str], object] = str,
) -> str:
    """Make a key for the same holder, and return its text; the old one ends after `overlap`.

    Where no end is named for the new one, it lives as long as the old one was made to. It is given
    to `show` before the old one gets its end: where that fails, the old one stays as it was. Raises
    NotFound, Conflict for a key that has ended or was replaced, Invalid for an end that has been.
    """
    made = _successor(key_id, expires_at)
    show(made)
    end = ids.moment(datetime.now(UTC) + overlap)
    with database.write():
        old = keys.get(key_id)
        old.expires_at = min(end, old.expires_at or end)
        old.save(only=[ApiKey.expires_at])
    return made


def _successor(key_id: str, expires_at: str | None) -> str:
    with database.write():
        old = keys.get(key_id)
        _refuse_ended(old)
        holder = old.holder_id or old.id
        _refuse_replaced(old, holder)
        made = keys.create(
            old.project.name,
            old.scopes.split(","),
            old.name,
            expires_at=expires_at or _as_long(old, datetime.now(UTC)),
            holder=holder,
        )
    return str(made)


def _refuse_ended(old: ApiKey) -> None:
    state = keys.state(old)
    if state != keys.GOOD:
        raise Conflict(
            f"The key {old.key_id} is {state}: there is nothing to change over from."
            f" To make a new one, run: {program.line('keys create')}"
        )


def _refuse_replaced(old: ApiKey, holder: int) -> None:
    later = (ApiKey.holder == holder) & (ApiKey.id > old.id) & ApiKey.revoked_at.is_null()
    newest = ApiKey.select().where(later).order_by(ApiKey.id.desc()).first()
    if newest is not None:
        unseen = (
            f" Where nobody has that one, run: {program.line(f'keys revoke {newest.key_id}')} and"
            " then this again."
        )
        raise Conflict(
            f"The key {old.key_id} was replaced already. To replace the one that came after it,"
            f" run: {program.line(f'keys rotate {newest.key_id}')}"
            f"{unseen if newest.last_used_at is None else ''}"
        )


def _as_long(old: ApiKey, now: datetime) -> str | None:
    if old.expires_at is None:
        return None
    made, end = (datetime.fromisoformat(text) for text in (old.created_at, old.expires_at))
    try:
        return ids.moment(now + (end - made))
    except OverflowError:
        # No moment is later than the year 9999.
        return old.expires_at
