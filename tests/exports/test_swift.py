"""What is special about ms-swift's rows: what it does not like, it deletes with a mere log line."""

import json
from pathlib import Path
from typing import Any

import pytest

from exports.example import Example, Reason, Skip
from exports.formats import swift
from tests.exports.odd import TOOL, asked, call

FORMATS = {form.name: form for form in swift.FORMATS}
GOLDEN = Path(__file__).parent / "golden"
SFT, PAIRS, KTO = FORMATS
PICTURE = {"type": "image_url", "image_url": {"url": "images/a.png"}}
CALLED = {"role": "tool_call", "content": '{"name":"stock","arguments":{"sku":"A7"}}'}
TOLD = {"role": "tool", "tool_call_id": "call_1", "content": "3"}
SYSTEM = {"role": "system", "content": "Be brief."}


def said(text: str, **members: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, **members}


def calling(sku: str = "A7", **function: Any) -> dict[str, Any]:
    one = call(sku)
    return {"role": "assistant", "tool_calls": [one | {"function": one["function"] | function}]}


def shown(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(parts)}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def rows(
    name: str, *prompt: dict[str, Any], answer: Any = None, output: Any = None, tools: Any = ()
) -> list[dict[str, Any]]:
    example = Example(
        prompt=list(prompt) or asked("q"),
        answer=answer or said("C"),
        output=output or said("O"),
        changed=True,
        corrected=True,
        tools=list(tools),
    )
    found = list(FORMATS[name].to_rows(example))
    assert [problems(name, row) for row in found] == [[]] * len(found)
    return found


def left_out(name: str, *prompt: dict[str, Any], **members: Any) -> Reason:
    with pytest.raises(Skip) as skip:
        rows(name, *prompt, **members)
    return skip.value.reason


def problems(name: str, found: Any) -> list[str]:
    return [problem.type for problem in FORMATS[name].check(found, ())]


@pytest.mark.parametrize("name", FORMATS)
def test_the_golden_rows_pass_the_check(name: str) -> None:
    lines = (GOLDEN / f"{name}.jsonl").read_text(encoding="utf-8").split("\n")[:-1]

    assert [problems(name, json.loads(line)) for line in lines] == [[]] * len(lines)
    assert '"weight"' not in "".join(lines)


def test_each_image_has_its_placeholder_and_a_literal_one_is_broken_up() -> None:
    wordy = TOOL | {"function": {"name": "see", "description": "An <image>."}}

    [row] = rows(
        SFT,
        {"role": "developer", "content": "No <image>."},
        shown(text("A literal <image>: "), PICTURE, text(" and "), PICTURE),
        answer=said("<img>a.png</img>"),
        tools=[wordy],
    )

    assert row["images"] == ["images/a.png", "images/a.png"]
    assert [turn["content"] for turn in row["messages"]] == [
        "No <\u200dimage>.",
        "A literal <\u200dimage>: <image> and <image>",
        "<\u200dimg>a.png</img>",
    ]
    assert "An <\u200dimage>." in row["tools"]
    assert json.loads(row["tools"])[0]["function"]["name"] == "see"


def test_earlier_answers_and_calls_are_kept_out_of_the_loss_in_swifts_word() -> None:
    prompt = (SYSTEM, *asked("q"), said("a0"), *asked("q"), calling() | {"content": "Look:"}, TOLD)

    [row] = rows(SFT, *prompt, tools=[TOOL])

    assert row["messages"] == [
        SYSTEM,
        *asked("q"),
        said("a0", loss=False),
        *asked("q"),
        said("Look:", loss=False),
        CALLED | {"loss": False},
        {"role": "tool_response", "content": "3"},
        said("C"),
    ]


def test_turns_of_the_user_in_a_row_are_joined_with_a_line_end() -> None:
    [row] = rows(SFT, *asked("one"), shown(text("two"), text("three")))

    assert row["messages"] == [*asked("one\ntwo\nthree"), said("C")]


