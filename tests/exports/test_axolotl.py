"""What is special about axolotl's rows: parts of text, its own word for masked turns, no weight."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from exports.example import Example, Reason, Skip
from exports.formats import axolotl
from exports.formats.interface import Layout
from tests.exports.odd import IMAGE, TOOL, asked, call

FORMATS = {form.name: form for form in axolotl.FORMATS}
GOLDEN = Path(__file__).parent / "golden"
SFT, PAIRS = "axolotl-sft", "axolotl-preference"
PICTURE = {"type": "image_url", "image_url": {"url": "images/a.png"}}
TOLD = {"role": "tool", "tool_call_id": "call_1", "content": "3"}


def said(text: str, **members: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, **members}


def shown(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(parts)}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def row(
    name: str, *prompt: dict[str, Any], answer: Any = None, output: Any = None, tools: Any = ()
) -> dict[str, Any]:
    example = Example(
        prompt=list(prompt) or asked("q"),
        answer=answer or said("C"),
        output=output or said("O"),
        changed=True,
        corrected=True,
        tools=list(tools),
    )
    [found] = FORMATS[name].to_rows(example)
    assert problems(name, found) == []
    return found


def left_out(name: str, *prompt: dict[str, Any], **members: Any) -> Reason:
    with pytest.raises(Skip) as skip:
        row(name, *prompt, **members)
    return skip.value.reason


def problems(name: str, found: Any) -> list[str]:
    return [problem.type for problem in FORMATS[name].check(found, ())]


@pytest.mark.parametrize("name", FORMATS)
def test_the_golden_rows_pass_the_check(name: str) -> None:
    lines = (GOLDEN / f"{name}.jsonl").read_text(encoding="utf-8").split("\n")[:-1]

    assert [problems(name, json.loads(line)) for line in lines] == [[]] * len(lines)
    assert '"weight"' not in "".join(lines)


def test_every_content_is_a_list_of_parts_one_where_it_is_all_text() -> None:
    prompt = ({"role": "developer", "content": "Be brief."}, shown(text("one"), text("two")))

    assert row(SFT, *prompt) == {
        "messages": [
            {"role": "system", "content": [text("Be brief.")]},
            {"role": "user", "content": [text("one\ntwo")]},
            {"role": "assistant", "content": [text("C")]},
        ],
        "tools": "[]",
    }


def test_an_image_is_a_part_with_its_path_and_a_literal_placeholder_stays_text() -> None:
    found = row(SFT, shown(text("A literal <image>."), PICTURE, PICTURE))

    image = {"type": "image", "path": "images/a.png"}
    assert found["messages"][0]["content"] == [text("A literal <image>."), image, image]


def test_earlier_answers_are_kept_out_of_the_loss_in_axolotls_word() -> None:
    calling = {"role": "assistant", "tool_calls": [call("A7")]}

    found = row(SFT, *asked("q"), said("a0"), *asked("q"), calling, TOLD, tools=[TOOL])

    trained = [turn.get("train") for turn in found["messages"]]
    assert trained == [None, False, None, False, None, None]
    assert found["messages"][3]["content"] == [text("")]
    assert found["messages"][4]["tool_call_id"] == "call_1"
    assert json.loads(found["tools"]) == [TOOL]


@pytest.mark.parametrize("arguments", ["", "{", "[1]", '{"n":NaN}', "[" * 100_000])
def test_calls_whose_arguments_axolotl_could_not_read_are_left_out(arguments: str) -> None:
    wrong = call("A7") | {"function": {"name": "stock", "arguments": arguments}}

    assert left_out(SFT, answer={"role": "assistant", "tool_calls": [wrong]}) == Reason.TOOLS


@pytest.mark.parametrize(
    ("prompt", "tools", "reason"),
    [
        ([shown(PICTURE)], [TOOL], Reason.TOOLS),
        ([shown(PICTURE), said("", tool_calls=[call("A7")]), TOLD], [], Reason.TOOLS),
        ([*asked("q"), said("a") | {"content": [IMAGE]}, *asked("q")], [], Reason.TEXT_ONLY),
        ([shown({"type": "input_audio", "input_audio": {}})], [], Reason.OTHER_MEDIA),
    ],
)
def test_what_axolotl_would_lose_beside_images_is_left_out(
    prompt: list[dict[str, Any]], tools: list[dict[str, Any]], reason: Reason
) -> None:
    assert left_out(SFT, *prompt, tools=tools) == reason


def test_a_pair_is_strings_without_outer_spaces() -> None:
    found = row(PAIRS, shown(text("one"), text("two")), answer=said(" C\n"), output=said("O "))

    assert found == {
        "messages": asked("one\ntwo"),
        "chosen": said("C"),
        "rejected": said("O"),
    }


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"answer": said(""), "output": said("O")}, Reason.RESERVED_WORDS),
        ({"answer": said("C"), "output": said("dummy")}, Reason.RESERVED_WORDS),
        ({"answer": said("C "), "output": said("C")}, Reason.UNCHANGED),
        ({"answer": said("C", tool_calls=[call("A7")])}, Reason.TOOLS),
        ({"tools": [TOOL]}, Reason.TOOLS),
    ],
)
def test_pairs_that_axolotl_would_cut_wrongly_are_left_out(
    members: dict[str, Any], reason: Reason
) -> None:
    assert left_out(PAIRS, **members) == reason


def test_the_check_finds_what_axolotl_would_ignore_or_break_at() -> None:
    asks, answers = {"role": "user", "content": [text("q")]}, {"role": "assistant"}
    image = {"type": "image", "path": "images/a.png"}
    good = {"messages": [asks, answers | {"content": [text("C")]}], "tools": "[]"}

    def last(**members: Any) -> list[str]:
        turns = [asks, {**answers, "content": [text("C")], **members}]
        return problems(SFT, good | {"messages": turns})

    assert problems(SFT, good) == []
    assert problems(SFT, good | {"tools": "no"}) == ["json_list"]
    assert problems(SFT, good | {"images": []}) == ["extra_forbidden"]
    assert problems(SFT, good | {"messages": [asks]}) == ["last_role"]
    assert last(weight=1) == ["extra_forbidden"]
    assert last(train=False) == ["train"]
    assert last(content="C") == ["list_type"]
    assert last(content=[text("C") | {"weight": 0}]) == ["part"]
    assert last(content=[{"type": "image"}]) == ["part"]
    assert last(content=[image]) == ["images"]
    pair = {"messages": asked("q"), "chosen": said("C"), "rejected": said("O")}
    assert problems(PAIRS, pair | {"rejected": said("C")}) == ["unchanged"]
    assert problems(PAIRS, pair | {"chosen": said(" C")}) == ["answer"]
    assert problems(PAIRS, pair | {"chosen": said("")}) == ["answer"]


@pytest.mark.parametrize("name", FORMATS)
def test_the_configuration_names_every_file(name: str) -> None:
    files = {"train": ["data/a-0.jsonl", "data/a-1.jsonl"], "validation": ["data/b.jsonl"]}

    config = yaml.safe_load(FORMATS[name].companions(Layout("odd", files))["axolotl.yaml"])

    kind = {SFT: "chat_template", PAIRS: "chat_template.default"}[name]
    assert config.get("rl") == {SFT: None, PAIRS: "dpo"}[name]
    assert [entry["path"] for entry in config["datasets"]] == files["train"]
    assert [entry["path"] for entry in config["test_datasets"]] == files["validation"]
    assert {entry["type"] for entry in config["datasets"]} == {kind}
    alone = FORMATS[name].companions(Layout("odd", {"train": ["data/a.jsonl"]}))["axolotl.yaml"]
    assert "test_datasets" not in yaml.safe_load(alone)
    if name == SFT:
        assert config["datasets"][0]["message_field_training"] == "train"
