"""--jobs: several processes make what one makes, or nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from exports import lineage, parallel
from exports.formats import FORMATS
from feedbackstore import models
from feedbackstore.database import proxy
from feedbackstore.second_process import SecondProcess
from tests.conftest import Export, Predict, Say
from tests.processes import second_processes

FLASK = Path(sys.executable).parent / "flask"

OPTIONS = [
    [],
    ["--dedupe", "exact", "--max-per-domain", "3", "--resolve", "all"],
    ["--dedupe", "input", "--max-per-domain", "1"],
    ["--resolve", "agree", "--dry-run"],
    ["--resolve", "first", "--limit", "4"],
    ["--redact", "email,phone", "--redact-key", "k", "--limit", "9"],
    ["--images", "inline", "--merge-partial", "--system", "Read."],
    ["--split", "train=0.5,test=0.5", "--shard-size", "1KB", "--compress", "gzip"],
    ["--shards", "3", "--images", "keep", "--schema-valid"],
    ["--strict", "--since", "2026-11-01T12:00:05Z", "--kind", "request"],
]


@pytest.fixture(autouse=True)
def small_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the odd examples fill several."""
    monkeypatch.setattr(parallel, "_SPAN", 3)


@pytest.fixture(autouse=True)
def given(monkeypatch: pytest.MonkeyPatch) -> list[parallel.Span]:
    """What other processes are given: they are waited for, else all was made by then."""
    found: list[parallel.Span] = []
    has_time, give = SecondProcess.has_time, SecondProcess.give

    def has_time_once_started(other: parallel.Other) -> bool:
        while not has_time(other) and not other._started:
            pass
        return has_time(other)

    def give_and_note(other: parallel.Other, span: parallel.Span) -> None:
        found.append(span)
        give(other, span)

    monkeypatch.setattr(SecondProcess, "has_time", has_time_once_started)
    monkeypatch.setattr(SecondProcess, "give", give_and_note)
    return found


@pytest.fixture
def more(odd: None, predict: Predict, say: Say) -> None:
    """More than the odd examples: the same again, personal values, an image of its own."""
    for number in range(8):
        domain = f"domain {number % 2}"
        asked = [{"role": "user", "content": f"Mail ann{number % 3}@example.com, please."}]
        predict(f"more {number}", input=asked, domain=domain, output={"a": 1.0, "b": "x"})
        say(f"more {number}", response={"b": "+49 30 1234567", "a": 1})


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def remembered() -> list[tuple[int, bytes]]:
    """What the store remembers of all exports, and forgets with this."""
    exports = list(models.Export.select())
    items = sorted(item for export in exports for item in lineage.digests(export).items())
    proxy.execute_sql("DELETE FROM export_part")
    proxy.execute_sql("DELETE FROM export")
    return items


def same_with_several(export: Export, folder: Path, *options: str, several: str = "2") -> None:
    outcomes = []
    for jobs in ("1", several):
        place = folder / jobs
        place.mkdir()
        done = export(place / "rows", "--json", "--jobs", jobs, *options)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        said = done.stderr.replace(f"{folder}/{jobs}/", "")
        outcomes.append((done.exit_code, said, tree(place), remembered()))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] == ("--strict" in options), outcomes[0][1]


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_two_processes_make_what_one_makes(
    more: None, export: Export, tmp_path: Path, options: list[str], given: list[parallel.Span]
) -> None:
    same_with_several(export, tmp_path, *options)

    assert given or "--limit" in options


@pytest.mark.parametrize("options", OPTIONS[:2], ids=" ".join)
def test_three_processes_make_what_one_makes(
    more: None, export: Export, tmp_path: Path, options: list[str]
) -> None:
    same_with_several(export, tmp_path, *options, several="3")


