"""Together's rows: one style of content, images inside, turns taken."""

from typing import Any

import pytest

from exports.example import Example, Message, Reason, Skip
from exports.formats import FORMATS
from exports.formats.together import to_preference_rows, to_sft_rows
from tests.exports.odd import TOOL, asked, call

SAID = {"role": "assistant", "content": "yes"}
CALLING = {"role": "assistant", "tool_calls": [call("A")]}
ANSWER = {"role": "tool", "tool_call_id": "call_1", "content": "3"}
PNG = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
check = FORMATS["together-sft"].check


def example(prompt: list[Message], tools: Any = (), **members: Any) -> Example:
    known = {"answer": SAID, "output": None, "changed": True, "corrected": True}
    return Example(prompt=prompt, tools=list(tools), **{**known, **members})


def parts(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text}]


def test_content_is_parts_everywhere_even_without_images() -> None:
    system = {"role": "developer", "content": "s"}
    (row,) = to_sft_rows(example([system, *asked("q"), CALLING, ANSWER], [TOOL]))

    assert [turn.get("content") for turn in row["messages"]] == [
        parts("s"),
        parts("q"),
        None,
        parts("3"),
        parts("yes"),
    ]
    assert set(row) == {"messages", "tools"}
    assert not list(check(row, ()))


def test_an_image_is_inside_and_nobody_who_shows_one_has_a_weight() -> None:
    noted = {**PNG, "media_type": "image/png"}
    turns = [{"role": "user", "content": [noted], "name": "n"}, SAID, *asked("q")]
    (row,) = to_sft_rows(example(turns))

    assert row["messages"][0] == {"role": "user", "content": [PNG]}
    assert [turn.get("weight") for turn in row["messages"]] == [None, 0, None, None]
    assert not list(check(row, ()))


def test_a_pair_takes_images_but_no_tools() -> None:
    prompt = [{"role": "user", "content": [PNG]}]
    (row,) = to_preference_rows(example(prompt, output={**SAID, "content": "no"}))

    assert row["input"] == {"messages": [{"role": "user", "content": [PNG]}]}
    assert row["preferred_output"] == [{"role": "assistant", "content": parts("yes")}]
    assert not list(FORMATS["together-preference"].check(row, ()))
    for members in ({"tools": [TOOL], "output": SAID}, {"output": CALLING}):
        with pytest.raises(Skip) as skipped:
            list(to_preference_rows(example(prompt, **members)))
        assert skipped.value.reason is Reason.TOOLS


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ([*asked("a"), *asked("b")], Reason.TURNS),
        ([SAID, *asked("b")], Reason.TURNS),
        ([{"role": "system", "content": "s"}], Reason.TURNS),
        ([*asked("a"), CALLING, *asked("b")], Reason.TURNS),
        ([*asked("a"), CALLING, ANSWER, *asked("b")], Reason.TURNS),
        (
            [{"role": "user", "content": [{**PNG, "image_url": {"url": "https://a"}}]}],
            Reason.IMAGE_NOT_HERE,
        ),
    ],
)
def test_what_the_shape_cannot_hold_is_left_out(prompt: list[Message], reason: Reason) -> None:
    for rows in (to_sft_rows(example(prompt)), to_preference_rows(example(prompt, output=SAID))):
        with pytest.raises(Skip) as skipped:
            list(rows)
        assert skipped.value.reason in (reason, Reason.TOOLS)


Q, IMAGE = {"role": "user", "content": "q"}, {"role": "user", "content": [PNG]}
PARTS = {"role": "assistant", "content": parts("a")}


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [Q, SAID], "id": 1},
        {"messages": [Q, SAID], "parallel_tool_calls": True},
        {"messages": [Q, PARTS]},
        {"messages": [Q, Q, SAID]},
        {"messages": [{"role": "developer", "content": "s"}, Q, SAID]},
        {"messages": [Q, SAID, Q]},
        {"messages": [{**IMAGE, "weight": 1}, PARTS]},
        {"messages": [{"role": "user", "content": [PNG] * 11}, PARTS]},
        {"messages": [{"role": "user", "content": [{**PNG, "image_url": {"url": "x"}}]}, PARTS]},
        {"messages": [Q, {**SAID, "weight": 0.5}]},
    ],
)
def test_the_check_finds_what_together_refuses(row: dict[str, Any]) -> None:
    assert list(check(row, ()))
    assert not list(check({"messages": [{**IMAGE, "weight": 0}, PARTS]}, ()))


def test_the_check_of_pairs_finds_a_second_answer_and_an_extra_member() -> None:
    pair_check = FORMATS["together-preference"].check
    pair = {"input": {"messages": [Q]}, "preferred_output": [SAID], "non_preferred_output": [SAID]}

    assert not list(pair_check(pair, ()))
    assert list(pair_check({**pair, "preferred_output": [SAID, SAID]}, ()))
    assert list(pair_check({**pair, "input": {"messages": [Q], "tools": []}}, ()))
    assert list(pair_check({**pair, "input": {"messages": [Q, SAID]}}, ()))
