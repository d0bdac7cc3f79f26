"""An erasure that was interrupted, or held back, is open until it is finished."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from feedbackstore import (
    doomed,
    erasure,
    keys,
)
from feedbackstore.errors import Conflict, Erased
from feedbackstore.models import (
    Feedback,
    Image,
    Prediction,
    PredictionImage,
)
from tests.conftest import Predict, Say
from tests.erasure.conftest import MARK, PIXEL, Run, found_in, image


@pytest.mark.sqlite
def test_a_reader_of_an_older_state_keeps_an_erasure_open_and_is_told(
    erase: Run,
    erasures: Run,
    predict: Predict,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(erasure, "_PATIENCE", 0)
    predict(MARK)
    with closing(sqlite3.connect(tmp_path / "feedback.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM prediction").fetchone()

        done = erase("--request-id", MARK, "--yes")

        assert done.exit_code == 1
        assert "its text may still stand in the database file and its -wal" in done.output
        assert "run: flask erasures resume" in erasures("list").output
        reader.execute("ROLLBACK")
    assert found_in(tmp_path, MARK)
    assert erasures("resume").exit_code == 0
    assert found_in(tmp_path, MARK) == []
    assert erasures("resume").output == "Every erasure is finished.\n"


KILLED = """
import os, signal, sys
from feedbackstore import database, erasure, keys, removal
from feedbackstore.store import open_store

left = int(sys.argv[1])
def dying(work):
    def run(*arguments, **named):
        global left
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return work(*arguments, **named)
    return run
removal._FEEDBACK, removal._TURN = 2, 0
database.write, database.flush = dying(database.write), dying(database.flush)
open_store()
tag = ("subject", "4711")
erasure.erase(erasure.plan(keys.get_project("default"), tag=tag))
"""


@pytest.mark.parametrize("steps", range(1, 9))
def test_a_killed_erasure_is_finished_by_the_next_and_takes_nothing_meanwhile(
    erase: Run, erasures: Run, predict: Predict, say: Say, tmp_path: Path, steps: int
) -> None:
    for number in range(5):
        predict(f"{MARK}{number}", input=image(PIXEL), output={"name": MARK * 99})
        say(f"{MARK}{number}", notes=MARK, tags={"subject": "4711"})
    predict("other")
    command = [sys.executable, "-c", KILLED, str(steps)]

    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL

    with pytest.raises(Erased):
        say(f"{MARK}1", notes="back")
    with pytest.raises(Conflict, match="is not finished"):
        erasure.forget(keys.get_project("default"), ("request", f"{MARK}1"))
    assert erase("--request-id", "else", "--yes").exit_code == 0
    assert found_in(tmp_path, MARK) == []
    assert [row.entity_id for row in Prediction.select()] == ["other"]
    assert (Feedback.select().count(), Image.select().count()) == (0, 0)
    first, _ = erasure.list_all()
    assert (first.feedback, first.predictions, first.images) == (5, 5, 1)
    assert not doomed.unfinished()


def test_images_that_no_prediction_has_go_when_erasures_are_resumed(
    erasures: Run, predict: Predict
) -> None:
    predict("r", input=image(PIXEL))
    PredictionImage.delete().execute()

    assert "1 image\n" in erasures("resume").output
    assert Image.select().count() == 0