# One of each way that a row is made: spliced or built, in pairs or several, with image files.
@pytest.mark.parametrize("name", ["openai-sft", "trl-kto", "trl-vision", "llamafactory-preference"])
def test_two_processes_write_a_format_as_one(
    odd: None, export: Export, tmp_path: Path, name: str
) -> None:
    images = FORMATS[name].images
    prefix = (images.own_prefix or "") if images else ""
    how = ["--images", "files", "--image-prefix", prefix] if images else []
    same_with_several(export, tmp_path, "--format", name, *(how if "files" in modes(name) else []))


def modes(name: str) -> tuple[str, ...]:
    images = FORMATS[name].images
    return images.modes if images else ()


def test_what_an_earlier_export_has_is_left_out_by_several_too(
    more: None, export: Export, say: Say, tmp_path: Path
) -> None:
    first = tmp_path / "first.jsonl"
    export(first, "--limit", "5")
    say("text", response={"role": "assistant", "content": "Never."})

    one, two = (
        export("--since-manifest", f"{first}.manifest.json", "--jobs", jobs) for jobs in "12"
    )

    assert (one.stdout_bytes, one.stderr) == (two.stdout_bytes, two.stderr)
    assert "the earlier export has it already" in one.stderr


def test_a_row_that_cannot_be_made_ends_it_with_a_sentence(
    more: None, export: Export, tmp_path: Path
) -> None:
    proxy.execute_sql("UPDATE prediction SET input = '[{' WHERE entity_id = 'more 5'")

    done = export(tmp_path / "rows.jsonl", "--jobs", "2")

    assert done.exit_code == 1
    assert "Error: A process of the export failed: JSONDecodeError: " in done.stderr
    assert list(tmp_path.glob("*rows*")) == list(tmp_path.glob(".rows*")) == []


def test_rows_too_large_for_one_message_come_in_their_order(
    export: Export,
    predict: Predict,
    say: Say,
    tmp_path: Path,
    given: list[parallel.Span],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The other process is waited for again and again, so that it is sure to have some of them.
    monkeypatch.setattr(parallel, "_AHEAD", 0)
    for number in range(24):
        predict(str(number), output={"text": "x", "n": 0})
        say(str(number), response={"text": "y" * 600_000, "n": number})

    same_with_several(export, tmp_path)

    assert max(span.until - span.after for span in given) == 3


@pytest.fixture
def large(predict: Predict, say: Say) -> None:
    """So much that the processes wait for their rows to be taken."""
    for number in range(40):
        predict(str(number), output={"text": "x" * 200_000})
        say(str(number), response={"text": "y" * 200_000, "n": number})


@pytest.fixture
def started(large: None, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """An export by two processes that nobody reads, with its error stream."""
    process = subprocess.Popen(
        [FLASK, "export-jsonl", "--jobs", "2", "--quiet"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield process
    process.kill()
    process.communicate()


def other_of(process: subprocess.Popen[str]) -> int:
    """The process that helps it to make rows, once it is there."""
    for _ in range(1000):
        for child in second_processes(process.pid):
            return child
        time.sleep(0.01)
    raise AssertionError("no process came")


def test_a_process_that_is_killed_ends_the_export(started: subprocess.Popen[str]) -> None:
    os.kill(other_of(started), signal.SIGKILL)
    _, said = started.communicate()

    assert started.returncode == 1
    assert said.startswith("Error: A process of the export was ended from outside")
    assert said.count("\n") == 1


def test_an_interrupt_ends_every_process_quietly(started: subprocess.Popen[str]) -> None:
    other = other_of(started)
    assert started.stdout is not None
    started.stdout.read(1)
    os.killpg(started.pid, signal.SIGINT)
    _, said = started.communicate()

    assert (started.returncode, said.strip()) == (1, "Aborted!")
    assert not Path(f"/proc/{other}").exists()


def test_images_are_fetched_by_one_process_only(
    odd: None, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(parallel, "made", fail)
    done = export("--fetch-images", "--images", "inline", "--jobs", "2", "--json")

    assert done.exit_code == 0
    assert json.loads(done.stderr)["left_out"]["image_not_fetched"]
