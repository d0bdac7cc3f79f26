"""What an export can be told besides: selection, steps, images, explanations."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Export, Predict, Say
from tests.exports.odd import RED


def answers(export: Export, *options: str) -> list[Any]:
    """The answers that come out, from their JSON."""
    done = export("--quiet", *options)
    assert done.exit_code == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return [json.loads(row["messages"][-1]["content"]) for row in rows]


@pytest.fixture
def two(predict: Predict, say: Say) -> None:
    predict("a", domain="document.invoice", output={"total": 1, "vendor": "A"})
    predict("b", domain="document.invoice", output={"total": 2, "vendor": "B"})
    say("a", response={"total": 10}, rating="down", tags={"team": "x", "k": "v"})
    say("b", response={"total": 20}, tags={"team": 'y"'})


def test_rating_and_tags_select(two: None, export: Export) -> None:
    assert answers(export, "--rating", "down") == [{"total": 10}]
    assert answers(export, "--tag", "team=x", "--tag", "k=v") == [{"total": 10}]
    assert answers(export, "--tag", 'team=y"') == [{"total": 20}]
    assert answers(export, "--tag", "team=X") == answers(export, "--tag", "eam=x") == []
    assert export("--tag", "team").exit_code == 2


def test_agree_takes_only_what_several_corrections_say_alike(
    two: None, say: Say, export: Export
) -> None:
    assert answers(export, "--resolve", "agree") == []
    say("a", response={"total": 10.0})
    say("b", response={"total": 21})

    assert answers(export, "--resolve", "agree") == [{"total": 10.0}]
    counts = json.loads(export("--resolve", "agree", "--dry-run", "--json").stderr)
    assert counts["left_out"] == {"superseded": 2, "disagreement": 1}


def test_a_partial_correction_is_merged_over_the_output(two: None, export: Export) -> None:
    assert answers(export, "--merge-partial") == [
        {"total": 10, "vendor": "A"},
        {"total": 20, "vendor": "B"},
    ]


def test_steps_are_counted_and_described(two: None, export: Export, tmp_path: Path) -> None:
    prompt = tmp_path / "system.txt"
    prompt.write_text("Be exact.\n")

    done = export(
        *("--max-per-domain", "1", "--dedupe", "input", "--system", f"@{prompt}"),
        *("--redact", "email,ip", "--redact-key", "secret", "--json"),
    )

    said = json.loads(done.stderr)
    assert said["left_out"] == {"domain_full": 1}
    assert said["filters"]["system"] == "Be exact."
    assert said["filters"]["redact"] == ["email", "ip"]
    assert "secret" not in done.stderr
    assert json.loads(done.stdout)["messages"][0] == {"role": "system", "content": "Be exact."}


def test_the_same_value_has_the_same_placeholder_in_every_row(
    predict: Predict, say: Say, export: Export
) -> None:
    for name in ("a", "b"):
        predict(name, input=[{"role": "user", "content": f"From ann@example.com, {name}"}])
        say(name, response={"mail": "ann@example.com"})

    text = export("--redact", "email", "--quiet").stdout

    assert "ann@example.com" not in text
    placeholders = {answer["mail"] for answer in answers(export, "--redact", "email")}
    assert len(placeholders) == 1
    assert text.count(placeholders.pop()) == 4


def test_strict_fails_on_what_a_format_cannot_hold(
    odd: None, export: Export, tmp_path: Path
) -> None:
    out = tmp_path / "x.jsonl"

    done = export(out, "--format", "trl-messages", "--strict")

    assert done.exit_code == 1
    assert "(--strict)" in done.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--format", "trl-messages", "--images", "inline"], "trl-messages takes no images"),
        (["--format", "together-sft", "--images", "files"], "together-sft takes images as inline"),
        (["--format", "gemini-sft", "--images", "files"], "--image-prefix gs://"),
        (["--redact", "name"], "'name' is not among"),
        (["--shard-size", "0"], "is no size"),
        (["--system", "@/no/such"], "cannot be read"),
        (["--explain", "nobody"], "There is no feedback on the request 'nobody'"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    two: None, export: Export, options: list[str], said: str
) -> None:
    done = export(*options)

    assert done.exit_code in (1, 2)
    assert said in done.stderr


def test_images_are_left_inlined_or_written_beside_the_data(
    predict: Predict, say: Say, export: Export, tmp_path: Path
) -> None:
    part = {"type": "image_url", "image_url": {"url": RED}}
    predict("a", input=[{"role": "user", "content": [part]}])
    say("a", response={"total": 1})
    out = tmp_path / "x.jsonl"

    assert RED in export("--images", "keep").stdout
    assert RED in export("--images", "inline").stdout
    done = export(out, "--format", "gemini-sft", "--images", "files", "--image-prefix", "gs://b/")
    row = json.loads(out.read_text())
    (image,) = (tmp_path / "images").iterdir()
    assert done.exit_code == 0
    assert f"gs://b/images/{image.name}" in json.dumps(row)
    assert "Images as files need a place" in export("--format", "trl-vision").stderr


def test_explain_shows_the_row_or_the_reason(
    two: None, predict: Predict, say: Say, export: Export
) -> None:
    done = export("--explain", "a")
    assert json.loads(json.loads(done.stdout)["messages"][-1]["content"]) == {"total": 10}
    assert "1 row" in done.stderr

    say("a", notes="hm")
    predict("c", kind="chat")
    say(chat_id="c", notes="hm")
    assert "left out, it neither corrects" in export("--explain", "a").stderr
    assert "left out, it neither corrects" in export("--explain", "c", "--kind", "chat").stderr
