"""Fireworks' rows: PNG and JPEG inside, the system first, turns taken."""

from typing import Any

import pytest

from exports.example import Example, Message, Reason, Skip
from exports.formats import FORMATS
from exports.formats.fireworks import to_preference_rows, to_sft_rows
from tests.exports.odd import TOOL, asked

SAID = {"role": "assistant", "content": "yes"}
check = FORMATS["fireworks-sft"].check


def example(prompt: list[Message], tools: Any = (), **members: Any) -> Example:
    known = {"answer": SAID, "output": None, "changed": True, "corrected": True}
    return Example(prompt=prompt, tools=list(tools), **{**known, **members})


def image(type_: str) -> list[Message]:
    url = f"data:image/{type_};base64,AA"
    return [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]


def test_the_system_is_one_message_and_first() -> None:
    systems = [{"role": "system", "content": "a"}, {"role": "developer", "content": "b"}]
    (row,) = to_sft_rows(example([*systems, *asked("q"), SAID, *asked("r")], [TOOL]))

    assert row == {
        "messages": [
            {"role": "system", "content": "a\n\nb"},
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": "yes", "weight": 0},
            {"role": "user", "content": "r"},
            SAID,
        ],
        "tools": [TOOL],
    }
    assert not list(check(row, ()))


@pytest.mark.parametrize("type_", ["png", "jpeg"])
def test_png_and_jpeg_are_inside(type_: str) -> None:
    (row,) = to_sft_rows(example(image(type_)))

    assert row["messages"] == [*image(type_), SAID]
    assert not list(check(row, ()))


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        (image("webp"), Reason.IMAGE_NOT_HERE),
        ([*asked("a"), *asked("b")], Reason.TURNS),
        ([*asked("a"), {"role": "system", "content": "s"}], Reason.TURNS),
    ],
)
def test_what_the_shape_cannot_hold_is_left_out(prompt: list[Message], reason: Reason) -> None:
    with pytest.raises(Skip) as skipped:
        list(to_sft_rows(example(prompt)))

    assert skipped.value.reason is reason


def test_a_pair_is_text_only_and_without_tools() -> None:
    (row,) = to_preference_rows(example(asked("q"), output={**SAID, "content": "no"}))

    assert row["input"] == {"messages": asked("q")}
    assert not list(FORMATS["fireworks-preference"].check(row, ()))
    for prompt, tools, reason in (
        (image("png"), [], Reason.TEXT_ONLY),
        (asked("q"), [TOOL], Reason.TOOLS),
        ([*asked("a"), *asked("b")], [], Reason.TURNS),
    ):
        with pytest.raises(Skip) as skipped:
            list(to_preference_rows(example(prompt, tools, output=SAID)))
        assert skipped.value.reason is reason


@pytest.mark.parametrize(
    "messages",
    [
        [*asked("q")],
        [*asked("q"), *asked("q"), SAID],
        [*asked("q"), {"role": "system", "content": "s"}, SAID],
        [{"role": "developer", "content": "s"}, *asked("q"), SAID],
        [*image("webp"), SAID],
        [
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a"}}]},
            SAID,
        ],
    ],
)
def test_the_check_finds_what_fireworks_refuses(messages: list[Any]) -> None:
    assert list(check({"messages": messages}, ()))
    assert not list(check({"messages": [*image("jpg"), SAID]}, ()))
