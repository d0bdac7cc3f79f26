"""What a store on a server promises beside what every store does."""

import json
import multiprocessing
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from exports.cli import export_jsonl
from exports.commands import exports_group
from feedbackstore import (
    database,
    database_errors,
    database_server,
    erasure,
    feedback,
    in_use,
    keys,
    migrations,
    predictions,
    reviews,
)
from feedbackstore.cli import migrate
from feedbackstore.doctor import doctor_command
from feedbackstore.erasing import erase_command
from feedbackstore.errors import Conflict, Erased, Locked, Unavailable, Unusable
from feedbackstore.models import Feedback, Project, Review
from feedbackstore.safekeeping import (
    backup_command,
    check_command,
    move_to_command,
    restore_command,
)
from feedbackstore.store import open_store
from feedbackstore.wording import worded
from tests.cluster import Cluster

ENOUGH = 30.0


def run(command: Any, *arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


@contextmanager
def asked(url: str) -> Iterator[Any]:
    """A connection of somebody else's."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def fill(project: int) -> None:
    """Twenty predictions; each was corrected, and some once more."""
    for number in range(20):
        document = {
            "kind": "request",
            "id": f"é{number}",
            "input": [{"role": "user", "content": f"Read “{number}”.\u2028"}],
            "output": {"zeta": number, "alpha": 1.0, "é": None},
        }
        predictions.record(project, [predictions.check(document)])
        feedback.submit(project, request_id=f"é{number}", response={"zeta": number, "alpha": 2})
    for number in range(0, 20, 3):
        feedback.submit(project, request_id=f"é{number}", response={"zeta": -number})


def test_an_export_has_the_same_bytes_from_a_file_and_from_a_server(
    project: int, url: str, tmp_path: Path
) -> None:
    fill(project)
    on_server = [run(export_jsonl, "--jobs", jobs).stdout_bytes for jobs in ("1", "2")]
    file = f"sqlite:///{tmp_path}/feedback.db"
    migrations.upgrade(file)
    keys.create()
    fill(keys.get_project("default").id)
    database.close()
    in_file = CliRunner(env={"FEEDBACKSTORE_DATABASE_URL": file}).invoke(export_jsonl).stdout_bytes

    assert in_file.count(b"\n") == 20
    assert on_server == [in_file, in_file]


def test_texts_are_ordered_byte_by_byte_in_whatever_language_the_server_is(
    synced: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = synced.new()
    synced.create(url, options="LOCALE_PROVIDER icu ICU_LOCALE 'sv-SE'")
    monkeypatch.setenv("FEEDBACKSTORE_DATABASE_URL", url)
    names = ["Zz", "a", "ä", "B", "ö", "-z", "Å"]
    try:
        with asked(url) as connection:
            ((theirs,),) = connection.execute(
                "SELECT array_agg(n ORDER BY n) FROM unnest(%s::text[]) AS n", (names,)
            )
        assert theirs != sorted(names)

        migrations.upgrade(url)
        for name in names:
            Project.create(name=name, created_at="")
        assert [each.name for each in keys.list_projects()] == sorted(names)
    finally:
        database.close()
        synced.drop(url)


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


def test_migrate_makes_the_tables_and_says_so_without_the_password(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Unusable, match=r"holds no store yet. To make it, run: \S*flask migrate"):
        open_store(url, 5)
    monkeypatch.setenv(
        "FEEDBACKSTORE_DATABASE_URL", url.replace("postgresql://store@", "postgres://store:pass@")
    )

    first, second = run(migrate), run(migrate)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "applied 0009_export_parts" in first.stderr
    assert "applied" not in second.stderr
    assert "PostgreSQL database t" in second.stderr
    assert "pass" not in first.output + second.output


def test_a_database_of_somebody_else_is_left_as_it_is(url: str) -> None:
    with asked(url) as connection:
        connection.execute("CREATE TABLE customer (id int)")
    for use in (lambda: open_store(url, 5), lambda: migrations.upgrade(url)):
        with pytest.raises(Unusable, match="another program's: it has the table customer"):
            use()

    assert database_server.look_at_tables(url) == ["customer"]


def test_another_schema_is_refused_with_what_to_do(store: str) -> None:
    with asked(store) as connection:
        connection.execute("DELETE FROM schema_migration WHERE name LIKE '0009%'")
        with pytest.raises(Unusable, match=r"older than this version: 0009_export_parts"):
            open_store(store, 5)
        connection.execute("INSERT INTO schema_migration VALUES (99, '9999_future', now())")
        with pytest.raises(Unusable, match="newer than this version, which does not know 9999"):
            open_store(store, 5)


def test_an_older_store_that_somebody_has_open_is_not_changed(store: str) -> None:
    def make_older() -> None:
        with asked(store) as connection:
            connection.execute("DELETE FROM schema_migration WHERE name LIKE '0009%'")
            connection.execute("DROP TABLE export_part")
            connection.execute(
                "CREATE TABLE export_item (export_id int, feedback_id int, digest bytea)"
            )

    done, opened = threading.Event(), threading.Event()

    def stay() -> None:
        Project.select().count()
        opened.set()
        assert done.wait(ENOUGH)
        database.close()

    thread = threading.Thread(target=stay)
    thread.start()
    assert opened.wait(ENOUGH)
    make_older()
    with pytest.raises(Conflict, match=r"is in use\. Stop the server"):
        migrations.upgrade(store)
    done.set()
    thread.join()

    assert migrations.upgrade(store) == ["0009_export_parts"]


def test_a_server_that_is_not_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDBACKSTORE_DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/shop")
    for command in (migrate, export_jsonl, check_command):
        found = run(command)
        assert found.exit_code == 1
        assert "PostgreSQL database shop on 127.0.0.1 cannot be used" in found.output
        assert "Check that the server runs" in found.output
        assert "secret" not in found.output
        assert "Traceback" not in found.output


def test_what_is_for_files_says_whose_it_is(store: str, tmp_path: Path) -> None:
    for command in (backup_command, restore_command):
        found = run(command, str(tmp_path / "copy.db"))
        assert found.exit_code == 1
        assert "pg_dump" in found.output


def test_a_good_store_is_counted_and_looked_after(project: int) -> None:
    fill(project)
    found = run(check_command, "--json")
    assert found.exit_code == 0, found.output
    signs = [json.loads(line) for line in found.stdout.splitlines()]
    assert {sign["level"] for sign in signs} == {"ok"}
    (counted,) = (sign for sign in signs if sign["name"] == "project")
    assert (counted["figures"]["predictions"], counted["figures"]["feedback"]) == (20, 27)

    found = run(doctor_command)
    assert "bad" not in [line.split()[0] for line in found.stdout.splitlines()], found.output
    assert "backups" not in found.output


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("SELECT ? WHERE a IS ?", "SELECT %s WHERE a IS NOT DISTINCT FROM %s"),
        (
            "a IS NOT b AND c IS NOT NULL AND d IS NULL",
            "a IS DISTINCT FROM b AND c IS NOT NULL AND d IS NULL",
        ),
        ("x = :name AND y IS :other", "x = %(name)s AND y IS NOT DISTINCT FROM %(other)s"),
        ("FROM main.a CROSS JOIN temp.b USING (c)", "FROM a JOIN pg_temp.b USING (c)"),
    ],
)
def test_our_statements_are_said_in_its_words(ours: str, theirs: str) -> None:
    assert worded(ours) == theirs


def test_a_store_moves_from_its_file_with_all_that_it_holds(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = f"sqlite:///{tmp_path}/feedback.db"
    monkeypatch.setenv("FEEDBACKSTORE_DATABASE_URL", file)
    migrations.upgrade(file)
    key = keys.create(scopes=["submit", "read", "review"])
    assert key
    project = keys.get_project("default").id
    fill(project)
    pixel = "data:image/png;base64,iVBORw0KGgo="
    asked = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": pixel}}]}]
    seen = {"kind": "chat", "id": "seen", "input": asked, "output": "A dot."}
    predictions.record(project, [predictions.check(seen)])
    reviewed = feedback.submit(project, chat_id="seen", rating="up", flag=True)
    holder = keys.find(key)
    assert holder
    judged = reviews.judge(reviewed, holder.key, verdict="approved", comment="a b")
    # As a form could store it once.
    Review.update(comment="a\0b").execute()
    exported = run(export_jsonl, str(tmp_path / "before.jsonl"))
    assert exported.exit_code == 0
    holds = run(exports_group, "containing", "--json", "--chat-id", "seen").stdout
    erasure.erase(erasure.plan(keys.get_project("default"), name=("request", "é1")))
    database.close()
    in_use.leave()

    moved = run(move_to_command, url)

    assert moved.exit_code == 0, moved.output
    assert "has it all: 27 of feedback, 20 predictions" in moved.stderr
    assert "1 rows had the character NUL in a text: it is U+FFFD there." in moved.stderr
    before = run(export_jsonl).stdout_bytes
    monkeypatch.setenv("FEEDBACKSTORE_DATABASE_URL", url)
    database.close()
    assert run(export_jsonl).stdout_bytes == before
    assert run(exports_group, "containing", "--json", "--chat-id", "seen").stdout == holds
    unseen = "SELECT relname FROM pg_class WHERE relname = 'feedback' AND reltuples < 27"
    assert database.run(unseen).fetchone() is None
    assert keys.find(key)
    assert judged.review
    assert Review.get().comment == "a\ufffdb"
    again = feedback.get(project, reviewed.uuid)
    assert (again.status, again.flag, again.created_at) == (
        "approved",
        True,
        reviewed.created_at,
    )
    assert feedback.submit(project, request_id="new", notes="n").id > reviewed.id
    with pytest.raises(Erased):
        feedback.submit(project, request_id="é1", notes="n")


def test_a_store_does_not_move_into_another_or_while_somebody_has_it_open(
    project: int, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = f"sqlite:///{tmp_path}/feedback.db"
    monkeypatch.setenv("FEEDBACKSTORE_DATABASE_URL", file)
    migrations.upgrade(file)

    open_elsewhere = run(move_to_command, url)
    database.close()
    in_use.leave()
    filled = run(move_to_command, url)
    other = run(move_to_command, f"sqlite:///{tmp_path}/other.db")

    assert (open_elsewhere.exit_code, filled.exit_code, other.exit_code) == (1, 1, 2)
    assert "is in use. Stop the server" in open_elsewhere.output
    assert "There is a store in that database already" in filled.output
    assert "should begin with postgresql://" in other.output


def test_what_is_erased_goes_and_with_vacuum_from_the_servers_files_too(
    project: int, synced: Cluster
) -> None:
    # Too short to be compressed, or kept apart.
    mark = secrets.token_hex(100)
    feedback.submit(project, request_id="x", notes=mark)
    feedback.submit(project, request_id="y", notes="n")
    with asked(database.proxy.address()) as connection:
        sampled = f"SELECT count(*) FROM pg_stats WHERE histogram_bounds::text LIKE '%{mark}%'"
        connection.execute("ANALYZE")
        assert connection.execute(sampled).fetchone() == (1,)
    planned = erasure.plan(keys.get_project("default"), name=("request", "x"))
    done = erasure.erase(planned)
    assert (done.counts.feedback, done.flushed) == (1, True)
    with asked(database.proxy.address()) as connection:
        assert connection.execute(sampled).fetchone() == (0,)
    database.rebuild()
    with asked(database.proxy.address()) as connection:
        connection.execute("CHECKPOINT")
        ((place,),) = connection.execute("SELECT pg_relation_filepath('feedback')")
    files = (synced.directory / "data" / place).parent.iterdir()
    assert [each.name for each in files if mark.encode() in each.read_bytes()] == []
    found = run(erase_command, "--request-id", "y", "--yes")
    assert "PostgreSQL keeps it in its log, and in free room of its files" in found.stderr


def test_two_stores_in_two_schemas_of_one_database_know_nothing_of_each_other(url: str) -> None:
    with asked(url) as connection:
        for schema in ("one", "two"):
            connection.execute(f"CREATE SCHEMA {schema}")
    for schema in ("one", "two"):
        there = f"{url}&options=-csearch_path%3D{schema}"
        assert migrations.upgrade(there)[0] == "0001_first_tables"
        open_store(there, 1)
        Project.create(name=schema, created_at="")
        with database.write():
            assert [each.name for each in Project.select()] == [schema]
    database.close()
    assert database_server.look_at_tables(url) == []