@pytest.mark.parametrize(
    "prompt",
    [
        [*asked("q"), SYSTEM, *asked("q")],
        [said("a0"), *asked("q")],
        [*asked("q"), TOLD],
        [*asked("q"), said("a0"), TOLD],
        [*asked("q"), calling(), TOLD, *asked("q")],
        [SYSTEM],
    ],
)
@pytest.mark.parametrize("name", FORMATS)
def test_orders_of_turns_that_swift_would_delete_are_left_out(
    name: str, prompt: list[dict[str, Any]]
) -> None:
    assert left_out(name, *prompt) == Reason.TURNS


@pytest.mark.parametrize("arguments", ["", "{", "[1]", '{"n":NaN}', "[" * 100_000])
def test_calls_whose_arguments_are_no_json_are_left_out(arguments: str) -> None:
    assert left_out(SFT, answer=calling(arguments=arguments)) == Reason.TOOLS


def test_what_is_rejected_stands_for_all_turns_after_the_users_last() -> None:
    [row] = rows(PAIRS, *asked("q"), calling(), TOLD, tools=[TOOL])

    since = [CALLED | {"loss": False}, {"role": "tool_response", "content": "3"}]
    assert row["messages"] == [*asked("q"), *since, said("C")]
    assert row["rejected_response"] == [*since, said("O")]


def test_a_call_may_be_chosen_and_another_rejected() -> None:
    [row] = rows(PAIRS, answer=calling("A7"), output=calling("B8"))

    assert row["messages"][-1] == CALLED
    assert row["rejected_response"] == [
        {"role": "tool_call", "content": '{"name":"stock","arguments":{"sku":"B8"}}'}
    ]


def test_rejected_is_never_what_was_chosen() -> None:
    parts = said("") | {"content": [text("C"), text("D")]}

    assert left_out(PAIRS, answer=said("C\nD"), output=parts) == Reason.UNCHANGED


def test_single_answers_have_a_label_and_are_no_calls() -> None:
    good, bad = rows(KTO)

    assert (good["messages"][-1], good["label"]) == (said("C"), True)
    assert (bad["messages"][-1], bad["label"]) == (said("O"), False)
    assert left_out(KTO, output=calling()) == Reason.TOOLS


def test_the_check_finds_what_swift_would_delete_or_ignore() -> None:
    good = {"messages": [*asked("q"), said("C")], "images": [], "tools": "[]"}

    def turns(*several: dict[str, Any], name: str = SFT, **members: Any) -> list[str]:
        return problems(name, {**good, "messages": [*several], **members})

    assert problems(SFT, good) == []
    assert turns(*asked("q"), said("C", weight=0)) == ["extra_forbidden"]
    assert turns(*asked("q"), said("C", loss=False)) == ["loss"]
    assert turns(*asked("q"), {"role": "assistant", "content": None}) == ["missing"]
    assert turns(*asked("q"), CALLED | {"content": "no"}) == ["json_object"]
    assert turns(*asked("q"), {"role": "function", "content": "3"}) == ["literal_error"]
    assert turns(said("C")) == ["role_order"]
    assert turns(*asked("<image>"), said("C")) == ["image_count"]
    assert turns(*asked("<img>a.png</img>"), said("C")) == ["image_count"]
    assert turns(*asked("q"), said("C"), images=["images/a.png"]) == ["image_count"]
    assert turns(*asked("q"), said("C"), tools="no") == ["json_list"]
    assert turns(*asked("q"), CALLED, name=KTO, label=True) == ["last_role"]
    assert turns(*asked("q"), said("C"), name=KTO, label=1) == ["bool_type"]
    for rejected in ([said("C")], [*asked("q"), said("O")], [said("O"), *asked("q"), said("P")]):
        wrong = turns(*asked("q"), said("C"), name=PAIRS, rejected_response=rejected)
        assert wrong == ["rejected"]
