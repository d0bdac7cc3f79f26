"""What was erased from a store stays erased in the copy that takes its place.

The copy may be older than an erasure, and hold what was erased. It takes over the tombstones, and
the secrets that they were made with, and is erased anew by them before it gets its name.
"""

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from peewee import chunked

from feedbackstore import database, database_file, erasure, migrations
from feedbackstore.models import Erasure, Secret, Tombstone
from feedbackstore.removal import Counts
from feedbackstore.tombstones import SECRETS

_ROWS: Final = 50
_SECRETS: Final = "SELECT name, value FROM secret WHERE name GLOB ? || '*'"
_COLUMNS: Final = (
    Erasure.uuid,
    Erasure.project,
    Erasure.started_at,
    Erasure.feedback,
    Erasure.reviews,
    Erasure.predictions,
    Erasure.images,
    Erasure.exports,
)
_ERASURES: Final = (
    "SELECT uuid, project, started_at, feedback, reviews, predictions, images, exports FROM erasure"
)
_TOMBSTONES: Final = "SELECT digest, erasure_id FROM tombstone"

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Graves:
    """The rows of a store that say what was erased from it."""

    secrets: Rows = field(default_factory=list)
    erasures: Rows = field(default_factory=list)
    tombstones: Rows = field(default_factory=list)


def read(path: Path) -> Graves | None:
    """What was erased from the store at `path`; None where it is gone, or too damaged to tell."""
    if not path.exists():
        return None
    try:
        with closing(database_file.opened_live(path)) as store:
            if not {"secret", "erasure", "tombstone"} <= {*database_file.tables(store)}:
                return Graves()
            return Graves(
                store.execute(_SECRETS, (SECRETS,)).fetchall(),
                store.execute(_ERASURES).fetchall(),
                store.execute(_TOMBSTONES).fetchall(),
            )
    except database_file.SQLITE_ERRORS:
        return None


def erase_anew(graves: Graves, copy: Path) -> Counts:
    """Erase from a copy, which nobody else knows of, what these say; its schema is brought up."""
    with database.aside(copy):
        migrations.apply_pending()
        with database.write():
            _insert((Secret.name, Secret.value), graves.secrets, "IGNORE")
            # One that is there already was done before the copy was made, or is done now.
            _insert(_COLUMNS, graves.erasures, "IGNORE")
            _insert((Tombstone.digest, Tombstone.erasure), graves.tombstones, "REPLACE")
        held = erasure.held_of_unfinished()
        erasure.resume()
    return held


def _insert(fields: tuple[Any, ...], rows: Rows, otherwise: str) -> None:
    for some in chunked(rows, _ROWS):
        fields[0].model.insert_many(some, fields=fields).on_conflict(otherwise).execute()
