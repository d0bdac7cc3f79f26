"""The schema: brought up to date under a lock, refused when it is another."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from playhouse.schema_diff import diff_models

from feedbackstore import database, database_file, migrations
from feedbackstore.errors import Unusable
from feedbackstore.models import TABLES
from feedbackstore.store import open_store

NAMES = sorted(path.stem for path in migrations.FOLDER.glob("[0-9]*.py"))


def columns(url: str) -> dict[str, list[tuple[str, str, bool]]]:
    """Every table's columns with their types, which `diff_models` does not compare."""
    names = [table._meta.table_name for table in TABLES]
    return {
        name: [(c.name, c.data_type, c.null) for c in database.proxy.get_columns(name)]
        for name in names
    }


@pytest.mark.sqlite
def test_models_and_migrations_agree(store: str, tmp_path: Path) -> None:
    assert str(diff_models(database.proxy.obj, TABLES)) == ""
    migrated = columns(store)

    other = f"sqlite:///{tmp_path}/from-models.db"
    database_file.create(database_file.path_of(other))
    database.connect(other)
    database.proxy.create_tables(TABLES)

    assert columns(other) == migrated


def test_migrating_makes_the_database_and_once_more_changes_nothing(url: str) -> None:
    assert migrations.upgrade(url) == NAMES
    assert migrations.upgrade(url) == []
    open_store()


def test_three_migrations_at_once_are_one_migration(url: str) -> None:
    command = [Path(sys.executable).parent / "flask", "migrate"]
    started = [
        subprocess.Popen(command, env=os.environ, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate()[1] for process in started]

    assert [process.returncode for process in started] == [0, 0, 0]
    assert sum(text.count(f"applied {NAMES[0]}") for text in said) == 1


@pytest.mark.sqlite
def test_an_older_database_is_refused_with_the_command_to_run(store: str) -> None:
    database.proxy.execute_sql("DELETE FROM schema_migration WHERE name = ?", (NAMES[-1],))

    with pytest.raises(Unusable, match=rf"{NAMES[-1]} is not applied.* run: flask migrate"):
        open_store()


@pytest.mark.sqlite
def test_a_newer_database_is_refused_and_not_changed(store: str, tmp_path: Path) -> None:
    database.proxy.execute_sql(
        "INSERT INTO schema_migration (name, applied) VALUES ('9999_future', '2030-01-01')"
    )
    database.close()
    before = (tmp_path / "feedback.db").read_bytes()

    for use in (open_store, lambda: migrations.upgrade(store)):
        with pytest.raises(Unusable, match=r"newer than this version.* 9999_future"):
            use()

    database.close()
    assert (tmp_path / "feedback.db").read_bytes() == before


@pytest.mark.sqlite
@pytest.mark.parametrize("content", [os.urandom(8192), b"SQLite format 3\0" + os.urandom(8176)])
def test_what_is_no_database_is_refused_and_not_changed(
    url: str, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "feedback.db"
    path.write_bytes(content)

    for use in (open_store, lambda: migrations.upgrade(url)):
        with pytest.raises(Unusable, match=f"The database {path} cannot be used"):
            use()

    assert path.read_bytes() == content


@pytest.mark.sqlite
def test_a_directory_is_no_database(url: str, tmp_path: Path) -> None:
    (tmp_path / "feedback.db").mkdir()

    for use in (open_store, lambda: migrations.upgrade(url)):
        with pytest.raises(Unusable, match="is not a file"):
            use()


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"The directory .*nowhere cannot be used: No such file"):
        migrations.upgrade(f"sqlite:///{tmp_path}/nowhere/feedback.db")


@pytest.mark.sqlite
def test_a_database_of_somebody_else_is_refused_and_not_changed(url: str, tmp_path: Path) -> None:
    path = tmp_path / "feedback.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE project (title TEXT)")

    with pytest.raises(Unusable, match=r"another program's: it has the table project"):
        migrations.upgrade(url)

    with closing(sqlite3.connect(path)) as other:
        tables = {name for (name,) in other.execute("SELECT name FROM sqlite_master")}
    assert tables & {"feedback", "prediction", "api_key"} == set()
