"""Which feedback went into which dataset: remembered by the store, asked of it later.

An export is known by the hash of its manifest. Of each piece of feedback that went in, the store
keeps a digest of the rows that it became: the next export can leave out what has not changed.
"""

import hashlib
from array import array
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from feedbackstore import database, export_parts, ids, program
from feedbackstore.errors import NotFound
from feedbackstore.export_parts import DIGEST_BYTES, PIECES
from feedbackstore.models import ID_FIELDS, Export, Feedback
from feedbackstore.statements import Statement, numbered, parameters

_UUIDS: Final = Statement(
    lambda: (
        Feedback.select(Feedback.uuid)
        .where(Feedback.id.in_(parameters(PIECES)))
        .order_by(Feedback.id)
    )
)


class Remembered(NamedTuple):
    """The hash by which an export is known from now on.

    `gone` is how much of the feedback in it was erased or deleted since it was read.
    """

    sha256: str
    gone: int


class Lineage:
    """What went into one export, in 24 bytes a piece of feedback."""

    def __init__(self) -> None:
        self._ids = array("q")
        self._digests = bytearray()

    def add(self, ids: Iterable[int], digests: bytes) -> None:
        """Feedback became rows of these digests; its ids ascend, and are above those before."""
        self._ids.extend(ids)
        self._digests += digests

    def remember(
        self, project: int, manifest: bytes, described: dict[str, Any], out: str
    ) -> Remembered:
        """Keep it in the store.

        Feedback that was erased or deleted since it was read is left out of the record.
        """
        made = Export(
            project=project,
            sha256=hashlib.sha256(manifest).hexdigest(),
            name=out,
            format=described["format"],
            rows=described["written"],
        )
        gone = 0
        with database.write():
            known = Export.project == project, Export.sha256 == made.sha256
            if Export.get_or_none(*known) is None:
                made.created_at = ids.now()
                made.save(force_insert=True)
                gone = export_parts.record(made, self._ids, self._digests)
        return Remembered(str(made.sha256), gone)


def digest(lines: bytes) -> bytes:
    """What tells whether feedback would become the same rows again."""
    return digests_of([lines])


def digests_of(each: Iterable[bytes]) -> bytes:
    """The digests of several pieces' lines, one after another."""
    return b"".join([hashlib.sha256(lines).digest()[:DIGEST_BYTES] for lines in each])


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
    feedback: Any = Feedback.select(Feedback.id).where(
        Feedback.project == project, ID_FIELDS[kind] == entity_id
    )
    return export_parts.exports_with(row for (row,) in feedback.tuples())[::-1]


def feedback_in(export: Export) -> Iterator[str]:
    """The ids of the feedback that went into an export, in the order of submission."""
    for some, _ in export_parts.read(export):
        yield from (uuid for (uuid,) in _UUIDS.run(numbered(some)))


def digests(export: Export) -> dict[int, bytes]:
    """Of each piece of feedback that went into an export, the digest of its rows."""
    found: dict[int, bytes] = {}
    for some, pieces in export_parts.read(export):
        found.update(zip(some, pieces, strict=True))
    return found
