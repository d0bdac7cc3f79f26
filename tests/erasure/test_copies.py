"""An older copy of the store brings nothing back that was erased since."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from feedbackstore import (
    backup,
    database,
    in_use,
    restore,
)
from feedbackstore.errors import Erased
from feedbackstore.models import (
    Erasure,
    Image,
    Prediction,
)
from feedbackstore.safekeeping import restore_command
from feedbackstore.store import open_store
from tests.conftest import Predict, Say
from tests.erasure.conftest import MARK, PIXEL, Run, found_in, image, leave

pytestmark = pytest.mark.sqlite


def test_an_older_copy_brings_nothing_back(
    erase: Run, predict: Predict, say: Say, url: str, tmp_path: Path
) -> None:
    predict(MARK, input=image(PIXEL), output={"name": MARK * 99})
    say(MARK, notes=MARK)
    predict("other")
    made = backup.make(url, tmp_path / "old.db")
    erase("--request-id", MARK, "--yes")
    leave()

    done = restore.put(url, made.path)

    assert (done.erased.feedback, done.erased.predictions, done.feedback) == (1, 1, 0)
    assert done.is_known
    made.path.unlink()
    assert found_in(tmp_path, MARK) == []
    open_store()
    assert [row.entity_id for row in Prediction.select()] == ["other"]
    assert (Image.select().count(), Erasure.get().finished_at is not None) == (0, True)
    for again in (lambda: predict(MARK), lambda: say(MARK, notes="n")):
        with pytest.raises(Erased):
            again()


def test_a_copy_of_an_older_schema_is_brought_up_to_date_to_be_erased_anew(
    erase: Run, predict: Predict, url: str, tmp_path: Path
) -> None:
    predict(MARK)
    made = backup.make(url, tmp_path / "old.db")
    with closing(sqlite3.connect(made.path)) as older:
        for statement in (
            "DROP TABLE tombstone",
            "DROP TABLE erasure",
            "DELETE FROM schema_migration WHERE name LIKE '0005%'",
        ):
            older.execute(statement)
        older.commit()
    erase("--request-id", MARK, "--yes")
    leave()

    done = restore.put(url, made.path)

    assert (done.pending, done.erased.predictions) == ([], 1)
    open_store()
    assert Prediction.select().count() == 0


def test_tombstones_of_two_stores_hold_in_one(
    erase: Run, predict: Predict, url: str, tmp_path: Path
) -> None:
    made = backup.make(url, tmp_path / "old.db")
    erase("--request-id", "of the first", "--yes")
    leave()
    first = tmp_path / "first.db"
    (tmp_path / "feedback.db").rename(first)
    restore.put(url, made.path)
    open_store()
    erase("--request-id", "of the second", "--yes")
    leave()

    restore.put(url, first)

    open_store()
    for name in ("of the first", "of the second"):
        with pytest.raises(Erased):
            predict(name)
    assert erase("--request-id", "of both", "--yes").exit_code == 0
    with pytest.raises(Erased):
        predict("of both")


def test_a_store_too_damaged_to_say_what_was_erased_is_told(
    erase: Run, url: str, tmp_path: Path, project: int
) -> None:
    made = backup.make(url, tmp_path / "old.db")
    leave()
    (tmp_path / "feedback.db").write_bytes(os.urandom(8192))

    assert not restore.put(url, made.path).is_known


def test_a_restore_where_no_store_was_says_that_it_knows_of_no_erasure(
    predict: Predict, url: str, tmp_path: Path
) -> None:
    made = backup.make(url, tmp_path / "copy.db")
    database.close()
    in_use.leave()
    for path in tmp_path.glob("feedback.db*"):
        path.unlink()

    done = CliRunner().invoke(restore_command, [str(made.path)])

    assert done.exit_code == 0, done.output
    assert "No former store is here" in done.output
