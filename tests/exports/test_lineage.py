"""What the store remembers of its exports, and what can be proved of a dataset."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from exports import lineage
from exports.commands import check_dataset, exports_group, formats
from exports.formats import FORMATS
from exports.lineage import Lineage
from feedbackstore import keys, reviews
from feedbackstore.models import Feedback
from tests.conftest import Export, Predict, Say

Ask = Callable[..., Result]


@pytest.fixture
def ask(store: str) -> Ask:
    """Run `flask exports …`."""

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(exports_group, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def written(predict: Predict, say: Say, export: Export, tmp_path: Path) -> Path:
    """A dataset of two corrections."""
    for name in ("a", "b"):
        predict(name)
        say(name, response={"total": name})
    out = tmp_path / "one"
    assert export(f"{out}/").exit_code == 0
    return out


def test_an_export_is_listed_shown_and_found_by_whose_data_it_holds(
    written: Path, ask: Ask, say: Say, export: Export, tmp_path: Path
) -> None:
    third = say("c", notes="not in it")
    export(tmp_path / "two.jsonl", "--format", "feedback")

    newest, oldest = map(json.loads, ask("list", "--json").stdout.splitlines())
    assert [newest["name"], oldest["name"]] == ["two.jsonl", "one"]
    assert (oldest["format"], oldest["rows"]) == ("openai-sft", 2)
    shown = ask("show", newest["export"][:10])
    assert len(shown.stdout.splitlines()) == 3
    assert third.uuid in shown.stdout
    holding = ask("containing", "--request-id", "a", "--json").stdout.splitlines()
    assert [json.loads(line)["name"] for line in holding] == ["two.jsonl", "one"]
    assert "two.jsonl" in ask("containing", "--request-id", "c").stdout
    assert "No export holds it." in ask("containing", "--chat-id", "a").stderr


def test_the_same_dataset_again_is_the_same_export(written: Path, ask: Ask, export: Export) -> None:
    assert export(f"{written}/", "--overwrite").exit_code == 0

    assert len(ask("list", "--json").stdout.splitlines()) == 1


def test_nothing_is_remembered_of_what_went_to_stdout(
    ask: Ask, export: Export, project: int
) -> None:
    export()

    assert "Nothing was exported to a file yet." in ask("list").stderr


def test_another_project_sees_no_export(written: Path, ask: Ask) -> None:
    keys.create("elsewhere")

    assert ask("list", "--project", "elsewhere").stdout == ""
    assert "No export" in ask("containing", "--request-id", "a", "--project", "elsewhere").stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "beef"], "There is no export 'beef'"),
        (["containing"], "Name one of --request-id"),
        (["containing", "--request-id", "a", "--chat-id", "b"], "Name one of"),
        (["verify", "/no/such"], "does not exist"),
        (["verify", "/"], "There is no manifest at"),
    ],
)
def test_what_makes_no_sense_is_said(
    written: Path, ask: Ask, arguments: list[str], said: str
) -> None:
    done = ask(*arguments)

    assert done.exit_code in (1, 2)
    assert said in done.stderr


def test_since_a_manifest_only_what_is_new_or_changed_comes_out(
    written: Path, predict: Predict, say: Say, export: Export, tmp_path: Path
) -> None:
    say("late", response={"total": "late"})
    predict("c")
    say("c", response={"total": "c"})
    predict("b", input=[{"role": "user", "content": "another text"}], replace=True)

    def since(manifest: Path, out: Path) -> dict[str, int]:
        return dict(
            json.loads(export(f"{out}/", "--since-manifest", manifest, "--json").stderr)["left_out"]
        )

    assert since(written / "manifest.json", tmp_path / "two") == {"no_prediction": 1, "known": 1}
    rows = (tmp_path / "two" / "data" / "train-00000-of-00001.jsonl").read_text().splitlines()
    assert ["another text" in rows[0], "document c" in rows[1], len(rows)] == [True, True, 2]
    # The prediction of what was left out comes late: it is not lost.
    predict("late")
    assert since(tmp_path / "two" / "manifest.json", tmp_path / "three") == {"known": 2}


def test_since_wants_a_manifest_of_this_store_and_format(
    written: Path, export: Export, tmp_path: Path
) -> None:
    (tmp_path / "no.json").write_text("[]")
    (tmp_path / "other.json").write_text('{"format": "openai-sft"}')

    def said(path: Path, *options: str) -> str:
        return export("--since-manifest", path, *options).stderr

    assert "is no manifest of an export" in said(tmp_path / "no.json")
    assert "This store made no export" in said(tmp_path / "other.json")
    assert "of the format openai-sft" in said(written / "manifest.json", "--format", "trl-messages")


def test_verify_proves_a_dataset_and_finds_what_was_changed(
    written: Path, ask: Ask, export: Export, tmp_path: Path
) -> None:
    single = tmp_path / "single.jsonl"
    export(single)
    data = written / "data" / "train-00000-of-00001.jsonl"
    for good in (written, single):
        assert ask("verify", good).exit_code == 0

    def wrong(path: Path, content: bytes) -> str:
        before = path.read_bytes()
        path.write_bytes(content)
        done = ask("verify", written if written in path.parents else single)
        path.write_bytes(before)
        assert done.exit_code == 1
        return done.stderr

    assert "other content" in wrong(data, data.read_bytes().replace(b"document a", b"document z"))
    assert "1 rows, not 2" in wrong(single, single.read_bytes().splitlines(keepends=True)[0])
    (written / "data" / "more.jsonl").write_text("{}")
    assert "not in the manifest" in ask("verify", written).stderr
    (written / "data" / "more.jsonl").unlink()
    data.unlink()
    assert "missing" in ask("verify", written).stderr


def test_verify_holds_images_against_their_names(
    odd: None, export: Export, ask: Ask, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export(f"{out}/", "--format", "trl-vision")
    assert ask("verify", out).exit_code == 0
    image = next((out / "images").iterdir())

    image.write_bytes(b"x")
    assert "not the image that its name says" in ask("verify", out).stderr
    image.unlink()
    assert "1 files, not 2" in ask("verify", out).stderr


def check(path: Path, name: str) -> Result:
    return CliRunner().invoke(check_dataset, [str(path), "--format", name])


@pytest.mark.parametrize("name", FORMATS)
def test_check_dataset_passes_what_we_write(
    odd: None, export: Export, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "x.jsonl"
    export(out, "--format", name)

    assert check(out, name).exit_code == 0


def test_check_dataset_names_line_and_place_of_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    good = '{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}'
    bad = '{"messages": [{"role": "user", "content": 5}], "note": 1}'
    path.write_bytes(gzip.compress(f"{good}\nnot json\n{bad}\n".encode()))

    done = check(path, "openai-sft")

    assert done.exit_code == 1
    assert "line 1" not in done.stderr
    assert "line 2: JSON decode error: Expecting value" in done.stderr
    assert "line 3: messages.0.content: Input should be a string" in done.stderr
    assert "line 3: note: No such member is known" in done.stderr
    assert "2 of 3 rows are not of the format openai-sft" in done.stderr


def test_check_dataset_of_nothing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").touch()

    assert "is empty" in check(tmp_path / "x.jsonl", "openai-sft").stderr


def test_formats_lists_every_format() -> None:
    lines = CliRunner().invoke(formats, ["--json"]).stdout.splitlines()
    plain = CliRunner().invoke(formats).stdout

    assert [json.loads(line)["name"] for line in lines] == list(FORMATS)
    assert all(f"{form.name} " in plain and form.help in plain for form in FORMATS.values())
    assert all(form.help and form.readers and (form.train or form.raw) for form in FORMATS.values())


@pytest.mark.parametrize("out", ["rows.jsonl", "rows/"])
def test_feedback_that_goes_while_an_export_is_made_is_told_and_not_remembered(
    export: Export,
    predict: Predict,
    say: Say,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    out: str,
) -> None:
    predict("r", output={"a": 1})
    kept, gone = say("r", response={"a": 2}), say("r", response={"a": 3})
    remember = Lineage.remember

    def meanwhile(self: Lineage, *arguments: Any) -> Any:
        if Feedback.select().where(Feedback.id == gone.id).exists():
            reviews.delete(gone)
        return remember(self, *arguments)

    monkeypatch.setattr(Lineage, "remember", meanwhile)

    done = export(f"{tmp_path}/{out}", "--resolve", "all")

    assert done.exit_code == 0
    assert "1 piece of feedback in it went from the store while it was made" in done.stderr
    [made] = lineage.containing(kept.project_id, "request", "r")
    assert list(lineage.feedback_in(made)) == [kept.uuid]
    again = export(f"{tmp_path}/{out}", "--resolve", "all", "--overwrite")
    assert "went from the store" not in again.stderr
