"""What was erased is gone from every file of the store, and stays away."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from exports import lineage
from exports.lineage import Lineage
from feedbackstore import (
    backup,
    database,
    doomed,
    erasure,
    feedback,
    imports,
    in_use,
    keys,
    leases,
    models,
    predictions,
    restore,
    reviews,
    tombstones,
    upkeep,
    verdicts,
)
from feedbackstore.erasing import erase_command, erasures_group
from feedbackstore.errors import Conflict, Erased, NotFound
from feedbackstore.models import (
    Erasure,
    Feedback,
    Image,
    Lease,
    Prediction,
    PredictionImage,
    Replay,
    Review,
    Secret,
    Tombstone,
)
from feedbackstore.safekeeping import restore_command
from feedbackstore.store import open_store
from feedbackstore.verdicts import Recorded
from tests.conftest import Caller, Export, Predict, Reviewer, Say

MARK = "Zq7xMarker"
PIXEL = "data:image/png;base64,iVBORw0KGgo="
OTHER = "data:image/png;base64,iVBORw0KGgoA"

Run = Callable[..., Result]


@pytest.fixture
def erase(store: str) -> Run:
    """Run `flask erase` with these arguments."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(erase_command, arguments)

    return run


@pytest.fixture
def erasures(store: str) -> Run:
    """Run `flask erasures` with these arguments."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(erasures_group, arguments)

    return run


def image(*urls: str) -> list[dict[str, object]]:
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return [{"role": "user", "content": [{"type": "text", "text": "Read it."}, *parts]}]


def found_in(folder: Path, text: str) -> list[str]:
    """The files of the store, or beside it, that hold a text."""
    return [path.name for path in folder.iterdir() if text.encode() in path.read_bytes()]


def leave() -> None:
    database.close()
    in_use.leave()


def test_everything_of_a_request_goes_from_every_file(
    erase: Run, predict: Predict, say: Say, reviewer: Reviewer, tmp_path: Path, project: int
) -> None:
    ada = reviewer("Ada")
    for number in range(30):
        predict(f"other{number}")
        say(f"other{number}", notes="x" * 500)
    predict(f"{MARK}1", input=image(PIXEL), output={"name": MARK * 999}, metadata={"m": MARK})
    predict(f"{MARK}1", output={"name": MARK * 99}, replace=True, input=image(PIXEL, OTHER))
    predict("other", input=image(PIXEL))
    row = say(f"{MARK}1", response={"name": MARK}, notes=MARK, tags={MARK: MARK})
    reviews.judge(row, ada, verdict="approved", response={"name": MARK * 2}, comment=MARK)
    reviews.undo(row, ada)
    leases.hold(project, ada, row.uuid)
    leases.hold(project, ada, f"request/{MARK}1")
    deleted = say(f"{MARK}1", notes=MARK)
    reviews.delete(deleted)
    assert found_in(tmp_path, MARK)

    done = erase("--request-id", f"{MARK}1", "--yes")

    assert done.exit_code == 0, done.output
    assert "erased: 1 of feedback with 1 review, 1 prediction, 1 image\n" in done.output
    assert found_in(tmp_path, MARK) == []
    assert Feedback.select().count() == 30
    assert (Review.select().count(), Lease.select().count()) == (0, 0)
    assert (Prediction.select().count(), Image.select().count()) == (31, 1)


def test_an_image_stays_while_another_prediction_uses_it(
    erase: Run, predict: Predict, project: int
) -> None:
    for name in ("a", "b", "c"):
        predict(name, input=image(PIXEL))

    assert "1 prediction, 0 images" in erase("--request-id", "a", "--yes").output
    assert "1 prediction, 0 images" in erase("--request-id", "b", "--dry-run").output
    erase("--request-id", "b", "--yes")
    assert "1 prediction, 1 image\n" in erase("--request-id", "c", "--dry-run").output
    erase("--request-id", "c", "--yes")
    assert (Image.select().count(), PredictionImage.select().count()) == (0, 0)


def test_each_kind_is_erased_in_its_project_alone(
    erase: Run, predict: Predict, say: Say, project: int
) -> None:
    keys.create("elsewhere")
    for kind in ("request", "agent_execution", "chat"):
        predict("x", kind=kind)
        feedback.submit(project, **{f"{kind}_id": "x"}, notes="n")
    there = keys.get_project("elsewhere").id
    document = {"kind": "chat", "id": "x", "input": [{"role": "user", "content": "q"}]}
    predictions.record(there, [predictions.check(document)])

    for kind in ("agent-execution", "chat"):
        done = erase(f"--{kind}-id", "x", "--yes")
        assert "erased: 1 of feedback with 0 reviews, 1 prediction," in done.output

    left = [(p.project_id, p.kind) for p in Prediction.select().order_by(Prediction.id)]
    assert left == [(project, "request"), (there, "chat")]
    assert [row.request_id for row in Feedback.select()] == ["x"]
    predictions.record(there, [predictions.check({**document, "id": "y"})])
    assert predictions.record(there, [predictions.check(document)]).unchanged == 1


def test_a_piece_of_feedback_leads_to_all_that_it_is_about(
    erase: Run, predict: Predict, say: Say
) -> None:
    predict("r")
    predict("c", kind="chat")
    row = say("r", chat_id="c", notes="n")
    say("r", notes="of somebody else, about the same")
    say("other", notes="stays")

    done = erase("--feedback-id", row.uuid, "--yes")

    assert "erased: 2 of feedback with 0 reviews, 2 predictions," in done.output
    assert [row.request_id for row in Feedback.select()] == ["other"]
    again = erase("--feedback-id", row.uuid, "--yes")
    assert (again.exit_code, "It was erased before, at " in again.output) == (0, True)


def test_a_tag_leads_to_all_that_its_feedback_is_about(
    erase: Run, predict: Predict, say: Say
) -> None:
    for number in range(3):
        predict(f"r{number}")
        say(f"r{number}", tags={"subject": "4711" if number else "47110", "a": "b"})
    say("r1", notes="untagged, about the same person")
    say(chat_id="c", tags={"subject": "4711"})

    done = erase("--tag", "subject=4711", "--yes")

    assert "erased: 4 of feedback with 0 reviews, 2 predictions," in done.output
    assert [row.request_id for row in Feedback.select()] == ["r0"]
    for name in ("r1", "r2"):
        with pytest.raises(Erased):
            say(name, notes="back")
    with pytest.raises(Erased):
        say(chat_id="c", notes="back")
    again = erase("--tag", "subject=4711", "--yes")
    assert (again.exit_code, again.output) == (0, "No feedback has this tag.\n")


def test_nothing_is_erased_unless_somebody_confirms(
    erase: Run, predict: Predict, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict("r")

    refused = erase("--request-id", "r")
    assert refused.exit_code == 1
    assert "nobody is here to confirm it. To erase it, say --yes" in refused.output
    assert erase("--request-id", "r", "--dry-run").exit_code == 0
    monkeypatch.setattr("feedbackstore.erasing._is_terminal", lambda: True)
    answered = CliRunner().invoke(erase_command, ["--request-id", "r"], input="n\n")
    assert answered.exit_code == 1
    assert (Prediction.select().count(), Tombstone.select().count()) == (1, 0)
    answered = CliRunner().invoke(erase_command, ["--request-id", "r"], input="y\n")
    assert answered.exit_code == 0
    assert Prediction.select().count() == 0


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ([], 2),
        (["--request-id", "a", "--chat-id", "b"], 2),
        (["--request-id", "a", "--tag", "b=c"], 2),
        (["--tag", "b"], 2),
        (["--request-id", ""], 1),
        (["--request-id", "x" * 257], 1),
        (["--chat-id", "a\x00b"], 1),
        (["--feedback-id", "none"], 1),
        (["--request-id", "r", "--project", "none"], 1),
    ],
)
def test_what_names_nothing_is_refused_in_a_sentence(
    erase: Run, project: int, arguments: list[str], status: int
) -> None:
    done = erase(*arguments, "--yes")

    assert done.exit_code == status, done.output
    assert "Error: " in done.output
    assert "Traceback" not in done.output
    assert Erasure.select().count() == 0


def test_earlier_exports_are_named_before_and_afterwards(
    erase: Run, erasures: Run, export: Export, predict: Predict, say: Say, tmp_path: Path
) -> None:
    predict("r")
    say("r", response={"total": 2})
    predict("s")
    say("s", response={"total": 2})
    assert export(str(tmp_path / "train.jsonl"), "--quiet").exit_code == 0

    said = [erase("--request-id", "r", *more).output for more in (["--dry-run"], ["--yes"])]

    for each in said:
        assert "exports that were made of it, and hold it still:" in each
        assert "train.jsonl" in each
    assert len(lineage.digests(models.Export.get())) == 1
    listed = erasures("list", "--json").output
    assert "train.jsonl" in listed
    assert "r" not in {*listed.split('"')}
    more = export(
        str(tmp_path / "more.jsonl"),
        "--since-manifest",
        str(tmp_path / "train.jsonl.manifest.json"),
        "--quiet",
    )
    assert more.exit_code == 0
    assert (tmp_path / "more.jsonl").read_text() == ""


def test_no_digest_of_what_was_erased_stays_in_any_file(
    erase: Run, export: Export, predict: Predict, say: Say, tmp_path: Path
) -> None:
    for number in range(400):
        predict(f"r{number}")
        say(f"r{number}", response={"total": number + 2})
    out = tmp_path / "elsewhere" / "train.jsonl"
    out.parent.mkdir()
    assert export(str(out), "--quiet").exit_code == 0
    before = lineage.digests(models.Export.get())
    gone = Feedback.get(Feedback.request_id == "r200").id

    assert erase("--request-id", "r200", "--yes").exit_code == 0

    kept = {piece: digest for piece, digest in before.items() if piece != gone}
    assert lineage.digests(models.Export.get()) == kept
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    assert not any(before[gone] in path.read_bytes() for path in files)


def test_an_export_that_runs_meanwhile_is_remembered_without_it(
    erase: Run,
    export: Export,
    predict: Predict,
    say: Say,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("r", "s"):
        predict(name)
        say(name, response={"total": 2})
    remember = Lineage.remember

    def erase_before(self: Lineage, *arguments: object) -> str:
        erase("--request-id", "r", "--yes")
        return remember(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Lineage, "remember", erase_before)
    done = export(str(tmp_path / "train.jsonl"), "--quiet")

    assert done.exit_code == 0, done.output
    assert len(lineage.digests(models.Export.get())) == 1


def test_what_was_erased_is_not_taken_again_until_that_is_lifted(
    erase: Run, erasures: Run, predict: Predict, say: Say
) -> None:
    predict("r")
    erase("--request-id", "r", "--yes")

    for again in (lambda: predict("r"), lambda: say("r", notes="n"), lambda: predict("r", x=1)):
        with pytest.raises(Erased, match="request 'r' was erased on request"):
            again()
    say(chat_id="r", notes="another kind")
    assert erasures("forget", "--request-id", "r").exit_code == 0
    predict("r")
    say("r", notes="n")
    assert erasures("forget", "--request-id", "r").exit_code == 1


def test_an_import_leaves_out_what_was_erased_and_counts_it(erase: Run, project: int) -> None:
    line = b'{"kind": "request", "id": "%b", "input": [{"role": "user", "content": "q"}]}\n'
    lines = [line % name for name in (b"a", b"b", b"c")]
    erase("--request-id", "b", "--yes")

    recorded = imports.record_lines(project, lines)

    assert (recorded.created, recorded.erased) == (2, 1)
    assert [row.entity_id for row in Prediction.select()] == ["a", "c"]


def test_a_prediction_that_is_checked_while_it_is_erased_is_not_stored(
    predict: Predict, project: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "_PATIENCE", 0)
    judge = verdicts.judge

    def erase() -> None:
        erasure.erase(erasure.plan(keys.get_project("default"), name=("request", "r")))
        database.close()

    def erase_after(*arguments: int, **named: bool) -> Recorded:
        judged = judge(*arguments, **named)
        meanwhile = threading.Thread(target=erase)
        meanwhile.start()
        meanwhile.join()
        return judged

    monkeypatch.setattr(verdicts, "judge", erase_after)
    with pytest.raises(Erased):
        predict("r")
    assert Prediction.select().count() == 0


def test_the_store_keeps_no_word_of_what_it_erased(
    erase: Run, predict: Predict, tmp_path: Path
) -> None:
    predict(MARK)
    erase("--request-id", MARK, "--yes")

    assert found_in(tmp_path, MARK) == []
    (stone,) = Tombstone.select()
    secret = Secret.get(Secret.name.startswith(tombstones.SECRETS)).value.encode()
    assert bytes(stone.digest) == tombstones.Keyed(secret, "default").digest(("request", MARK))
    plain = {sha256(text.encode()).digest() for text in (MARK, f"default\0request\0{MARK}")}
    assert bytes(stone.digest) not in plain


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


def test_pages_that_were_freed_without_zeros_go_with_a_rebuild(
    erase: Run, predict: Predict, tmp_path: Path
) -> None:
    predict("r", output={"name": MARK * 9000})
    with closing(sqlite3.connect(tmp_path / "feedback.db", isolation_level=None)) as old:
        old.execute("PRAGMA secure_delete = off")
        old.execute("UPDATE prediction SET output = '{}'")
    erase("--request-id", "r", "--yes")
    assert found_in(tmp_path, MARK)

    assert erase("--request-id", "r", "--yes", "--vacuum").exit_code == 0

    assert found_in(tmp_path, MARK) == []


def test_what_is_deleted_or_replaced_is_overwritten_at_once(
    predict: Predict, say: Say, tmp_path: Path
) -> None:
    predict("r", output={"name": MARK * 9000})
    row = say("r", notes=MARK)
    predict("r", output={}, replace=True)
    reviews.delete(row)

    assert upkeep.flush(0)
    assert found_in(tmp_path, MARK) == []


KILLED = """
import os, signal, sys
from feedbackstore import database, erasure, keys, removal, upkeep
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
database.write, upkeep.flush = dying(database.write), dying(upkeep.flush)
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


