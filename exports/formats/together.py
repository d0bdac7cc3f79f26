"""Together AI's rows: OpenAI's chat messages in one style, images inside them.

Rules (docs.together.ai, fine-tuning/data-preparation, fine-tuning/vision; the client's `check_file`
up to together 2.14.0, which later leave it to the server): a row has `messages` and optional
`tools`, or a preference row's three members, and no other, the same ones in the whole file. One
system message at most, then user and assistant take turns, tools between them. Content is a string
or a list of parts, the same throughout a row: parts everywhere here, so that a file with few images
is of one style. Images stand in user turns as base64 data URLs, JPEG, PNG or WebP, at most 10 a row
of 10 MB each; `weight` is 0 or 1, and never 1 beside an image. Preference rows take images, too,
but neither tools nor calls.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from exports.example import Example, Message, Reason, Skip
from exports.formats import chat
from exports.formats.interface import Format, Task, TrainingRow
from exports.formats.mistral import answered
from exports.formats.openai import ANSWER, TURNS, check_sft_row, openai_part
from exports.formats.rules import all_of, anything, closed, ends_with, rule
from exports.images import ImageRules

_AT_MOST: Final = 10
IMAGES: Final = ImageRules(
    modes=("inline",), types=("png", "jpeg", "webp"), at_most=_AT_MOST, max_bytes=10 * 1024 * 1024
)
_INLINE: Final = tuple(f"data:image/{type_};base64," for type_ in IMAGES.types)


def to_sft_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"messages": […], "tools": […]}`; earlier assistant turns were not reviewed: weight 0."""
    yield sft_row(example, _turn, _INLINE)


def to_preference_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"input": {…}, "preferred_output": [one], "non_preferred_output": [one]}`."""
    chosen, rejected = example.pair()
    chat.refuse_tools(example)
    chat.refuse_media([chosen, rejected])
    yield {
        "input": {"messages": [_turn(turn) for turn in conversation(example.prompt, _INLINE)]},
        "preferred_output": [_turn(chosen)],
        "non_preferred_output": [_turn(rejected)],
    }


def sft_row(
    example: Example, shaped: Callable[[Message], Message], inline: tuple[str, ...]
) -> TrainingRow:
    """A supervised row of such turns, its images beginning with one of `inline`. Raises Skip."""
    turns = conversation([*example.prompt, example.right_answer()], inline)
    earlier = [
        shaped(turn) | ({"weight": 0} if turn["role"] == "assistant" else {}) for turn in turns[:-1]
    ]
    tools = {"tools": example.tools} if example.tools else {}
    return {"messages": [*earlier, shaped(turns[-1])], **tools}


def conversation(turns: list[Message], inline: tuple[str, ...]) -> list[Message]:
    """The turns with one system turn at most and without names. Raises Skip."""
    chat.refuse_images_outside_user_turns(turns)
    system, rest = chat.split_system(turns)
    if not take_turns(rest):
        raise Skip(Reason.TURNS)
    if not all(url.startswith(inline) for url in chat.image_references(rest)):
        raise Skip(Reason.IMAGE_NOT_HERE)
    first = [{"role": "system", "content": system}] if system else []
    return [*first, *({name: turn[name] for name in turn if name != "name"} for turn in rest)]


def take_turns(turns: list[Message]) -> bool:
    """Whether user and assistant take turns after a system turn, and tools answer their calls."""
    rest = turns[1:] if turns and turns[0]["role"] == "system" else turns
    said = [turn["role"] for turn in rest if turn["role"] != "tool" and not turn.get("tool_calls")]
    expected = [("user", "assistant")[i % 2] for i in range(len(said))]
    return bool(rest) and rest[0]["role"] == "user" and said == expected and answered(turns)


def images_begin(inline: tuple[str, ...]) -> Callable[[Any], bool]:
    """A rule: all images of some turns are data URLs of such a beginning."""
    return lambda turns: all(url.startswith(inline) for url in chat.image_references(turns))


def _turn(turn: Message) -> Message:
    """A turn with its content as parts, where it has any."""
    if "content" not in turn:
        return turn
    return {**turn, "content": [openai_part(part) for part in chat.parts_of(turn)]}


def _one_style(turns: list[Message]) -> bool:
    return len({type(turn["content"]) for turn in turns if turn.get("content")}) <= 1


def _untrained_images(turns: list[Message]) -> bool:
    return not any(chat.has_images([turn]) and turn.get("weight") for turn in turns)


_turns: Final = all_of(
    TURNS,
    rule(
        lambda turns: all(turn["role"] != "developer" for turn in turns),
        "roles",
        "The roles should be system, user, assistant and tool",
    ),
    rule(take_turns, "role_order", "User and assistant should take turns, tools between them"),
    rule(_one_style, "one_style", "Content should be strings, or parts, throughout a row"),
    rule(images_begin(_INLINE), "inline", "Images should be base64 data URLs, JPEG, PNG or WebP"),
    rule(
        lambda turns: not chat.has_images(turn for turn in turns if turn["role"] != "user"),
        "image_role",
        "Images should stand in user messages only",
    ),
    rule(_untrained_images, "weights", "A message with an image should not have weight 1"),
    rule(
        lambda turns: sum(1 for _ in chat.image_references(turns)) <= _AT_MOST,
        "too_many_images",
        "There should be at most 10 images in a row",
    ),
)

FORMATS: Final = (
    Format(
        name="together-sft",
        help="Chat messages as parts, with images inside, for Together AI.",
        readers="Together AI",
        task=Task.SUPERVISED,
        to_rows=to_sft_rows,
        check=all_of(check_sft_row, closed({"messages": _turns}, {"tools": anything})),
        images=IMAGES,
        train="together fine-tuning create --model MODEL --training-file FILE_ID "
        "(after together files upload {out})",
    ),
    Format(
        name="together-preference",
        help="Pairs for DPO as parts, with images inside, for Together AI.",
        readers="Together AI",
        task=Task.PREFERENCE,
        to_rows=to_preference_rows,
        check=closed(
            {
                "input": closed({"messages": all_of(_turns, ends_with("user", "tool"))}),
                "preferred_output": ANSWER,
                "non_preferred_output": ANSWER,
            }
        ),
        images=IMAGES,
        train="together fine-tuning create --training-method dpo --model MODEL "
        "--training-file FILE_ID (after together files upload {out})",
    ),
)
