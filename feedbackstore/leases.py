"""Who has which item before them: `take` hands each reviewer another, so that several work at once.

An item is feedback, by its uuid, or a prediction without any (`item_of`). A lease runs out by
itself, and hinders nobody who opens an item by its address.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from feedbackstore import database, ids
from feedbackstore.models import ApiKey, Feedback, Lease, Prediction

MINUTES: Final = 5


def item_of(row: Feedback | Prediction) -> str:
    """The name that an item is leased by."""
    return row.uuid if isinstance(row, Feedback) else f"{row.kind}/{row.entity_id}"


def take(project: int, reviewer: int, items: Iterable[str], *, at_once: int = 1) -> str | None:
    """Lease the first of these items that fewer than `at_once` others have; None if there is none.

    `items` is read before the write transaction begins, and no further than needed.
    """
    for item in items:
        if _count(project, reviewer).get(item, 0) >= at_once:
            continue
        with database.write():
            # Once more, for somebody may have taken it in between.
            if _count(project, reviewer).get(item, 0) < at_once:
                _write(project, reviewer, item)
                return item
    return None


def hold(project: int, reviewer: int, item: str) -> list[str]:
    """Lease an item that was opened by its address; the names of others who have it too."""
    with database.write():
        _write(project, reviewer, item)
    return others(project, reviewer, item)


def others(project: int, reviewer: int, item: str) -> list[str]:
    """The names of those others who have an item."""
    found = (
        Lease.select(Lease, ApiKey)
        .join(ApiKey)
        .where(
            Lease.project == project,
            Lease.item == item,
            Lease.reviewer != reviewer,
            Lease.expires_at > ids.now(),
        )
    )
    return [lease.reviewer.name or lease.reviewer.key_id for lease in found]


def release(item: str, reviewer: int) -> None:
    """Give an item back; to be called inside a write transaction."""
    Lease.delete().where(Lease.item == item, Lease.reviewer == reviewer).execute()


def release_all(item: str) -> None:
    """Take an item from everybody; to be called inside a write transaction."""
    Lease.delete().where(Lease.item == item).execute()


def _count(project: int, reviewer: int) -> Counter[str]:
    """How many others have each item."""
    valid = Lease.select(Lease.item).where(
        Lease.project == project, Lease.reviewer != reviewer, Lease.expires_at > ids.now()
    )
    return Counter(lease.item for lease in valid)


def _write(project: int, reviewer: int, item: str) -> None:
    Lease.delete().where(Lease.expires_at <= ids.now()).execute()
    until = ids.moment(datetime.now(UTC) + timedelta(minutes=MINUTES))
    Lease.insert(project=project, item=item, reviewer=reviewer, expires_at=until).on_conflict(
        conflict_target=[Lease.project, Lease.item, Lease.reviewer], preserve=[Lease.expires_at]
    ).execute()
