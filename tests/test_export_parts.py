"""What exports are remembered to hold is what a dict would hold, in a fraction of the room."""

from array import array
from hashlib import sha256
from itertools import chain
from struct import pack
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedbackstore import database, export_parts
from feedbackstore.database import proxy
from feedbackstore.models import Export, ExportPart, Feedback, Project

MOMENT = "2026-11-25T12:00:00.000000Z"
SOME = [1, 2, 3, 150, 161, 200, 333, 599, 600]
"""Of feedback that `fill` made: in several parts, at their ends and within."""


class Span(NamedTuple):
    """Every so many of the ids from one to another."""

    first: int
    width: int
    step: int

    def ids(self) -> range:
        return range(self.first, min(self.first + self.width, 500), self.step)


spans = st.builds(Span, st.integers(1, 499), st.integers(1, 499), st.integers(1, 9))
selections = st.lists(spans, max_size=3).map(
    lambda some: sorted({*chain.from_iterable(span.ids() for span in some)})
)


def fill(ids: list[int], projects: int = 1) -> None:
    """Feedback with these ids and nothing else, in so many projects by turns."""
    with database.write():
        for table in (ExportPart, Export, Feedback, Project):
            table.delete().execute()
        for number in range(1, projects + 1):
            Project.create(id=number, name=f"p{number}", created_at=MOMENT)
        proxy.run_many(
            "INSERT INTO feedback (id, uuid, project_id, created_at, status)"
            " VALUES (?, 'uuid ' || ?, ?, '', 'pending')",
            [(each, each, each % projects + 1) for each in ids],
        )


def digest(export: int, piece: int) -> bytes:
    return sha256(b"%d %d" % (export, piece)).digest()[:16]


def record(project: int, number: int, ids: list[int]) -> Export:
    """An export of these ids, each with a digest of its own."""
    with database.write():
        export = Export.create(
            project=project, sha256=str(number), name="x", format="f", rows=1, created_at=MOMENT
        )
        digests = bytearray().join(digest(number, piece) for piece in ids)
        export_parts.record(export, array("q", ids), digests)
    return export


def delete(ids: list[int]) -> None:
    with database.write():
        export_parts.remove(ids)
        proxy.run_many("DELETE FROM feedback WHERE id = ?", [(i,) for i in ids])


def held(export: Export) -> dict[int, bytes]:
    return {
        piece: found
        for ids, digests in export_parts.read(export)
        for piece, found in zip(ids, digests, strict=True)
    }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    gone=selections,
    exported=st.lists(selections, min_size=1, max_size=3),
    removed=st.lists(selections, max_size=2),
    asked=st.lists(st.integers(1, 500), max_size=9),
    projects=st.integers(1, 2),
)
def test_exports_hold_what_a_dict_would(
    store: str,
    gone: list[int],
    exported: list[list[int]],
    removed: list[list[int]],
    asked: list[int],
    projects: int,
) -> None:
    fill(sorted({*range(1, 500)} - {*gone}), projects)
    there = {feedback.id: feedback.project_id for feedback in Feedback.select()}
    expected: dict[int, dict[int, bytes]] = {}
    exports = []
    for number, ids in enumerate(exported):
        export = record(number % projects + 1, number, ids)
        exports.append(export)
        expected[export.id] = {
            piece: digest(number, piece) for piece in ids if there.get(piece) == export.project_id
        }

    for ids in removed:
        delete(ids)
        expected = {
            export: {piece: found for piece, found in pieces.items() if piece not in ids}
            for export, pieces in expected.items()
        }

    for export in exports:
        assert list(held(export).items()) == list(expected[export.id].items())
    asked = [piece for piece in asked if Feedback.get_or_none(piece)]
    holding = [each for each, pieces in expected.items() if not pieces.keys().isdisjoint(asked)]
    assert [export.id for export in export_parts.exports_with(asked)] == holding
    for part in ExportPart.select():
        assert 0 < len(part.ids) <= 8 * export_parts.PIECES
        assert part.first == int.from_bytes(part.ids[:8], "little", signed=True)


@pytest.mark.sqlite
def test_a_part_fits_a_page_of_the_database(store: str) -> None:
    # Ids as large as can be, so that all of a row is: what is counted is pages, not bytes.
    fill([2**62 + number for number in range(32_000)])
    (before,) = proxy.execute_sql("PRAGMA page_count").fetchone()

    record(1, 1, [2**62 + number for number in range(32_000)])

    (after,) = proxy.execute_sql("PRAGMA page_count").fetchone()
    assert ExportPart.select().count() == 200
    assert after - before < 200 + 10


@pytest.mark.sqlite
def test_ids_are_kept_with_their_lowest_byte_first_whatever_the_machine(store: str) -> None:
    fill(SOME)

    record(1, 1, SOME)

    assert bytes(ExportPart.get().ids) == pack(f"<{len(SOME)}q", *SOME)


@pytest.mark.sqlite
@pytest.mark.parametrize("piece", SOME)
def test_only_the_part_that_holds_feedback_is_written_anew_without_it(
    store: str, piece: int
) -> None:
    fill(list(range(1, 601)))
    for number in range(2):
        record(1, number, [each for each in range(1, 601) if number or each != piece])
    before = {part.id: bytes(part.ids) for part in ExportPart.select()}
    changes = proxy.connection().total_changes

    with database.write():
        export_parts.remove([piece])

    assert proxy.connection().total_changes - changes == 1
    after = {part.id: bytes(part.ids) for part in ExportPart.select()}
    [changed] = before.items() - after.items()
    assert after[changed[0]] == changed[1].replace(pack("<q", piece), b"")


def test_a_part_that_nothing_is_left_of_is_deleted(store: str) -> None:
    fill(list(range(1, 301)))
    export = record(1, 1, list(range(1, 301)))

    delete(list(range(100, 301)))

    assert [*held(export)] == list(range(1, 100))
    assert ExportPart.select().count() == 1
    delete(list(range(1, 100)))
    assert ExportPart.select().count() == 0
    assert Export.select().count() == 1
