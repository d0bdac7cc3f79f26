"""What was erased is gone from every file of the store, and nothing else is."""

import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from exports import lineage
from feedbackstore import (
    database,
    feedback,
    keys,
    leases,
    models,
    predictions,
    reviews,
    tombstones,
)
from feedbackstore.errors import Erased
from feedbackstore.models import (
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
from tests.conftest import Caller, Export, Predict, Reviewer, Say
from tests.erasure.conftest import MARK, OTHER, PIXEL, Run, found_in, image


@pytest.mark.sqlite
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


@pytest.mark.sqlite
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


@pytest.mark.sqlite
def test_what_is_deleted_or_replaced_is_overwritten_at_once(
    predict: Predict, say: Say, tmp_path: Path
) -> None:
    predict("r", output={"name": MARK * 9000})
    row = say("r", notes=MARK)
    predict("r", output={}, replace=True)
    reviews.delete(row)

    assert database.flush(0)
    assert found_in(tmp_path, MARK) == []


def test_no_hash_of_what_a_request_said_outlives_an_erasure(
    erase: Run, project: int, writer: Caller
) -> None:
    record = {"kind": "request", "id": MARK, "input": [{"role": "user", "content": "q"}]}
    named = {"Idempotency-Key": f"import {MARK}"}
    assert writer.post("/v1/predictions", json=[record], headers=named).status_code == 200
    assert Replay.select().count() == 1

    assert erase("--request-id", MARK, "--yes").exit_code == 0

    assert Replay.select().count() == 0
