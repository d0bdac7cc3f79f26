"""flask evaluate: what it prints where, and how it ends."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from feedbackstore.evaluate import evaluate_command
from tests.conftest import Predict, Say

Run = Callable[..., Result]


@pytest.fixture
def run(url: str) -> Run:
    return lambda *arguments: CliRunner().invoke(evaluate_command, [str(a) for a in arguments])


@pytest.mark.usefixtures("judged")
def test_it_prints_a_table(run: Run) -> None:
    done = run()

    assert done.exit_code == 0
    assert done.stderr == ""
    assert done.stdout == TABLE


TABLE = """\
7 predictions, 4 judged
  1  nobody said anything of it
  1  what was said neither corrects it nor rates it
  1  it was judged, but the model's own output is not stored
  1  rated down: wrong, but nobody said what is right
  1  rated up: the output is the truth
  2  a correction says what is right

               rate   95 % interval
exact match  50.0 %  15.0 to 85.0 %  2 of 4
accuracy     60.0 %  23.1 to 88.2 %  3 of 5

field        accuracy   95 % interval  right  wrong  missing  extra
items[].qty    50.0 %   9.5 to 90.5 %      1      0        1      0
total          66.7 %  20.8 to 93.9 %      2      1        0      0

1 ×  total  "$1,200.00" → "1200"

model  predictions  judged  exact match  accuracy
new              2       2      100.0 %   100.0 %
old              5       2        0.0 %    33.3 %

accuracy by model      new     old
items[].qty              –  50.0 %
total              100.0 %   0.0 %

week      predictions  judged  corrected    95 % interval
2026-W42            5       2    100.0 %  34.2 to 100.0 %
2026-W45            2       2      0.0 %    0.0 to 65.8 %
"""


@pytest.mark.usefixtures("judged")
def test_the_file_is_written_as_its_name_ends(run: Run, tmp_path: Path) -> None:
    for name, begins in (("a.html", "<!DOCTYPE html>"), ("a.json", "{\n"), ("a.txt", "7 pred")):
        done = run(tmp_path / name)
        assert (done.exit_code, done.stdout) == (0, "")
        assert done.stderr == f"7 predictions, 4 judged: written to {tmp_path / name}\n"
        assert (tmp_path / name).read_text().startswith(begins)
    assert len(list(tmp_path.glob("*a.*"))) == 3


@pytest.mark.usefixtures("judged")
def test_a_file_that_is_there_stays_unless_told(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "a.json"
    out.write_text("mine")

    refused = run(out)
    assert refused.exit_code == 1
    assert refused.stderr == f"Error: {out} is there already. To write over it, say --overwrite.\n"
    assert out.read_text() == "mine"

    assert run(out, "--overwrite", "--quiet", "--format", "html").stderr == ""
    assert out.read_text().startswith("<!DOCTYPE")


@pytest.mark.usefixtures("judged")
def test_options_reach_the_evaluator_and_the_scope(run: Run) -> None:
    done = run(
        "--format", "json", "--evaluator", "fuzzy_field_match", "--model", "old", "--by", "week"
    )

    found = json.loads(done.stdout)
    assert found["evaluator"] == {"name": "fuzzy_field_match", "count_null": False}
    assert found["scope"] == {"model": "old"}
    assert [group["name"] for group in found["groups"]] == ["2026-W42"]


def test_where_there_is_nothing_it_says_so_on_stderr(run: Run, predict: Predict, say: Say) -> None:
    assert (run().exit_code, run().stderr) == (0, "No prediction matches.\n")
    predict("x")
    say("x", notes="n")
    done = run()
    assert done.stderr == "No feedback matches: of 1 prediction none was judged.\n"
    assert done.stdout.startswith("1 prediction, 0 judged\n")
    predict("y", output=None)
    say("y", rating="up")
    assert "of 2 predictions none was judged, but for 1 without a stored output." in run().stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--project", "nope"], 1, "There is no project 'nope'"),
        (["--since", "yesterday"], 2, "'yesterday' is no day or moment"),
        (["--evaluator", "field_accuracy", "--ignore-order"], 2, "Only structural knows it"),
        (["--tolerance", "nan"], 2, "tolerance: Input should be finite"),
        (["--top", "65"], 2, "65 is not in the range 0<=x<=64"),
        (["/"], 1, "/ is there already"),
        (["--overwrite", "/dev/null"], 1, "/dev/null is no file"),
        (["/no/such/report.html"], 1, "No such file or directory"),
    ],
)
def test_bad_input_ends_with_what_was_wrong(
    run: Run, project: int, arguments: list[str], status: int, said: str
) -> None:
    done = run(*arguments)

    assert done.exit_code == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_store_that_is_not_there_says_what_to_run(run: Run) -> None:
    assert "To make it, run: flask migrate" in run().stderr


def test_every_option_has_a_help() -> None:
    assert evaluate_command.help
    assert all(
        parameter.param_type_name == "argument" or getattr(parameter, "help", None)
        for parameter in evaluate_command.params
    )
