"""Nova's rows: blocks, addresses in S3, words of the trainer's own."""

from typing import Any

import pytest

from exports.example import Example, Message, Reason, Skip
from exports.formats import FORMATS
from exports.formats.bedrock import to_rows
from tests.exports.odd import TOOL, asked

SAID = {"role": "assistant", "content": "yes"}
check = FORMATS["bedrock-nova"].check


def example(prompt: list[Message], answer: str = "yes", tools: Any = ()) -> Example:
    message = {"role": "assistant", "content": answer}
    return Example(
        prompt=prompt, answer=message, output=None, changed=True, corrected=True, tools=list(tools)
    )


def shown(url: str, **noted: str) -> list[Message]:
    part = {"type": "image_url", "image_url": {"url": url}, **noted}
    return [{"role": "user", "content": [{"type": "text", "text": "q"}, part]}]


def test_turns_are_blocks_and_the_system_stands_beside() -> None:
    (row,) = to_rows(example([{"role": "developer", "content": "s"}, *asked("q")]))

    assert row == {
        "schemaVersion": "bedrock-conversation-2024",
        "system": [{"text": "s"}],
        "messages": [
            {"role": "user", "content": [{"text": "q"}]},
            {"role": "assistant", "content": [{"text": "yes"}]},
        ],
    }
    assert not list(check(row, ()))


WORDS = (
    "User:",
    "Bot:",
    "Assistant:",
    "System:",
    "<image>",
    "<video>",
    "[EOS]",
    "USER:",
    "Thought:",
)


@pytest.mark.parametrize("word", WORDS)
def test_words_of_the_trainers_own_leave_a_row_out_wherever_they_stand(word: str) -> None:
    said = f"one {word} two"
    prompts = [asked(said), [{"role": "system", "content": said}, *asked("q")], asked("q")]
    for prompt, answer in zip(prompts, ("a", "a", said), strict=True):
        with pytest.raises(Skip) as skipped:
            list(to_rows(example(prompt, answer)))

        assert skipped.value.reason is Reason.RESERVED_WORDS


def test_names_like_those_words_are_none() -> None:
    (row,) = to_rows(example(asked('{"User": "EOS"} user: image'), "the Assistant"))

    assert not list(check(row, ()))


@pytest.mark.parametrize(
    ("url", "noted", "name"),
    [
        ("s3://bucket/images/ab.jpg", "image/jpeg", "jpeg"),
        ("s3://bucket/A_b-1.JPG", None, "jpeg"),
        ("s3://bucket/a.png", None, "png"),
    ],
)
def test_an_image_has_its_format_by_amazons_name(url: str, noted: str | None, name: str) -> None:
    (row,) = to_rows(example(shown(url, **({"media_type": noted} if noted else {}))))

    image = {"format": name, "source": {"s3Location": {"uri": url}}}
    assert row["messages"][0]["content"][1] == {"image": image}
    assert not list(check(row, ()))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://example.com/a.png", Reason.IMAGE_NOT_HERE),
        ("s3://bucket/a b.png", Reason.IMAGE_NOT_HERE),
        ("s3://bucket/ä.png", Reason.IMAGE_NOT_HERE),
        ("s3://bucket/a.png?x=1", Reason.IMAGE_NOT_HERE),
        ("s3://Bucket/a.png", Reason.IMAGE_NOT_HERE),
        ("s3://bucket/a.tiff", Reason.IMAGE_TYPE),
        ("s3://bucket/png", Reason.IMAGE_TYPE),
    ],
)
def test_an_address_that_amazon_refuses_leaves_a_row_out(url: str, reason: Reason) -> None:
    with pytest.raises(Skip) as skipped:
        list(to_rows(example(shown(url))))

    assert skipped.value.reason is reason


@pytest.mark.parametrize(
    ("prompt", "tools", "reason"),
    [
        ([*asked("a"), *asked("b")], [], Reason.TURNS),
        ([SAID, *asked("b")], [], Reason.TURNS),
        ([{"role": "system", "content": "s"}], [], Reason.TURNS),
        (asked("a"), [TOOL], Reason.TOOLS),
    ],
)
def test_turns_and_tools_that_nova_refuses_are_left_out(
    prompt: list[Message], tools: list[Any], reason: Reason
) -> None:
    with pytest.raises(Skip) as skipped:
        list(to_rows(example(prompt, tools=tools)))

    assert skipped.value.reason is reason


def turn(role: str, *blocks: Any) -> dict[str, Any]:
    return {"role": role, "content": list(blocks)}


def image(uri: str = "s3://bucket/a.png", name: str = "png") -> dict[str, Any]:
    return {"image": {"format": name, "source": {"s3Location": {"uri": uri}}}}


Q, A = turn("user", {"text": "q"}), turn("assistant", {"text": "a"})
VIDEO = {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://bucket/a.mp4"}}}}


@pytest.mark.parametrize(
    "messages",
    [
        [Q],
        [A, Q],
        [Q, A, Q],
        [Q, {"role": "assistant", "content": "a"}],
        [Q, turn("assistant", {"type": "text", "text": "a"})],
        [Q, turn("assistant", {"text": ""})],
        [Q, turn("assistant", image())],
        [turn("user", image(name="jpg")), A],
        [turn("user", image("s3://bucket/a b.png")), A],
        [turn("user", *[image()] * 11), A],
        [turn("user", image(), VIDEO), A],
        [turn("user", VIDEO, VIDEO), A],
        [turn("user", {"text": "User: hi"}), A],
        [Q, turn("assistant", {"text": "hi [EOS]"})],
    ],
)
def test_the_check_finds_what_amazon_refuses(messages: list[Any]) -> None:
    assert list(check({"messages": messages}, ()))


def test_the_check_passes_what_amazon_takes() -> None:
    for blocks in ([image()] * 10, [VIDEO], [{"text": "q"}, image(name="webp")]):
        assert not list(check({"messages": [turn("user", *blocks), A]}, ()))
    assert list(check({"messages": [Q, A], "system": [{"text": "Bot: x"}]}, ()))
