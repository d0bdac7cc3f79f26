"""Migrating on a server, and what is found there that is no store, or another."""

import threading

import pytest

from feedbackstore import (
    database,
    database_server,
    migrations,
)
from feedbackstore.cli import migrate
from feedbackstore.errors import Conflict, Unusable
from feedbackstore.models import Project
from feedbackstore.store import open_store
from tests.postgres.conftest import ENOUGH, asked, run


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
