"""Who erases is told what goes and what still holds it, and asked before."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from exports import lineage
from feedbackstore import (
    erasure,
    keys,
    models,
    removal,
    tombstones,
)
from feedbackstore.erasing import erase_command
from feedbackstore.errors import NotFound
from feedbackstore.models import (
    Erasure,
    Prediction,
    Tombstone,
)
from tests.conftest import Export, Predict, Say
from tests.erasure.conftest import MARK, Run


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


def test_an_export_that_is_recorded_while_it_goes_is_named_too(
    erase: Run,
    export: Export,
    predict: Predict,
    say: Say,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    predict("r")
    say("r", response={"total": 2})
    export(str(tmp_path / "before.jsonl"))
    remove = removal.remove

    def export_and_remove(*arguments: Any) -> None:
        export(str(tmp_path / "meanwhile.jsonl"), "--format", "trl-messages")
        remove(*arguments)

    monkeypatch.setattr(removal, "remove", export_and_remove)

    done = erase("--request-id", "r", "--yes")

    told = [line.split()[-1] for line in done.stderr.splitlines() if line.startswith("  ")]
    assert told == ["before.jsonl", "meanwhile.jsonl"]


def test_feedback_that_never_was_is_not_erased(project: int) -> None:
    with pytest.raises(NotFound):
        erasure.plan(keys.get_project("default"), name=(tombstones.FEEDBACK, "none"))


@pytest.mark.sqlite
def test_copies_of_the_store_that_hold_it_are_named(
    erase: Run, predict: Predict, tmp_path: Path
) -> None:
    predict(MARK)
    copy = tmp_path / "feedback.db.before-0.1.0-20260101T000000.000000Z"
    copy.write_bytes(b"")

    assert f"{copy} is such a copy." in erase("--request-id", MARK, "--yes").output
