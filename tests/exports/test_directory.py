"""A dataset as a directory: shards, splits, images, manifest and card, whole or not there."""

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from backports import zstd

from exports import directory
from exports.directory import Directory
from tests.conftest import Export, Predict, Say

FLASK = Path(sys.executable).parent / "flask"


@pytest.fixture
def many(predict: Predict, say: Say) -> None:
    """Forty corrections of forty documents."""
    for number in range(40):
        predict(str(number))
        say(str(number), response={"n": number})


def files(out: Path) -> list[str]:
    return sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())


def numbers(path: Path) -> list[int]:
    """The answers in a data file."""
    opener: Any = {".gz": gzip.open, ".zst": zstd.open}.get(path.suffix, open)
    with opener(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [json.loads(row["messages"][-1]["content"])["n"] for row in rows]


def test_it_holds_data_manifest_and_card(many: None, export: Export, tmp_path: Path) -> None:
    out = tmp_path / "out"

    done = export(f"{out}/", "--license", "cc0-1.0")

    assert done.exit_code == 0
    assert files(out) == ["README.md", "data/train-00000-of-00001.jsonl", "manifest.json"]
    assert "| 40 | no domain, by no model |" in (out / "README.md").read_text()
    head = (out / "README.md").read_text().split("---\n")[1]
    card = yaml.safe_load(head)
    assert card["license"] == "cc0-1.0"
    assert card["configs"] == [
        {"config_name": "default", "data_files": [{"split": "train", "path": "data/train-*"}]}
    ]
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["splits"]["train"][0]["rows"] == manifest["written"] == 40
    assert f"manifest: {out}/manifest.json" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("to train: ")


@pytest.mark.parametrize("how", ["none", "gzip", "zstd"])
def test_shards_hold_each_row_once(many: None, export: Export, tmp_path: Path, how: str) -> None:
    out = tmp_path / "out"

    export(out, "--shards", "3", "--compress", how)

    suffix = {"none": "", "gzip": ".gz", "zstd": ".zst"}[how]
    names = [f"data/train-0000{i}-of-00003.jsonl{suffix}" for i in range(3)]
    assert files(out) == ["README.md", *names, "manifest.json"]
    assert sorted(n for name in names for n in numbers(out / name)) == list(range(40))


def test_a_new_shard_begins_after_so_many_bytes(many: None, export: Export, tmp_path: Path) -> None:
    out = tmp_path / "out"

    export(out, "--shard-size", "1KB")

    shards = sorted((out / "data").iterdir())
    assert [n for shard in shards for n in numbers(shard)] == list(range(40))
    assert all(1000 <= shard.stat().st_size < 1300 for shard in shards[:-1])
    assert shards[0].name == f"train-00000-of-{len(shards):05}.jsonl"


def test_splits_are_by_document_and_stay_when_rows_are_added(
    predict: Predict, say: Say, export: Export, tmp_path: Path
) -> None:
    def side_of(out: Path) -> dict[int, str]:
        return {
            n: path.name.split("-")[0] for path in (out / "data").iterdir() for n in numbers(path)
        }

    def add(first: int, last: int) -> None:
        for number in range(first, last):
            # Each document twice, under two ids and two instructions.
            for name in ("a", "b"):
                turns = [
                    {"role": "system", "content": name},
                    {"role": "user", "content": f"document {number}"},
                ]
                predict(f"{name}{number}", input=turns)
                say(f"{name}{number}", response={"n": 2 * number + (name == "b")})

    add(0, 60)
    export(tmp_path / "one", "--split", "train=0.7,validation=0.3")
    before = side_of(tmp_path / "one")
    add(60, 90)
    export(tmp_path / "two", "--split", "train=0.7,validation=0.3")
    after = side_of(tmp_path / "two")
    export(tmp_path / "three", "--split", "train=0.7,validation=0.3", "--seed", "other")

    assert after.items() >= before.items()
    assert all(after[n] == after[n ^ 1] for n in after)
    assert 0.15 < list(after.values()).count("validation") / len(after) < 0.45
    assert side_of(tmp_path / "three") != after


@pytest.mark.parametrize(
    "shares", ["train", "train=2", "train=0.5", "train=0.5,train=0.5", "a b=1", "train=nan"]
)
def test_shares_that_make_no_sense_are_refused(export: Export, shares: str) -> None:
    done = export("out/", "--split", shares)

    assert done.exit_code == 2
    assert "Traceback" not in done.stderr


def test_images_are_files_named_after_their_content_once_each(
    odd: None, export: Export, tmp_path: Path
) -> None:
    out = tmp_path / "out"

    export(f"{out}/", "--format", "trl-vision", "--resolve", "all")

    images = [name for name in files(out) if name.startswith("images/")]
    text = next((out / "data").iterdir()).read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    assert len(images) == 2
    assert {name for row in rows for name in row["images"]} == set(images)


def test_the_same_store_and_options_give_the_same_directory(
    odd: None, export: Export, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        export(tmp_path / name, "--format", "trl-vision", "--shards", "2", "--compress", "gzip")

    one, two = tmp_path / "one", tmp_path / "two"
    assert files(one) == files(two)
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in files(one))


def test_a_script_that_trains_on_the_folder_lies_in_it(
    many: None, export: Export, tmp_path: Path
) -> None:
    for name in ("trl-messages", "trl-preference", "trl-kto", "trl-vision"):
        export(f"{tmp_path}/{name}/", "--format", name)

        compile((tmp_path / name / "train.py").read_text(), "train.py", "exec")


def test_an_existing_dataset_is_replaced_only_when_told(
    many: None, export: Export, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export(f"{out}/")
    (out / "note").write_text("mine")

    assert "To write over it, say --overwrite" in export(f"{out}/").stderr
    assert export(f"{out}/", "--overwrite", "--limit", "1").exit_code == 0
    assert len(numbers(out / "data" / "train-00000-of-00001.jsonl")) == 1
    assert not list(tmp_path.glob(".out*"))


def test_a_directory_that_is_no_dataset_is_never_replaced(
    many: None, export: Export, tmp_path: Path
) -> None:
    (tmp_path / "precious").write_text("x")

    done = export(f"{tmp_path}/", "--overwrite")

    assert done.exit_code == 1
    assert "it is no dataset of ours" in done.stderr
    assert (tmp_path / "precious").read_text() == "x"


def test_an_export_that_fails_leaves_the_old_dataset_and_no_other(
    many: None, export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    export(f"{out}/")
    before = {name: (out / name).read_bytes() for name in files(out)}

    def fail(self: Directory, name: str, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Directory, "write_file", fail)
    done = export(f"{out}/", "--overwrite")

    assert done.exit_code == 1
    assert "cannot be written: No space left on device" in done.stderr
    assert {name: (out / name).read_bytes() for name in files(out)} == before
    assert not list(tmp_path.glob(".out*"))


def test_an_export_that_is_killed_leaves_nothing_and_the_next_one_is_whole(
    many: None, export: Export, tmp_path: Path
) -> None:
    out, part = tmp_path / "out", tmp_path / ".out.part"

    process = subprocess.Popen([FLASK, "export-jsonl", f"{out}/"])
    while process.poll() is None and not part.exists():
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    assert not out.exists()
    assert export(f"{out}/").exit_code == 0
    assert not part.exists()
    assert sorted(numbers(out / "data" / "train-00000-of-00001.jsonl")) == list(range(40))


def test_what_a_killed_run_had_moved_aside_comes_back(
    many: None, export: Export, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export(f"{out}/")
    out.rename(tmp_path / ".out.old")

    refused = export(f"{out}/", "--strict", "--format", "openai-sft", "--system", "@/no/such")
    assert refused.exit_code == 2
    with directory.written(out, directory.Sharding()) as folder:
        assert out.is_dir()
        folder.write_file(directory.MANIFEST, b"{}")
    assert not (tmp_path / ".out.old").exists()


def test_two_runs_at_once_are_one_run(many: None, export: Export, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with directory.written(out, directory.Sharding()) as folder:
        done = export(f"{out}/")
        folder.write_file(directory.MANIFEST, b"{}")

    assert done.exit_code == 1
    assert "Another export is writing" in done.stderr
    assert files(out) == ["manifest.json"]


def test_what_needs_a_directory_says_so(many: None, export: Export) -> None:
    assert "need a directory: name one as OUT" in export("--shards", "2").stderr
