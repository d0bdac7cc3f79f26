"""Stores that earlier versions made, brought up to date with nothing lost.

tests/schemas/ holds one for each schema that was ever at work: the texts of SQLite's dump, filled
by the version of that schema itself, with a key in the first line. Whoever adds a migration adds
the one before it.
"""

import fcntl
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from exports.cli import export_jsonl
from feedbackstore import database, migrations
from feedbackstore.app import create_app
from feedbackstore.errors import Conflict
from feedbackstore.store import open_store
from tests.conftest import Caller

pytestmark = pytest.mark.sqlite

DUMPS: Final = sorted(Path(__file__).with_name("schemas").glob("*.sql"))

Rows = dict[str, list[tuple[object, ...]]]


def rows(path: Path, columns: dict[str, list[str]] | None = None) -> Rows:
    """Every table's rows, of the columns that are named or of all."""
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        kept = columns or {name: ["*"] for (name,) in names if name != migrations.HISTORY}
        return {
            name: sorted(connection.execute(f"SELECT {', '.join(of)} FROM {name}"), key=repr)
            for name, of in kept.items()
        }


def columns_of(path: Path) -> dict[str, list[str]]:
    """Every table's columns."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
            for name in rows(path)
        }


def items_of(path: Path) -> list[tuple[object, ...]]:
    """What exports are remembered to hold, however it is kept: export, feedback, digest."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if "export_item" in tables:
            return sorted(map(tuple, connection.execute("SELECT * FROM export_item")))
        if "export_part" not in tables:
            return []
        return sorted(
            (part["export_id"], feedback, digest)
            for part in connection.execute("SELECT * FROM export_part")
            for (feedback,), (digest,) in zip(
                struct.iter_unpack("<q", part["ids"]),
                struct.iter_unpack("16s", part["digests"]),
                strict=True,
            )
        )


@pytest.fixture(params=DUMPS, ids=lambda path: path.stem)
def earlier(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> Iterator[str]:
    """The key of a store that an earlier version made, at `url`, not brought up to date yet."""
    head, dump = request.param.read_text(encoding="utf-8").split("\n", 1)
    with closing(sqlite3.connect(tmp_path / "feedback.db")) as connection:
        connection.executescript(dump)
    yield head.removeprefix("-- The key: ")
    database.close()


def test_everything_in_an_earlier_store_is_there_after_the_upgrade(
    earlier: str, url: str, tmp_path: Path
) -> None:
    path = tmp_path / "feedback.db"
    columns = columns_of(path)
    columns.pop("export_item", None)
    before, items = rows(path, columns), items_of(path)

    applied = migrations.upgrade(url)
    database.close()

    assert applied
    assert rows(path, columns) == before
    assert items_of(path) == items
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_an_earlier_store_that_somebody_has_open_is_left_as_it_is(
    earlier: str, url: str, tmp_path: Path
) -> None:
    before = rows(tmp_path / "feedback.db")
    with (tmp_path / ".feedback.db.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        with pytest.raises(Conflict, match=r"is in use\. Stop the server"):
            migrations.upgrade(url)

    assert rows(tmp_path / "feedback.db") == before
    assert migrations.upgrade(url)


def test_an_earlier_store_goes_on_with_its_key_and_exports(earlier: str, url: str) -> None:
    migrations.upgrade(url)
    open_store(url)
    caller = Caller(create_app().test_client(), earlier)

    [corrected] = caller.get("/v1/feedback/invoice-2").get_json()["items"]
    submitted = caller.submit(request_id="invoice-2", notes="After the upgrade.")
    exported = CliRunner().invoke(export_jsonl, ["--resolve", "all"])

    assert corrected["response"]["big"] == 10**40
    assert list(corrected["response"]) == ["total", "Größe", "big", ""]
    assert submitted.status_code == 200
    assert len(exported.stdout.splitlines()) == 4


@pytest.mark.parametrize("count", [0, 1, 159, 160, 161, 1000])
def test_large_exports_are_remembered_after_the_upgrade_as_they_were(
    url: str, tmp_path: Path, count: int
) -> None:
    path = tmp_path / "feedback.db"
    dump = DUMPS[-1].with_name("0008_arrangements.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(dump)
        connection.execute("DELETE FROM export_item")
        connection.executemany(
            "INSERT INTO feedback (id, uuid, project_id, created_at, status)"
            " VALUES (?1, 'uuid ' || ?1, 1, '2026-11-25T12:00:00.000000Z', 'pending')",
            [(number,) for number in range(100, 100 + 3 * count)],
        )
        connection.executemany(
            "INSERT INTO export_item VALUES (?, ?, randomblob(16))",
            [(n % 2 + 1, n) for n in range(100, 100 + 3 * count) if n % 3],
        )
    before = items_of(path)

    migrations.upgrade(url)
    database.close()

    assert items_of(path) == before
    assert len(before) == 2 * count
    with closing(sqlite3.connect(path)) as connection:
        parts = connection.execute("SELECT count(*) FROM export_part").fetchone()
    assert parts == (2 * -(-count // 160),)
