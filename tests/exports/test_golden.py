"""Each format writes the odd examples as its golden file has them.

After a change that is meant, `make golden` writes the files anew: review the difference.
"""

import json
from pathlib import Path

import pytest

from exports.formats import FORMATS
from tests.conftest import Export

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_writes_what_its_golden_file_holds(
    odd: None, export: Export, name: str, request: pytest.FixtureRequest
) -> None:
    done = export("--format", name, "--json")
    rows, summary = GOLDEN / f"{name}.jsonl", GOLDEN / f"{name}.summary.json"
    counts = json.dumps(json.loads(done.stderr), indent=2) + "\n"
    if request.config.getoption("--write-golden"):
        rows.write_bytes(done.stdout_bytes)
        summary.write_text(counts, encoding="utf-8")

    assert done.stdout_bytes.decode() == rows.read_text(encoding="utf-8")
    assert counts == summary.read_text(encoding="utf-8")


def test_no_golden_file_is_left_of_a_format_that_is_gone() -> None:
    assert {path.name.split(".")[0] for path in GOLDEN.iterdir()} == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_every_row_is_one_line_of_json_with_the_same_columns(
    odd: None, export: Export, name: str
) -> None:
    text = export("--format", name, "--quiet").stdout_bytes.decode()
    rows = [json.loads(line) for line in text.splitlines()]

    assert text.count("\n") == len(rows) > 0
    required = set.intersection(*(set(row) for row in rows))
    assert set.union(*(set(row) for row in rows)) - required <= {"tools"}


@pytest.mark.parametrize("name", FORMATS)
def test_every_piece_of_feedback_is_counted_once(odd: None, export: Export, name: str) -> None:
    counts = json.loads(export("--format", name, "--json", "--dry-run").stderr)

    assert counts["read"] == 24
    assert counts["written"] + sum(counts["left_out"].values()) == 24
