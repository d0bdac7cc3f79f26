"""What is special about LLaMA-Factory's rows: it skips what it does not like without a word."""

import json
from pathlib import Path
from typing import Any

import pytest

from exports.example import Example, Reason, Skip
from exports.formats import llamafactory
from exports.formats.interface import Layout
from tests.exports.odd import IMAGE, TOOL, asked, call

FORMATS = {form.name: form for form in llamafactory.FORMATS}
SHAREGPT = [name for name in FORMATS if name.startswith("llamafactory")]
GOLDEN = Path(__file__).parent / "golden"
COMPANIONS = Path(__file__).parent / "golden_companions"
LAYOUT = Layout(
    name="odd",
    files={split: [f"data/{split}-00000-of-00001.jsonl"] for split in ("train", "validation")},
)


def said(text: str, **members: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, **members}


def calling(*calls: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": list(calls)}


def result(content: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": "call_1", "content": content}


def example(
    *prompt: dict[str, Any], answer: Any = None, output: Any = None, tools: Any = ()
) -> Example:
    return Example(
        prompt=list(prompt) or asked("q"),
        answer=answer or said("C"),
        output=output or said("O"),
        changed=True,
        corrected=True,
        tools=list(tools),
    )


def rows(name: str, *prompt: dict[str, Any], **members: Any) -> list[dict[str, Any]]:
    found = list(FORMATS[name].to_rows(example(*prompt, **members)))
    assert problems(name, *found) == []
    return found


def problems(name: str, *several: dict[str, Any]) -> list[str]:
    return [problem.type for row in several for problem in FORMATS[name].check(row, ())]


def left_out(name: str, *prompt: dict[str, Any], **members: Any) -> Reason:
    with pytest.raises(Skip) as skip:
        list(FORMATS[name].to_rows(example(*prompt, **members)))
    return skip.value.reason


@pytest.mark.parametrize("name", FORMATS)
def test_the_golden_rows_pass_the_check(name: str) -> None:
    lines = (GOLDEN / f"{name}.jsonl").read_text(encoding="utf-8").split("\n")[:-1]

    assert problems(name, *map(json.loads, lines)) == []


@pytest.mark.parametrize("name", FORMATS)
def test_the_companion_is_what_its_golden_file_holds(
    name: str, request: pytest.FixtureRequest
) -> None:
    written = FORMATS[name].companions(LAYOUT)
    golden = COMPANIONS / f"{name}.dataset_info.json"
    if request.config.getoption("--write-golden"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(written["dataset_info.json"], encoding="utf-8")

    assert written == {"dataset_info.json": golden.read_text(encoding="utf-8")}


@pytest.mark.parametrize("name", SHAREGPT)
def test_an_entry_a_split_names_every_column_and_all_seven_tags(name: str) -> None:
    info = json.loads(FORMATS[name].companions(LAYOUT)["dataset_info.json"])

    assert list(info) == ["train", "validation"]
    for split, entry in info.items():
        assert entry["formatting"] == "sharegpt"
        assert entry["file_name"] == f"data/{split}-00000-of-00001.jsonl"
        assert set(entry["columns"].values()) == set(rows(name)[0])
        assert len(entry["tags"]) == 7
        assert entry.get("ranking", False) is (name == "llamafactory-preference")


def test_further_files_of_a_split_have_entries_of_their_own() -> None:
    layout = Layout(name="odd", files={"train": ["a.jsonl", "b.jsonl"]})
    info = json.loads(FORMATS["alpaca"].companions(layout)["dataset_info.json"])

    assert {name: entry["file_name"] for name, entry in info.items()} == {
        "train": "a.jsonl",
        "train-2": "b.jsonl",
    }


@pytest.mark.parametrize("mark", ["<image>", "<video>", "<audio>"])
@pytest.mark.parametrize("name", FORMATS)
def test_a_literal_mark_in_somebodys_text_stands_for_nothing(name: str, mark: str) -> None:
    turns = [{"role": "system", "content": mark}, *asked(f"{mark} {mark}")]
    (row, *_) = rows(name, *turns, answer=said(mark), output=said(f"{mark}."))

    assert mark not in json.dumps(row)
    assert mark.removeprefix("<") in json.dumps(row, ensure_ascii=False)


@pytest.mark.parametrize("name", SHAREGPT)
def test_each_image_has_its_mark_and_its_file(name: str) -> None:
    content = [{"type": "text", "text": "A literal <image>: "}, IMAGE, IMAGE]
    (row, *_) = rows(name, {"role": "user", "content": content})

    assert row["messages"][0]["content"] == "A literal <\u200dimage>: <image><image>"
    assert row["images"] == ["https://example.com/scan.png"] * 2
    assert problems(name, row | {"images": row["images"][:1]}) == ["image_count"]


@pytest.mark.parametrize("name", SHAREGPT)
@pytest.mark.parametrize(
    "prompt",
    [
        [*asked("a"), *asked("b")],
        [said("Hello."), *asked("a")],
        [*asked("a"), {"role": "system", "content": "s"}, *asked("b")],
        [*asked("a"), calling(call("A"), call("B")), result("1"), result("2")],
        [{"role": "system", "content": "s"}],
    ],
    ids=["two of the user", "assistant first", "late system", "two results", "system alone"],
)
def test_turns_that_the_trainer_would_skip_are_never_written(
    name: str, prompt: list[dict[str, Any]]
) -> None:
    assert left_out(name, *prompt) is Reason.TURNS


@pytest.mark.parametrize("name", SHAREGPT)
def test_the_check_finds_turns_that_the_trainer_would_skip(name: str) -> None:
    (row, *_) = rows(name, *asked("a"), said("b"), *asked("c"))
    first, *others = row["messages"]

    assert problems(name, row | {"messages": others}) == ["role_order"]
    assert problems(name, row | {"messages": [first, first, *others[1:]]}) == ["role_order"]
    assert problems(name, row | {"messages": row["messages"][:-1]}) == ["turns"]


@pytest.mark.parametrize("name", SHAREGPT)
def test_system_turns_are_a_column_and_no_turn(name: str) -> None:
    leading = [{"role": role, "content": role} for role in ("system", "developer")]
    (row, *_) = rows(name, *leading, *asked("q"))

    assert row["system"] == "system\n\ndeveloper"
    assert row["messages"][0]["role"] == "user"
    assert rows(name)[0]["system"] == ""


def test_tool_calls_and_results_are_turns_of_their_own() -> None:
    turns = [*asked("q"), calling(call("A7")), result([{"type": "text", "text": "3"}])]
    (row,) = rows("llamafactory-sft", *turns, tools=[TOOL])

    assert [turn["role"] for turn in row["messages"]] == [
        "user",
        "function_call",
        "observation",
        "assistant",
    ]
    assert row["messages"][1]["content"] == '{"name":"stock","arguments":{"sku":"A7"}}'
    assert row["messages"][2]["content"] == "3"


def test_calls_at_once_are_a_list_in_one_turn() -> None:
    (row,) = rows("llamafactory-sft", answer=calling(call("A"), call("B")))
    names = [called["arguments"]["sku"] for called in json.loads(row["messages"][-1]["content"])]

    assert names == ["A", "B"]


@pytest.mark.parametrize("arguments", ["", "[]", '"text"', "{"])
def test_arguments_that_are_no_object_are_left_out(arguments: str) -> None:
    function = {"name": "stock", "arguments": arguments}
    answer = calling({"id": "call_1", "type": "function", "function": function})

    assert left_out("llamafactory-sft", answer=answer) is Reason.TOOLS


def test_text_beside_a_call_is_left_out() -> None:
    answer = said("Let me see.", tool_calls=[call("A7")])

    assert left_out("llamafactory-sft", answer=answer) is Reason.TOOLS


@pytest.mark.parametrize("parameters", [{}, {"parameters": {"type": "object"}}])
def test_tools_are_bare_functions_whose_parameters_have_properties(parameters: Any) -> None:
    tool = {"type": "function", "function": {"name": "stock", "strict": True, **parameters}}
    (row,) = rows("llamafactory-sft", tools=[tool])

    assert json.loads(row["tools"]) == [
        {"name": "stock", "description": "", "parameters": {"type": "object", "properties": {}}}
    ]
    assert problems("llamafactory-sft", row | {"tools": json.dumps([tool])}) == ["missing"] * 2
    assert problems("llamafactory-sft", row | {"tools": "{"}) == ["json_invalid"]


@pytest.mark.parametrize("content", ["stock", "{}", "[]", '{"name":"a","arguments":"{}"}'])
def test_the_check_reads_what_a_function_call_holds(content: str) -> None:
    (row,) = rows("llamafactory-sft")
    turns = [*row["messages"][:1], {"role": "function_call", "content": content}]

    assert problems("llamafactory-sft", row | {"messages": turns})


def test_content_is_never_a_list() -> None:
    content = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    (row,) = rows("llamafactory-sft", {"role": "user", "content": content})
    turns = [{"role": "user", "content": content}, *row["messages"][1:]]

    assert row["messages"][0]["content"] == "one\ntwo"
    assert problems("llamafactory-sft", row | {"messages": turns}) == ["string_type"]


def test_the_label_is_a_boolean_and_a_good_answer_is_not_empty() -> None:
    good, bad = rows("llamafactory-kto", output=said(""))

    assert (good["kto_tag"], bad["kto_tag"]) == (True, False)
    assert problems("llamafactory-kto", good | {"kto_tag": 1}) == ["bool_type"]
    assert problems("llamafactory-kto", bad | {"kto_tag": True}) == ["answer"]
    assert left_out("llamafactory-kto", answer=said("")) is Reason.NO_CORRECTION


@pytest.mark.parametrize("name", SHAREGPT)
def test_images_stand_in_user_turns_only(name: str) -> None:
    prompt = [*asked("a"), {"role": "assistant", "content": [IMAGE]}, *asked("b")]

    assert left_out(name, *prompt) is Reason.TEXT_ONLY
    assert left_out(name, answer={"role": "assistant", "content": [IMAGE]}) is Reason.TEXT_ONLY


def test_alpaca_holds_one_turn_of_text() -> None:
    assert left_out("alpaca", *asked("a"), said("b"), *asked("c")) is Reason.TURNS
    assert left_out("alpaca", {"role": "user", "content": [IMAGE]}) is Reason.TEXT_ONLY
    assert left_out("alpaca", answer=calling(call("A"))) is Reason.TOOLS
    assert problems("alpaca", rows("alpaca")[0] | {"output": "<image>"}) == ["image_count"]
