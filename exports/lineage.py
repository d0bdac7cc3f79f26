"""Which feedback went into which dataset: remembered by the store, asked of it later.

An export is known by the hash of its manifest. Of each piece of feedback that went in, the store
keeps a digest of the rows that it became: the next export can leave out what has not changed.
"""

import hashlib
from array import array
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final, TypeAlias

from peewee import IntegrityError, chunked

from feedbackstore import database, ids, program, statements
from feedbackstore.errors import NotFound
from feedbackstore.models import ID_FIELDS, Export, ExportItem, Feedback

DIGEST_BYTES: Final = 16

Item: TypeAlias = tuple[int, int, bytearray]


class Lineage:
    """What went into one export, in 24 bytes a piece of feedback."""

    def __init__(self) -> None:
        self._ids = array("q")
        self._digests = bytearray()

    def add(self, feedback_id: int, digest: bytes) -> None:
        """A piece of feedback became rows of this digest."""
        self._ids.append(feedback_id)
        self._digests += digest

    def remember(self, project: int, manifest: bytes, described: dict[str, Any], out: str) -> str:
        """Keep it in the store; the hash by which the export is known from now on.

        Feedback that was erased or deleted since it was read is left out of the record.
        """
        made = Export(
            project=project,
            sha256=hashlib.sha256(manifest).hexdigest(),
            name=out,
            format=described["format"],
            rows=described["written"],
        )
        try:
            self._keep(made, self._items)
        except IntegrityError:
            self._keep(made, self._items_still_there)
        return str(made.sha256)

    def _keep(self, made: Export, items: Callable[[int], Iterator[Item]]) -> None:
        with database.write():
            known = Export.project == made.project_id, Export.sha256 == made.sha256
            if Export.get_or_none(*known) is None:
                row = Export.create(**made.__data__ | {"created_at": ids.now()})
                statements.insert_all(ExportItem, items(row.id))

    def _items_still_there(self, export: int) -> Iterator[Item]:
        for some in chunked(self._items(export), statements.VARIABLES):
            there: Any = Feedback.select(Feedback.id).where(Feedback.id.in_([i[1] for i in some]))
            found = {feedback_id for (feedback_id,) in there.tuples()}
            yield from (item for item in some if item[1] in found)

    def _items(self, export: int) -> Iterator[Item]:
        for end, feedback_id in zip(count(DIGEST_BYTES, DIGEST_BYTES), self._ids, strict=False):
            yield export, feedback_id, self._digests[end - DIGEST_BYTES : end]


def digest(lines: list[bytes]) -> bytes:
    """What tells whether feedback would become the same rows again."""
    return hashlib.sha256(b"".join(lines)).digest()[:DIGEST_BYTES]


def get(project: int, sha256: str) -> Export:
    """The export whose manifest has this hash, or a hash that begins so. Raises NotFound."""
    found = list(
        Export.select()
        .where(Export.project == project, Export.sha256.startswith(sha256))
        .order_by(Export.id)
        .limit(2)
    )
    if len(found) != 1 or not sha256:
        which = "no export" if not found else "more than one export"
        line = program.line("exports list")
        raise NotFound(f"There is {which} {sha256!r}. To see them all: {line}")
    return found[0]


def list_newest(project: int) -> list[Export]:
    """The exports of a project, the newest first."""
    return list(Export.select().where(Export.project == project).order_by(Export.id.desc()))


def containing(project: int, kind: str, entity_id: str) -> list[Export]:
    """The exports that hold feedback on one entity, the newest first."""
    holding = (
        ExportItem.select(ExportItem.export)
        .join(Feedback)
        .where(Feedback.project == project, ID_FIELDS[kind] == entity_id)
    )
    found = Export.select().where(Export.id.in_(holding)).order_by(Export.id.desc())
    return list(found)


def feedback_in(export: Export) -> Iterator[str]:
    """The ids of the feedback that went into an export, in the order of submission."""
    rows = (
        ExportItem.select(Feedback.uuid)
        .join(Feedback)
        .where(ExportItem.export == export.id)
        .order_by(Feedback.id)
    )
    found: Any = rows.tuples()
    for (uuid,) in found:
        yield uuid


def digests(export: Export) -> dict[int, bytes]:
    """Of each piece of feedback that went into an export, the digest of its rows."""
    rows = ExportItem.select(ExportItem.feedback, ExportItem.digest).where(
        ExportItem.export == export.id
    )
    found: Any = rows.tuples()
    return {feedback_id: bytes(piece) for feedback_id, piece in found}
