"""A store on a server that was set up otherwise, or is named in another way, than we would."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from click.testing import CliRunner
from peewee import AutoField

from feedbackstore import (
    database,
    database_errors,
    database_server,
    feedback,
    keys,
    migrations,
    predictions,
    recording,
    reviews,
)
from feedbackstore.cli import migrate
from feedbackstore.command import told
from feedbackstore.errors import Invalid, Locked, Unavailable, Unusable
from feedbackstore.models import TABLES, Feedback, Project
from feedbackstore.postgres import Postgres
from feedbackstore.store import open_store
from tests.cluster import Cluster

ENOUGH = 30.0


@contextmanager
def written_elsewhere() -> Iterator[None]:
    """A block while another thread is in the middle of a write."""
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
        yield
    finally:
        let_go.set()
        thread.join()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hid%@localhost/shop",
        "postgresql://me:hid%den@localhost/shop",
        "postgresql://me:hid/den@localhost/shop",
        "postgresql://me:hid@den@localhost/shop",
        "postgresql://me:hid den@localhost/shop",
        "postgresql://me:hidden@[::1/shop",
        "postgresql://me:hidden@localhost/shop?bogus=1",
    ],
)
def test_a_password_that_breaks_the_url_is_not_shown(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEEDBACKSTORE_DATABASE_URL", url)

    found = CliRunner().invoke(migrate)

    assert found.exit_code == 1
    assert "The PostgreSQL URL cannot be read" in found.output
    assert "hid" not in found.output
    with pytest.raises(Unusable) as raised:
        open_store(url, 5)
    assert "hid" not in repr(raised.value.__cause__)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://me:a%40b@db.example/shop", "PostgreSQL database shop on db.example"),
        ("postgresql://me:a#b@db.example/shop", "PostgreSQL database shop on db.example"),
        ("postgres://db.example/shop?password=x", "PostgreSQL database shop on db.example"),
        ("postgresql:///shop", "PostgreSQL database shop"),
        ("postgresql:///shop?host=/run/pg", "PostgreSQL database shop"),
        ("postgresql://a:1,b:2/shop", "PostgreSQL database shop on a,b"),
        ("postgresql://", "PostgreSQL database of the user"),
    ],
)
def test_a_database_is_called_by_what_the_servers_own_library_reads(url: str, name: str) -> None:
    assert database_server.named(url) == name


def test_what_stands_in_the_url_comes_before_our_own(store: str) -> None:
    open_store(f"{store}&application_name=mine&connect_timeout=7", 5)

    assert database.proxy.execute_sql("SHOW application_name").fetchone() == ("mine",)
    assert database.proxy.connection().info.get_parameters()["connect_timeout"] == "7"


def test_a_server_that_cannot_be_reached_is_one_line() -> None:
    with pytest.raises(Unusable) as raised:
        migrations.upgrade("postgresql://me@127.0.0.1:1,127.0.0.1:2/shop")

    assert "\n" not in str(raised.value)
    assert "Connection refused" in str(raised.value)


def test_what_a_command_could_not_do_is_one_line(store: str) -> None:
    lost = psycopg.OperationalError("sending failed:\n\tthe server is gone")

    said = told(database_errors.explained(lost, "Not just now."))

    assert "cannot be reached just now. (sending failed: the server is gone)" in said


@pytest.mark.parametrize("missing", ["psycopg", "psycopg.pq"], ids=["driver", "its library"])
def test_without_its_driver_the_store_says_what_to_install(missing: str) -> None:
    code = f"""
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == "{missing}": raise ImportError("it is not here")
sys.meta_path.insert(0, Missing())
from feedbackstore.commands import main
sys.argv[1:] = ["migrate"]
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "FEEDBACKSTORE_DATABASE_URL": "postgresql://a@b/c"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "pip install 'feedbackstore[postgres]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_cannot_hold_every_text_is_refused(
    synced: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = synced.new()
    synced.create(url, options="ENCODING LATIN1 LOCALE 'C'")
    try:
        with pytest.raises(Unusable, match=r"only what LATIN1 knows.*createdb --encoding UTF8"):
            migrations.upgrade(url)
        assert database_server.look_at_tables(url) == []
    finally:
        database.close()
        synced.drop(url)


