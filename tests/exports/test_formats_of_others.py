"""A format of another package, by an entry point: as docs/formats.md shows it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Predict, Say

FLASK = Path(sys.executable).parent / "flask"
PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


def install(folder: Path, code: str) -> dict[str, str]:
    """Lay a package out as pip does; the environment in which it is there."""
    (folder / "plain_qa.py").write_text(code)
    info = folder / "plain_qa-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plain-qa\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[feedbackstore.formats]\nplain-qa = plain_qa:QA\n")
    paths = filter(None, (str(folder), os.environ.get("PYTHONPATH")))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


@pytest.fixture
def code() -> str:
    (example,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(example)


def test_it_is_listed_exported_and_checked_like_ours(
    predict: Predict, say: Say, tmp_path: Path, code: str
) -> None:
    predict("x", output={"total": 1})
    say("x", response={"total": 2})
    environ = install(tmp_path, code)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [FLASK, *arguments],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )

    assert "plain-qa" in run("formats").stdout
    done = run("export-jsonl", "--format", "plain-qa", "qa.jsonl")
    assert "1 row of plain-qa written" in done.stderr
    assert json.loads((tmp_path / "qa.jsonl").read_text()) == {
        "question": "Read document x.",
        "answer": '{"total":2}',
    }
    assert "all good" in run("check-dataset", "qa.jsonl", "--format", "plain-qa").stderr


def test_one_that_is_broken_is_named(store: str, tmp_path: Path) -> None:
    environ = install(tmp_path, "QA = 5\n")

    done = subprocess.run(
        [sys.executable, "-c", "import exports.formats"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "The format plain-qa (plain_qa:QA) is broken" in done.stderr
