"""flask export-jsonl: what goes where, whole or not at all."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import feedbackstore
from exports import dataset
from exports.cli import export_jsonl
from exports.formats import FORMATS
from exports.sink import Sink
from tests.conftest import Export, Predict, Say
from tests.test_documents import json_values, texts, typed

FLASK = Path(sys.executable).parent / "flask"


def test_rows_alone_go_to_stdout_and_the_summary_to_stderr(odd: None, export: Export) -> None:
    done = export()

    assert all(json.loads(line)["messages"] for line in done.stdout.splitlines())
    assert done.stderr.splitlines() == [
        "16 rows of openai-sft written to stdout",
        "  images kept: 3",
        "9 rows of feedback left out:",
        "  1  no prediction is stored for it yet",
        "  2  it neither corrects the output nor rates it in a way that trains",
        "  2  other feedback on the same prediction is taken (--resolve)",
        "  1  the corrected assistant message breaks the rules of chat messages",
        "  1  the prompt ends with an assistant message",
        "  1  it has images where the format takes text only",
        "  1  it has parts other than text and images, which the format cannot hold",
    ]


def test_a_file_comes_with_a_manifest_that_tells_what_it_is(
    odd: None, export: Export, tmp_path: Path
) -> None:
    out = tmp_path / "train.jsonl"

    done = export(out, "--since", "2026-11-01", "--limit", "5", "--model", "vlm-1")

    assert (done.exit_code, done.stdout) == (0, "")
    content = out.read_bytes()
    assert json.loads((tmp_path / "train.jsonl.manifest.json").read_text()) == {
        "format": "openai-sft",
        "filters": {
            "project": "default",
            "since": "2026-11-01T00:00:00.000000Z",
            "model": "vlm-1",
            "resolve": "latest",
            "limit": 5,
            "images": "keep",
        },
        "read": 1,
        "used": 1,
        "written": 1,
        "left_out": {},
        "first_feedback_id": json.loads(export("--format", "feedback").stdout.split("\n")[0])["id"],
        "last_feedback_id": "feedback-0023",
        "sha256": hashlib.sha256(content).hexdigest(),
        "feedbackstore": feedbackstore.__version__,
    }
    assert f"manifest: {out}.manifest.json" in done.stderr
    assert sorted(path.name for path in tmp_path.glob("*train*")) == [
        "train.jsonl",
        "train.jsonl.manifest.json",
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_store_and_options_give_the_same_bytes(
    odd: None, export: Export, tmp_path: Path, name: str
) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        export(tmp_path / folder / "x.jsonl", "--format", name)

    for file in ("x.jsonl", "x.jsonl.manifest.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_dry_run_writes_nothing_and_counts_the_same(
    odd: None, export: Export, tmp_path: Path
) -> None:
    out = tmp_path / "train.jsonl"

    dry, done = export(out, "--dry-run", "--json"), export(out, "--json")

    counted, made = json.loads(dry.stderr), json.loads(done.stderr)
    assert dry.stdout == ""
    assert counted.items() <= made.items()
    assert counted["written"] == len(out.read_text().splitlines()) == 16
    assert "16 rows of openai-sft would be written to" in export("--dry-run").stderr


def test_quiet_prints_nothing_but_rows(odd: None, export: Export) -> None:
    done = export("--quiet")

    assert (done.stderr, len(done.stdout.splitlines())) == ("", 16)


def test_a_limit_stops_after_so_many_rows(odd: None, export: Export) -> None:
    counts = json.loads(export("--limit", "3", "--json", "--dry-run").stderr)

    assert (counts["written"], counts["read"]) == (3, 3)


def test_resolve_is_the_formats_own_unless_it_is_given(odd: None, export: Export) -> None:
    def written(*options: str) -> int:
        return int(json.loads(export("--json", "--dry-run", *options).stderr)["written"])

    assert written() == written("--resolve", "latest") == written("--resolve", "first") == 16
    assert written("--resolve", "all") == 18
    assert written("--format", "feedback") == 25
    assert written("--format", "feedback", "--resolve", "latest") == 23


def test_an_existing_file_is_written_over_only_when_told(
    odd: None, export: Export, tmp_path: Path
) -> None:
    out = tmp_path / "train.jsonl"
    out.write_text("precious")

    refused = export(out)
    assert (refused.exit_code, out.read_text()) == (1, "precious")
    assert f"{out} is there already. To write over it, say --overwrite." in refused.stderr

    assert export(out, "--overwrite").exit_code == 0
    assert len(out.read_text().splitlines()) == 16
    assert "is there already" in export(out).stderr


def test_an_export_that_fails_leaves_the_old_file_and_no_other(
    odd: None, export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "train.jsonl"
    export(out)
    before = {path: path.read_bytes() for path in tmp_path.glob("*train*")}

    def fail(self: Sink, piece: bytearray) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Sink, "_write", fail)
    done = export(out, "--overwrite")

    assert done.exit_code == 1
    assert "train.jsonl cannot be written: No space left on device" in done.stderr
    assert {path: path.read_bytes() for path in tmp_path.glob("*train*")} == before
    assert not list(tmp_path.glob(".train*"))


def test_an_export_that_is_killed_leaves_no_file_and_the_next_one_is_whole(
    predict: Predict, say: Say, tmp_path: Path, export: Export
) -> None:
    for number in range(300):
        predict(str(number), output={"text": "x" * 2000})
        say(str(number), response={"text": "y" * 2000, "n": number})
    out = tmp_path / "train.jsonl"
    part = tmp_path / ".train.jsonl.part"

    # So that each row takes its time, and the file grows bit by bit.
    process = subprocess.Popen([FLASK, "export-jsonl", out, "--dedupe", "exact"])
    while process.poll() is None and not (part.exists() and part.stat().st_size):
        pass
    os.kill(process.pid, signal.SIGKILL)
    killed = process.wait() == -signal.SIGKILL

    assert killed
    assert not out.exists()
    assert not dataset.manifest_of(out).exists()
    assert export(out).exit_code == 0
    assert not part.exists()
    assert [json.loads(line) for line in out.read_text().splitlines()]
    assert len(out.read_text().splitlines()) == 300


def test_another_export_to_the_same_file_is_not_disturbed(
    odd: None, export: Export, tmp_path: Path
) -> None:
    out = tmp_path / "train.jsonl"
    with dataset.written(out):
        done = export(out)

    assert done.exit_code == 1
    assert f"Another export is writing {out} just now." in done.stderr
    assert out.exists()


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--format", "csv"], 2, "'csv' is not one of 'openai-sft', 'azure-sft'"),
        (["--resolve", "newest"], 2, "'newest' is not one of 'latest', 'first', 'all', 'agree'"),
        (["--kind", "reqest"], 2, "'reqest' is not one of"),
        (["--limit", "0"], 2, "0 is not in the range x>=1"),
        (["--since", "yesterday"], 2, "'yesterday' is no day or moment: 2026-11-24 or"),
        (["--until", "0001-01-01T00:00:00+23:00"], 2, "is no day or moment"),
        (["--project", "nope"], 1, "There is no project 'nope'. There are: default."),
        (["/no/such/dir/x.jsonl"], 1, "There is no directory /no/such/dir"),
        (["/"], 1, "it is no dataset of ours"),
        (["/dev/null"], 1, "/dev/null is no regular file"),
        (["/" + "x" * 300], 1, "File name too long"),
        (["--domain", "\udcff"], 2, "The value of domain is not UTF-8"),
        (["--since", "2026-11-01T00:00:00"], 2, "is no day or moment"),
    ],
)
def test_bad_options_end_with_what_was_wrong(
    export: Export, project: int, arguments: list[str], status: int, said: str
) -> None:
    done = export(*arguments)

    assert (done.exit_code, done.stdout) == (status, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_store_gives_an_empty_dataset_and_says_so(export: Export, project: int) -> None:
    done = export()

    assert (done.exit_code, done.stdout) == (0, "")
    assert "0 rows of openai-sft written to stdout\nNo feedback matches" in done.stderr


def test_a_reader_that_goes_away_ends_it_quietly(odd: None) -> None:
    shown = subprocess.run(
        f"{FLASK} export-jsonl --quiet | head -c 10", shell=True, capture_output=True, check=False
    )

    assert (shown.stdout, shown.stderr) == (b'{"messages', b"")


def shell(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        f"{FLASK} {command}", shell=True, capture_output=True, text=True, check=False
    )


def test_a_standard_output_that_is_full_or_closed_is_said_in_a_sentence(odd: None) -> None:
    full, closed = shell("export-jsonl > /dev/full"), shell("export-jsonl >&-")

    assert (full.returncode, full.stderr) == (
        1,
        "Error: Reading or writing failed: No space left on device.\n",
    )
    assert (closed.returncode, closed.stderr) == (
        1,
        "Error: Standard output is closed. Name a file, or leave it open.\n",
    )


@pytest.mark.parametrize("kind", ["symlink", "fifo"])
def test_what_lies_where_it_would_write_is_not_followed(
    odd: None, export: Export, tmp_path: Path, kind: str
) -> None:
    precious, part = tmp_path / "precious", tmp_path / ".train.jsonl.part"
    precious.write_text("precious")
    if kind == "symlink":
        part.symlink_to(precious)
    else:
        os.mkfifo(part)

    done = export(tmp_path / "train.jsonl")

    assert done.exit_code == 1
    assert "Traceback" not in done.stderr
    assert precious.read_text() == "precious"


def test_an_option_may_come_from_the_environment(
    odd: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_EXPORT_JSONL_FORMAT", "trl-messages")

    done = subprocess.run([FLASK, "export-jsonl"], capture_output=True, text=True, check=True)

    assert "rows of trl-messages written" in done.stderr


def test_every_option_has_a_help() -> None:
    assert export_jsonl.help
    for parameter in export_jsonl.params:
        assert parameter.param_type_name == "argument" or getattr(parameter, "help", None)


objects = st.dictionaries(texts, json_values, max_size=4).filter(
    lambda value: value.get("role") != "assistant"
)


# Few examples of many documents each: an export costs more than what is in it.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=2)
@given(st.lists(st.tuples(objects, objects, texts), min_size=6, max_size=12))
def test_whatever_was_said_comes_out_as_one_line_of_json(
    predict: Predict, say: Say, export: Export, documents: list[tuple[Any, Any, str]]
) -> None:
    for number, (response, output, prompt) in enumerate(documents):
        asked = [{"role": "user", "content": prompt}]
        predict(str(number), input=asked, output=output, replace=True)
        say(str(number), response=response)

    for name, form in FORMATS.items():
        done = export("--format", name, "--resolve", "latest", "--quiet")
        assert done.exit_code == 0, form
        for line in done.stdout_bytes.decode().splitlines():
            assert json.loads(line)
    lines = export("--quiet").stdout_bytes.decode().splitlines()[-len(documents) :]
    said = [json.loads(json.loads(line)["messages"][-1]["content"]) for line in lines]
    assert list(map(sorted_typed, said)) == [sorted_typed(response) for response, _, _ in documents]


def sorted_typed(value: Any) -> Any:
    """A value with its types, the members of its objects by name."""
    if isinstance(value, dict):
        return sorted((name, sorted_typed(member)) for name, member in value.items())
    if isinstance(value, list):
        return [sorted_typed(item) for item in value]
    return typed(value)