def test_images_that_no_prediction_has_go_when_erasures_are_resumed(
    erasures: Run, predict: Predict
) -> None:
    predict("r", input=image(PIXEL))
    PredictionImage.delete().execute()

    assert "1 image\n" in erasures("resume").output
    assert Image.select().count() == 0


def test_feedback_that_never_was_is_not_erased(project: int) -> None:
    with pytest.raises(NotFound):
        erasure.plan(keys.get_project("default"), name=(tombstones.FEEDBACK, "none"))


def test_a_state_is_another_after_an_erasure_whatever_the_clock_says(
    erase: Run, predict: Predict
) -> None:
    erase("--request-id", "first", "--yes")
    before = tombstones.state()
    with database.write():
        Erasure.insert(
            uuid="0", project="default", started_at="2000-01-01T00:00:00Z", exports="[]"
        ).execute()

    assert tombstones.state() != before


def test_who_tries_again_during_an_erasure_is_told_of_it(project: int, writer: Caller) -> None:
    said = {"request_id": MARK, "notes": "x"}
    named = {"Idempotency-Key": "k"}
    assert writer.submit(**said).status_code == 200
    assert writer.post("/v1/feedback/submit", json=said, headers=named).status_code == 200
    with database.write():
        Erasure.insert(
            uuid="u", project="default", started_at="2026-01-01T00:00:00Z", exports="[]"
        ).execute()
        tombstones.bury("u", "default", [("request", MARK)])

    again = [
        writer.submit(**said),
        writer.post("/v1/feedback/submit", json=said, headers=named),
    ]

    assert [answer.status_code for answer in again] == [410, 410]


def test_no_hash_of_what_a_request_said_outlives_an_erasure(
    erase: Run, project: int, writer: Caller
) -> None:
    record = {"kind": "request", "id": MARK, "input": [{"role": "user", "content": "q"}]}
    named = {"Idempotency-Key": f"import {MARK}"}
    assert writer.post("/v1/predictions", json=[record], headers=named).status_code == 200
    assert Replay.select().count() == 1

    assert erase("--request-id", MARK, "--yes").exit_code == 0

    assert Replay.select().count() == 0


def test_copies_of_the_store_that_hold_it_are_named(
    erase: Run, predict: Predict, tmp_path: Path
) -> None:
    predict(MARK)
    copy = tmp_path / "feedback.db.before-0.1.0-20260101T000000.000000Z"
    copy.write_bytes(b"")

    assert f"{copy} is such a copy." in erase("--request-id", MARK, "--yes").output


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
