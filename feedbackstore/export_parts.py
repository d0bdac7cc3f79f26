"""What each export is remembered to hold: ids of feedback, and digests of what became of them.

They stand in parts, rows that hold as many as fill a page of the database file: a row for each
takes half as much room again, and several times as long to write.

Ids ascend in a part, as 64 bits with a sign, the lowest byte first, and no two parts of an export
overlap: what it holds is in the part with the greatest `first` that is not above the id. Ids are no
foreign keys: whoever deletes feedback calls `remove` before.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from struct import iter_unpack, pack, unpack
from typing import Any, Final

from peewee import SQL, chunked, fn

from feedbackstore import statements
from feedbackstore.models import Export, ExportPart, Feedback
from feedbackstore.statements import VARIABLES, Statement, numbered, parameter, parameters

DIGEST_BYTES: Final = 16
ID_BYTES: Final = 8
_DIGEST: Final = f"{DIGEST_BYTES}s"

PIECES: Final = 160
"""Pieces in a part: their 3,840 bytes leave a page of 4,096 room for what SQLite writes beside."""

_AT_ONCE: Final = 100
"""Pieces that are looked for at once, each in every export of its project."""

_COUNT: Final = Statement(lambda: Feedback.select(fn.COUNT(Feedback.id)).where(*_within()))
_SCAN: Final = Statement(lambda: Feedback.select(Feedback.id).where(*_within()))
_FIND: Final = Statement(
    lambda: Feedback.select(Feedback.id).where(
        Feedback.project == parameter("project"), Feedback.id.in_(parameters(PIECES))
    )
)
_READ: Final = Statement(
    lambda: ExportPart.select(ExportPart.ids, ExportPart.digests).where(
        ExportPart.id == parameter("id")
    )
)
_REPLACE: Final = Statement(
    lambda: ExportPart.update(
        first=parameter("first"), ids=parameter("ids"), digests=parameter("digests")
    ).where(ExportPart.id == parameter("id"))
)


def _within() -> tuple[Any, ...]:
    """Of feedback: it is a project's, and between two ids."""
    return (
        Feedback.project == parameter("project"),
        Feedback.id >= parameter("first"),
        Feedback.id <= parameter("last"),
    )


def _nearest() -> Any:
    """Of feedback and an export: the part that holds it, if any does."""
    part: Any = ExportPart.alias()
    return (
        part.select(part.id)
        .where(part.export == Export.id, part.first <= Feedback.id)
        .order_by(part.first.desc())
        .limit(SQL("1"))
    )


_NEAR: Final = Statement(
    lambda: ExportPart.select(ExportPart.id, ExportPart.export).where(
        ExportPart.id.in_(
            Feedback.select(_nearest())
            .join(Export, on=Export.project == Feedback.project)
            .where(Feedback.id.in_(parameters(_AT_ONCE)))
        )
    )
)
"""The parts that hold some feedback if any do, each with its export."""


def record(export: Export, ids: Sequence[int], digests: bytearray) -> int:
    """Keep what went into a new export, but for feedback that is not in the store any more.

    Returns how much of it is not. The ids ascend, their digests stand one after another. To be
    called inside a write transaction.
    """
    missing: set[int] = set()
    statements.insert_all(ExportPart, _parts(export, ids, digests, missing))
    return len(missing)


def read(export: Export) -> Iterator[tuple[Sequence[int], list[bytes]]]:
    """The ids in each part of an export, in their order, and their digests."""
    rows: Any = ExportPart.select(ExportPart.ids, ExportPart.digests).where(
        ExportPart.export == export.id
    )
    for ids, digests in rows.order_by(ExportPart.first).tuples().iterator():
        yield _unpacked(ids), [piece for (piece,) in iter_unpack(_DIGEST, digests)]


def exports_with(feedback: Iterable[int]) -> list[Export]:
    """The exports that hold any of this feedback, the oldest first."""
    holding: set[int] = set()
    for some in map(set, chunked(feedback, _AT_ONCE)):
        for part, export in _NEAR.run(numbered(some)).fetchall():
            if export not in holding and not some.isdisjoint(_unpacked(_pieces(part)[0])):
                holding.add(export)
    found: list[Export] = []
    for exports in chunked(sorted(holding), VARIABLES):
        found.extend(Export.select().where(Export.id.in_(exports)).order_by(Export.id))
    return found


def remove(feedback: Iterable[int]) -> set[int]:
    """Take feedback out of every export's parts; the row ids of the exports that held it.

    To be called in the write transaction that deletes it, and before it is deleted.
    """
    held: set[int] = set()
    for some in map(set, chunked(feedback, _AT_ONCE)):
        for part, export in _NEAR.run(numbered(some)).fetchall():
            if _take_out(some, part):
                held.add(export)
    return held


def _parts(
    export: Export, ids: Sequence[int], digests: bytearray, missing: set[int]
) -> Iterator[tuple[Any, ...]]:
    for start in range(0, len(ids), PIECES):
        end = start + PIECES
        some, pieces = ids[start:end], digests[start * DIGEST_BYTES : end * DIGEST_BYTES]
        packed = bytearray(pack(f"<{len(some)}q", *some))
        if gone := _missing(export.project_id, some):
            packed, pieces = _without(gone, packed, pieces)
            missing |= gone
        if packed:
            yield export.id, _unpacked(packed)[0], packed, pieces


def _missing(project: int, ids: Sequence[int]) -> set[int]:
    span = {"project": project, "first": ids[0], "last": ids[-1]}
    (there,) = _COUNT.run(span).fetchone()
    if there == ids[-1] - ids[0] + 1:
        return set()
    # To read an id takes ten times as long as to count it, and to look one up thrice that.
    is_dense = there <= 3 * len(ids)
    found = _SCAN.run(span) if is_dense else _FIND.run({"project": project, **numbered(ids)})
    return {*ids}.difference(chain.from_iterable(found))


def _take_out(feedback: set[int], part: int) -> bool:
    """Whether any of it was there."""
    before, digests = _pieces(part)
    ids, kept = _without(feedback, before, digests)
    if not ids:
        ExportPart.delete().where(ExportPart.id == part).execute()
    elif len(ids) < len(before):
        _REPLACE.run({"id": part, "first": _unpacked(ids)[0], "ids": ids, "digests": kept})
    return len(ids) < len(before)


def _pieces(part: int) -> tuple[bytes, bytes]:
    """The ids and the digests in a part; none where it is gone meanwhile."""
    ids, digests = _READ.run({"id": part}).fetchone() or (b"", b"")
    return ids, digests


def _without(
    feedback: set[int], ids: bytes | bytearray, digests: bytes | bytearray
) -> tuple[bytearray, bytearray]:
    there, kept, pieces = _unpacked(ids), bytearray(ids), bytearray(digests)
    for each in sorted(feedback.intersection(there), reverse=True):
        place = bisect_left(there, each)
        del kept[place * ID_BYTES : (place + 1) * ID_BYTES]
        del pieces[place * DIGEST_BYTES : (place + 1) * DIGEST_BYTES]
    return kept, pieces


def _unpacked(ids: bytes | bytearray) -> tuple[int, ...]:
    return unpack(f"<{len(ids) // ID_BYTES}q", ids)
