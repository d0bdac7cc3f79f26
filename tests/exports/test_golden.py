"""Each format writes the odd examples as its golden file has them.

After a change that is meant, `make golden` writes the files anew: review the difference.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exports.formats import FORMATS
from tests.conftest import Export
from tests.exports.odd import FEEDBACK

Written = Callable[[str], tuple[str, dict[str, Any]]]

# Hosted services want these absent where they are empty.
OPTIONAL = {"tools", "systemInstruction", "system_instruction", "system"}

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def written(odd: None, export: Export, tmp_path: Path) -> Written:
    """The rows of a format, written to a file, and what the summary says of them."""

    def write(name: str) -> tuple[str, dict[str, Any]]:
        done = export(tmp_path / "rows.jsonl", "--format", name, "--json", "--overwrite")
        assert done.exit_code == 0, done.stderr
        said = json.loads(done.stderr)
        counts = {key: said[key] for key in ("read", "used", "written", "left_out")}
        return (tmp_path / "rows.jsonl").read_bytes().decode(), counts

    return write


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_writes_what_its_golden_file_holds(
    written: Written, name: str, request: pytest.FixtureRequest
) -> None:
    text, counts = written(name)
    rows, summary = GOLDEN / f"{name}.jsonl", GOLDEN / f"{name}.summary.json"
    if request.config.getoption("--write-golden"):
        rows.write_text(text, encoding="utf-8")
        summary.write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")

    assert text == rows.read_text(encoding="utf-8")
    assert counts == json.loads(summary.read_text(encoding="utf-8"))


def test_no_golden_file_is_left_of_a_format_that_is_gone() -> None:
    assert {path.name.split(".")[0] for path in GOLDEN.iterdir()} == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_every_row_is_one_line_of_json_with_the_same_columns(written: Written, name: str) -> None:
    text, counts = written(name)
    rows = [json.loads(line) for line in text.splitlines()]

    assert text.count("\n") == len(rows) == counts["written"] > 0
    required = set.intersection(*(set(row) for row in rows))
    assert set.union(*(set(row) for row in rows)) - required <= OPTIONAL


@pytest.mark.parametrize("name", FORMATS)
def test_every_piece_of_feedback_is_counted_once(written: Written, name: str) -> None:
    _, counts = written(name)

    assert counts["read"] == len(FEEDBACK)
    assert counts["used"] + sum(counts["left_out"].values()) == len(FEEDBACK)


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_format_writes_passes_its_own_check(written: Written, name: str) -> None:
    text, _ = written(name)

    for line in text.splitlines():
        assert list(FORMATS[name].check(json.loads(line), ())) == []


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("row", [5, {}, [], {"messages": []}, {"messages": [{"role": 5}]}])
def test_a_format_refuses_what_is_none_of_its_rows(name: str, row: object) -> None:
    assert list(FORMATS[name].check(row, ()))
