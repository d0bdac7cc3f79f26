"""Mistral's rows: ids of nine characters, calls without words, complete tools."""

from typing import Any

import pytest

from exports.example import Example, Message, Reason, Skip
from exports.formats import FORMATS
from exports.formats.mistral import call_id, to_rows
from tests.exports.odd import TOOL, asked, call

SAID = {"role": "assistant", "content": "yes"}
CALLING = {"role": "assistant", "tool_calls": [call("A")]}
ANSWER = {"role": "tool", "tool_call_id": "call_1", "content": "3"}
check = FORMATS["mistral-sft"].check


def example(prompt: list[Message], answer: Message = SAID, tools: Any = ()) -> Example:
    return Example(
        prompt=prompt, answer=answer, output=None, changed=True, corrected=True, tools=list(tools)
    )


def test_an_id_is_nine_characters_and_the_same_for_call_and_answer() -> None:
    (row,) = to_rows(example([*asked("q"), CALLING, ANSWER], tools=[TOOL]))

    (made,) = row["messages"][1]["tool_calls"]
    assert made["id"] == row["messages"][2]["tool_call_id"] == "74196fe72"
    assert not list(check(row, ()))


def test_an_id_is_stable_and_one_that_fits_stays() -> None:
    assert [call_id(id_) for id_ in ("call_1", "call_1", "TX92Jm8Zi")] == [
        "74196fe72",
        "74196fe72",
        "TX92Jm8Zi",
    ]
    assert len({call_id(f"call_{number}") for number in range(1000)}) == 1000


def test_a_tool_is_described_in_full_and_no_more() -> None:
    bare = {"type": "function", "function": {"name": "f", "strict": True}}
    (row,) = to_rows(example(asked("q"), tools=[bare]))

    assert row["tools"][0]["function"] == {"name": "f", "description": "", "parameters": {}}


def test_there_is_one_system_message_and_no_name() -> None:
    systems = [{"role": "system", "content": "a"}, {"role": "developer", "content": "b"}]
    (row,) = to_rows(example([*systems, {"role": "user", "content": "q", "name": "n"}]))

    assert row["messages"][:2] == [
        {"role": "system", "content": "a\n\nb"},
        {"role": "user", "content": "q"},
    ]


def test_an_image_is_its_address() -> None:
    part = {"type": "image_url", "image_url": {"url": "data:x", "detail": "low"}, "media_type": "y"}
    text = {"type": "text", "text": "q"}
    (row,) = to_rows(example([{"role": "user", "content": [text, part]}]))

    assert row["messages"][0]["content"] == [text, {"type": "image_url", "image_url": "data:x"}]
    assert not list(check(row, ()))


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ([*asked("q"), CALLING, *asked("never mind")], Reason.TURNS),
        ([*asked("q"), CALLING, ANSWER, ANSWER], Reason.TURNS),
        ([*asked("q"), ANSWER], Reason.TURNS),
        ([SAID, *asked("q")], Reason.TURNS),
        ([*asked("q"), {"role": "system", "content": "s"}], Reason.TURNS),
        ([*asked("q"), {**CALLING, "content": "Let me see."}, ANSWER], Reason.TOOLS),
    ],
)
def test_what_the_shape_cannot_hold_is_left_out(prompt: list[Message], reason: Reason) -> None:
    with pytest.raises(Skip) as skipped:
        list(to_rows(example(prompt)))

    assert skipped.value.reason is reason


def test_a_tools_name_that_mistral_refuses_is_left_out() -> None:
    tool = {"type": "function", "function": {"name": "a.b"}}

    with pytest.raises(Skip) as skipped:
        list(to_rows(example(asked("q"), tools=[tool])))

    assert skipped.value.reason is Reason.TOOLS


Q = {"role": "user", "content": "q"}
CALL = {"id": "TX92Jm8Zi", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [5],
        [Q],
        [{"role": [], "content": "q"}, SAID],
        [SAID],
        [{"role": "system", "content": "s"}, SAID],
        [Q, {"role": "system", "content": "s"}, {"role": "system", "content": "s"}, SAID],
        [{"role": "developer", "content": "s"}, Q, SAID],
        [Q, {"role": "assistant", "content": ""}],
        [Q, {**SAID, "weight": 2}],
        [Q, {**SAID, "weight": True}],
        [Q, {**SAID, "name": "n"}],
        [Q, {**SAID, "tool_calls": [CALL]}],
        [Q, {"role": "assistant", "tool_calls": [{**CALL, "id": "call_1"}]}],
        [Q, {"role": "assistant", "tool_calls": [CALL]}, Q, SAID],
        [Q, {"role": "tool", "tool_call_id": "TX92Jm8Zi", "content": "1"}, SAID],
        [{"role": "user", "content": [{"type": "image_url"}]}, SAID],
        [{"role": "user", "content": [{"type": "image", "image_url": "x"}]}, SAID],
    ],
)
def test_the_check_finds_what_mistral_refuses(messages: list[Any]) -> None:
    assert list(check({"messages": messages}, ()))


@pytest.mark.parametrize(
    "messages",
    [
        [Q, {**SAID, "weight": 0}, Q, SAID],
        [Q, {"role": "assistant", "content": "", "tool_calls": [CALL]}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}, SAID],
    ],
)
def test_the_check_passes_what_mistral_takes(messages: list[Any]) -> None:
    assert not list(check({"messages": messages}, ()))
    assert list(check({"messages": messages, "tools": [TOOL]}, ()))