def test_a_write_sees_what_was_written_while_it_waited(synced: Cluster, store: str) -> None:
    name = store.partition("@/")[2].partition("?")[0]
    synced.run(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    open_store(store, ENOUGH)
    begun = threading.Event()
    seen: list[int] = []

    def count() -> None:
        begun.set()
        with database.write():
            seen.append(Project.select().count())
        database.close()

    with database.write():
        thread = threading.Thread(target=count)
        thread.start()
        assert begun.wait(ENOUGH)
        with psycopg.connect(store, autocommit=True) as other:
            waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            while other.execute(waiting).fetchone() == (0,):
                assert thread.is_alive()
        Project.create(name="x", created_at="")
    thread.join()

    assert seen == [1]


def test_who_does_not_wait_leaves_nothing_in_the_servers_log(store: str, synced: Cluster) -> None:
    log = synced.directory / "log"
    before = log.stat().st_size
    with written_elsewhere():
        for _ in range(5):
            with pytest.raises(Locked), database.write(wait=0):
                raise AssertionError
    with database.write(wait=0):
        Project.create(name="x", created_at="")

    assert log.read_bytes()[before:] == b""


def test_while_the_tables_are_written_anew_nobody_else_gets_the_turn_to_write(store: str) -> None:
    def rebuild() -> None:
        database.rebuild()
        database.close()

    thread = threading.Thread(target=rebuild)
    with psycopg.connect(store) as reader:
        reader.execute("SELECT FROM feedback")
        thread.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted"
        while reader.execute(waiting).fetchone() == (0,):
            assert thread.is_alive()
        with pytest.raises(Locked), database.write(wait=0):
            raise AssertionError
    thread.join(ENOUGH)

    assert not thread.is_alive()
    with database.write(wait=0):
        Project.create(name="x", created_at="")


def test_a_write_may_wait_for_longer_than_the_server_can_count(store: str) -> None:
    with database.write(wait=10**9):
        Project.create(name="x", created_at="")

    assert Project.select().count() == 1


def test_ids_go_on_beyond_those_of_four_bytes(project: int) -> None:
    for model in TABLES:
        if isinstance(model._meta.primary_key, AutoField) and model is not Project:
            table = model._meta.table_name
            database.run(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 3000000000)")
    asked = [{"role": "user", "content": "q"}]
    document = {"kind": "request", "id": "r", "input": asked, "output": {"a": 1}}
    predictions.record(project, [predictions.check(document)])
    replaced = predictions.check(document | {"output": {"a": 2}})
    predictions.record(project, [replaced], replace=True)

    stored = feedback.submit(project, request_id="r", response={"a": 3})

    assert stored.id > 2**31
    assert [row.id for row in Feedback.select()] == [stored.id]


def test_the_server_has_looked_at_what_many_predictions_are_compared_with(project: int) -> None:
    asked = [{"role": "user", "content": "q"}]
    for answer in ("a", "b"):
        documents = [
            {"kind": "request", "id": str(number), "input": asked, "output": answer}
            for number in range(1001)
        ]
        contents = [predictions.check(each) for each in documents]
        recorded = recording.record_numbered(project, enumerate(contents), replace=True)

    assert (recorded.created, recorded.replaced) == (0, 1001)
    seen = database.run("SELECT reltuples FROM pg_class WHERE relname = 'prediction'")
    assert seen.fetchone() == (1001,)


def test_a_comment_with_what_no_server_can_hold_is_refused(project: int) -> None:
    stored = feedback.submit(project, request_id="r", notes="n")
    key = keys.find(keys.create(scopes=["review"]) or "")
    assert key

    with pytest.raises(Invalid, match="NUL"):
        reviews.judge(stored, key.key, verdict="approved", comment="a\0b")


def test_what_is_stored_is_what_was_said_or_nothing_at_all(store: str) -> None:
    assert Project.select().where(Project.name == "a\0b").count() == 0
    with pytest.raises(Unavailable), database.write():
        Project.create(name="a\0b", created_at="")

    assert isinstance(database.proxy.obj, Postgres)
    assert Project.select().count() == 0
