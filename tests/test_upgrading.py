"""A store that is brought up to date is kept as it was, and named to whoever has to go back."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from feedbackstore import backup, database, in_use, migrations, upgrading
from feedbackstore.cli import migrate
from feedbackstore.errors import Unusable
from feedbackstore.safekeeping import restore_command

pytestmark = pytest.mark.sqlite

DUMP = Path(__file__).parent / "schemas" / "0004_reviews.sql"


@pytest.fixture
def older(url: str, tmp_path: Path) -> Path:
    """A store that an earlier version made."""
    path = tmp_path / "feedback.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text(encoding="utf-8").split("\n", 1)[1])
    return path


def run(*arguments: str) -> Result:
    try:
        return CliRunner().invoke(migrate, arguments)
    finally:
        database.close()
        in_use.leave()


def kept(path: Path) -> list[Path]:
    return sorted(path.parent.glob("feedback.db.before-*"))


def record_a_later_change(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO schema_migration VALUES (99, '9999_x', '2026-01-01 00:00:00')"
        )


def test_an_older_store_is_kept_as_it_was(older: Path) -> None:
    result = run()

    [copy] = kept(older)
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"the store as it was is kept: {copy}\napplied 0005_erasures")
    assert copy.stat().st_mode & 0o077 == 0
    assert backup.inspect(copy)[0] > 0
    with closing(sqlite3.connect(copy)) as opened:
        assert migrations.applied(opened)[-1] == "0004_reviews"


def test_nothing_is_kept_of_a_new_store_nor_where_nothing_changes(url: str, tmp_path: Path) -> None:
    assert run().exit_code == run().exit_code == 0

    assert kept(tmp_path / "feedback.db") == []


def test_one_may_do_without_a_copy(older: Path) -> None:
    assert run("--no-backup").exit_code == 0

    assert kept(older) == []


def test_without_room_for_a_copy_nothing_is_changed(
    older: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise Unusable("It cannot be written: the disk is full.")

    monkeypatch.setattr(backup, "make", fail)

    result = run()

    assert result.exit_code == 1
    assert "disk is full. To do without one: flask migrate --no-backup" in result.output
    with closing(sqlite3.connect(older)) as opened:
        assert migrations.applied(opened)[-1] == "0004_reviews"


def test_who_meets_a_newer_store_is_told_of_the_newest_copy_that_fits(older: Path) -> None:
    run()
    record_a_later_change(older)
    [copy] = kept(older)
    earlier = copy.with_name("feedback.db.before-20200101T000000.000000Z")
    earlier.write_bytes(copy.read_bytes())
    later = copy.with_name("feedback.db.before-9.0-29990101T000000.000000Z")
    later.write_bytes(older.read_bytes())
    copy.with_name("feedback.db.before-9.0-29990102T000000.000000Z").write_bytes(b"no database")

    result = run()

    assert result.exit_code == 1
    assert "does not know 9999_x" in result.output
    assert result.output.endswith(f"run: flask restore {copy}\n")
    restored = CliRunner().invoke(restore_command, [str(copy)])
    assert restored.exit_code == 0, restored.output
    assert run().exit_code == 0


def test_who_meets_a_newer_store_without_a_copy_is_told_of_none(url: str, tmp_path: Path) -> None:
    upgrading.upgrade(url, 5)
    database.close()
    record_a_later_change(tmp_path / "feedback.db")

    result = run()

    assert "does not know 9999_x" in result.output
    assert "flask restore" not in result.output


def test_an_upgrade_that_fails_again_and_again_leaves_no_copies(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEEDBACKSTORE_DATABASE_TIMEOUT", "1")
    with closing(sqlite3.connect(older, isolation_level=None)) as another:
        another.execute("PRAGMA journal_mode = wal")
        another.execute("BEGIN IMMEDIATE")
        results = [run(), run()]

    assert [result.exit_code for result in results] == [1, 1]
    assert "Another program writes to the database" in results[0].output
    assert kept(older) == []
    assert run().exit_code == 0
