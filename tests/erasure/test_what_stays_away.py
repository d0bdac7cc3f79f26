"""What was erased is taken by no way again, nor by what runs meanwhile."""

import threading
from pathlib import Path

import pytest

from exports import lineage
from exports.lineage import Lineage
from feedbackstore import (
    database,
    erasure,
    imports,
    keys,
    models,
    tombstones,
    verdicts,
)
from feedbackstore.errors import Erased
from feedbackstore.models import (
    Erasure,
    Prediction,
)
from feedbackstore.verdicts import Recorded
from tests.conftest import Caller, Export, Predict, Say
from tests.erasure.conftest import MARK, Run


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
