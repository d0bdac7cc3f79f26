"""Connections and writes: who waits for whom, what ends, and what is seen."""

import multiprocessing
import os
import threading
from itertools import pairwise
from multiprocessing.connection import Connection

import psycopg
import pytest

from feedbackstore import (
    database,
    database_errors,
    feedback,
    keys,
)
from feedbackstore.errors import Locked, Unavailable
from feedbackstore.models import Feedback, Project
from feedbackstore.store import open_store
from tests.cluster import Cluster
from tests.postgres.conftest import ENOUGH, asked


def _submit(url: str, sender: Connection, count: int) -> None:
    open_store(url, ENOUGH)
    project = keys.get_project("default").id
    for number in range(count):
        feedback.submit(project, request_id=str(number), notes="n")
    sender.send(None)


def test_no_row_is_seen_before_one_with_a_lower_id(project: int, url: str) -> None:
    context = multiprocessing.get_context("spawn")
    processes, ends = [], []
    for _ in range(3):
        end, sender = context.Pipe(duplex=False)
        processes.append(context.Process(target=_submit, args=(url, sender, 40)))
        ends.append(end)
    for process in processes:
        process.start()
    seen: list[list[int]] = []
    while len(seen) == 0 or len(seen[-1]) < 120:
        seen.append([row.id for row in Feedback.select(Feedback.id).order_by(Feedback.id)])
        assert any(process.is_alive() for process in processes) or len(seen[-1]) == 120
    for process in processes:
        process.join(ENOUGH)
        assert process.exitcode == 0

    # What came between two looks has higher ids than all that was there.
    for before, after in pairwise(seen):
        assert after[: len(before)] == before


def test_who_waits_too_long_for_another_writer_is_told(store: str) -> None:
    open_store(store, 1)
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with database.write():
            held.set()
            assert let_go.wait(ENOUGH)
        database.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(ENOUGH)
    try:
        for wait in (0, 0.05):
            with pytest.raises(Locked), database.write(wait=wait):
                raise AssertionError
        assert Project.select().count() == 0
    finally:
        let_go.set()
        thread.join()
    with database.write():
        Project.create(name="x", created_at="")


def test_a_connection_that_was_ended_is_opened_anew_but_not_within_a_write(store: str) -> None:
    def end_it() -> None:
        (pid,) = database.proxy.execute_sql("SELECT pg_backend_pid()").fetchone()
        with asked(store) as connection:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

    end_it()
    assert Project.select().count() == 0

    def write() -> None:
        with database.write():
            Project.create(name="half", created_at="")
            end_it()
            Project.create(name="whole", created_at="")

    with pytest.raises(Unavailable, match="cannot be reached"):
        write()
    assert Project.select().count() == 0
    end_it()
    with database.write():
        Project.create(name="later", created_at="")
    assert [each.name for each in Project.select()] == ["later"]


def test_a_child_process_opens_a_connection_of_its_own(store: str) -> None:
    (own,) = database.proxy.execute_sql("SELECT pg_backend_pid()").fetchone()
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = os.fork()
    if not child:
        try:
            sender.send(database.proxy.execute_sql("SELECT pg_backend_pid()").fetchone()[0])
        finally:
            os._exit(0)
    os.waitpid(child, 0)

    assert receiver.poll(ENOUGH)
    assert receiver.recv() != own
    assert database.proxy.execute_sql("SELECT pg_backend_pid()").fetchone() == (own,)


def test_what_is_acknowledged_is_on_disk_though_the_server_is_set_up_to_be_faster(
    synced: Cluster, store: str
) -> None:
    name = store.partition("@/")[2].partition("?")[0]
    synced.run(f"ALTER DATABASE {name} SET synchronous_commit = off")
    database.close()

    assert database.proxy.execute_sql("SHOW synchronous_commit").fetchone() == ("on",)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (psycopg.errors.DiskFull, "is full"),
        (psycopg.errors.ReadOnlySqlTransaction, "read-only"),
        (psycopg.errors.DataCorrupted, "is damaged"),
        (psycopg.errors.TooManyConnections, "cannot be reached"),
        (psycopg.errors.UndefinedTable, "just now"),
    ],
)
def test_what_is_wrong_with_the_server_is_said(
    store: str, error: type[psycopg.Error], said: str
) -> None:
    code = error.sqlstate
    raising = f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END $$"
    with pytest.raises(database_errors.ERRORS) as raised:
        database.proxy.execute_sql(raising)

    assert said in str(database_errors.explained(raised.value, "Not just now."))
