"""Writes that share a transaction, and still end each for itself."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import peewee
import pytest

from feedbackstore import database, feedback, ids
from feedbackstore.errors import Locked, Unavailable
from feedbackstore.group_commit import GroupCommit
from feedbackstore.models import Feedback

Work = Callable[[], str]


@pytest.fixture
def writes() -> GroupCommit:
    return GroupCommit()


@pytest.fixture
def insert(project: int) -> Callable[[str], Work]:
    """Makes work: to store a piece of feedback with these notes."""

    def work_of(notes: str) -> Work:
        def work() -> str:
            row = feedback.draft(project, request_id="x", notes=notes)
            Feedback.create(**row.__data__, created_at=ids.now())
            return notes

        return work

    return work_of


@pytest.fixture
def begun() -> Iterator[list[str]]:
    """Every transaction that this thread's connection begins."""
    found: list[str] = []

    def seen(statement: str) -> None:
        if statement.startswith("BEGIN"):
            found.append(statement)

    connection = database.proxy.connection()
    connection.set_trace_callback(seen)
    yield found
    if not database.proxy.is_closed():
        database.proxy.connection().set_trace_callback(None)


@contextmanager
def locked(path: Path) -> Iterator[sqlite3.Connection]:
    """Another process's write."""
    other = sqlite3.connect(path, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield other
    finally:
        other.close()


def stored() -> list[str]:
    return sorted(notes for (notes,) in Feedback.select(Feedback.notes).tuples())


async def all_of(writes: GroupCommit, works: list[Work]) -> list[Any]:
    return await asyncio.gather(*map(writes.awrite, works), return_exceptions=True)


def broken() -> str:
    raise ValueError("This one is wrong.")


@pytest.mark.sqlite
def test_what_waits_at_the_same_moment_shares_a_transaction(
    writes: GroupCommit, insert: Callable[[str], Work], begun: list[str]
) -> None:
    notes = [f"{number:02}" for number in range(50)]

    assert asyncio.run(all_of(writes, [insert(note) for note in notes])) == notes

    assert begun == ["BEGIN IMMEDIATE"]
    assert stored() == notes


def test_a_write_that_fails_fails_alone(writes: GroupCommit, insert: Callable[[str], Work]) -> None:
    def twice() -> str:
        insert("half")()
        return Feedback.create(**dict.fromkeys(["uuid", "project"]), created_at=ids.now()).uuid

    works = [insert("before"), broken, twice, insert("after")]
    first, second, third, fourth = asyncio.run(all_of(writes, works))

    assert (first, fourth) == ("before", "after")
    assert isinstance(second, ValueError)
    assert isinstance(third, peewee.IntegrityError)
    assert stored() == ["after", "before"]


@pytest.mark.sqlite
def test_the_loop_goes_on_while_another_process_writes(
    writes: GroupCommit, insert: Callable[[str], Work], tmp_path: Path
) -> None:
    async def write_beside(other: sqlite3.Connection) -> str:
        write = asyncio.ensure_future(writes.awrite(insert("patient")))
        for _ in range(20):
            await asyncio.sleep(0.001)
        assert not write.done()
        other.rollback()
        return await write

    with locked(tmp_path / "feedback.db") as other:
        assert asyncio.run(write_beside(other)) == "patient"
    assert stored() == ["patient"]


@pytest.mark.sqlite
@pytest.mark.parametrize("asynchronous", [True, False])
def test_a_write_that_waited_long_enough_is_refused_and_later_ones_go_through(
    writes: GroupCommit,
    insert: Callable[[str], Work],
    url: str,
    tmp_path: Path,
    asynchronous: bool,
) -> None:
    def write(note: str) -> str:
        if asynchronous:
            return asyncio.run(writes.awrite(insert(note)))
        return writes.write(insert(note))

    database.connect(url, timeout=0.01)
    with locked(tmp_path / "feedback.db"), pytest.raises(Locked):
        write("refused")

    assert write("taken") == "taken"
    assert stored() == ["taken"]


@pytest.mark.sqlite
def test_one_who_comes_late_waits_as_long_as_any(
    writes: GroupCommit, insert: Callable[[str], Work], url: str, tmp_path: Path
) -> None:
    async def come_late(other: sqlite3.Connection) -> list[Any]:
        early = asyncio.ensure_future(all_of(writes, [insert("early")]))
        await asyncio.sleep(0.15)
        late = asyncio.ensure_future(all_of(writes, [insert("late")]))
        (refused,) = await early
        other.rollback()
        return [refused, *await late]

    database.connect(url, timeout=1)
    with locked(tmp_path / "feedback.db") as other:
        refused, late = asyncio.run(come_late(other))

    assert isinstance(refused, Locked)
    assert late == "late"


@pytest.mark.sqlite
def test_nothing_is_acknowledged_of_a_commit_that_fails(
    writes: GroupCommit, insert: Callable[[str], Work], monkeypatch: pytest.MonkeyPatch
) -> None:
    def commit(_: Any) -> None:
        raise peewee.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(peewee.SqliteDatabase, "commit", commit)
        ends = asyncio.run(all_of(writes, [insert("a"), insert("b")]))

    assert [type(end) for end in ends] == [Unavailable] * 2
    assert stored() == []
    assert writes.write(insert("c")) == "c"
    assert stored() == ["c"]


def test_more_than_may_wait_are_refused_at_once(insert: Callable[[str], Work]) -> None:
    ends = asyncio.run(all_of(GroupCommit(limit=2), [insert("a"), insert("b"), insert("c")]))

    assert ends[:2] == ["a", "b"]
    assert isinstance(ends[2], Unavailable)
    assert stored() == ["a", "b"]


@pytest.mark.sqlite
def test_a_write_whose_caller_has_gone_is_dropped(
    writes: GroupCommit, insert: Callable[[str], Work], tmp_path: Path
) -> None:
    async def leave(other: sqlite3.Connection) -> None:
        gone = asyncio.ensure_future(writes.awrite(insert("gone")))
        await asyncio.sleep(0.001)
        gone.cancel()
        other.rollback()
        await writes.awrite(insert("here"))

    with locked(tmp_path / "feedback.db") as other:
        asyncio.run(leave(other))

    assert stored() == ["here"]


def test_threads_and_a_loop_write_side_by_side(
    writes: GroupCommit, insert: Callable[[str], Work]
) -> None:
    notes = [f"{number:03}" for number in range(200)]
    together = threading.Barrier(8)

    def write(some: list[str]) -> list[str]:
        together.wait()
        try:
            return [writes.write(insert(note)) for note in some]
        finally:
            database.close()

    def write_in_a_loop(some: list[str]) -> list[Any]:
        together.wait()
        try:
            return asyncio.run(all_of(writes, [insert(note) for note in some]))
        finally:
            database.close()

    with ThreadPoolExecutor(8) as pool:
        ends = [pool.submit(write, notes[start::8]) for start in range(6)]
        ends += [pool.submit(write_in_a_loop, notes[start::8]) for start in range(6, 8)]
        found = [note for end in ends for note in end.result()]

    assert sorted(found) == notes
    assert stored() == notes
