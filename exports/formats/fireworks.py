"""Fireworks' rows: OpenAI's chat messages, images inside them.

Rules (docs.fireworks.ai, fine-tuning/fine-tuning-models, fine-tuning-vlm, dpo-fine-tuning): one
system message at most, and first; then user and assistant take turns, tools between them; `weight`
0 keeps a message out of the loss; images stand in user turns as base64 data URLs, PNG or JPEG only.
A preference row has OpenAI's three members, each message of role and text alone: no images, no
tools. A file takes 3 to 3,000,000 rows; its client checks nothing before the upload.
"""

from collections.abc import Iterator
from typing import Final

from exports.example import Example
from exports.formats import chat, openai
from exports.formats.interface import Format, Task, TrainingRow
from exports.formats.rules import all_of, anything, closed, rule, turn
from exports.formats.together import conversation, images_begin, sft_row, take_turns
from exports.images import ImageRules
from feedbackstore.checks import list_of

IMAGES: Final = ImageRules(modes=("inline",), types=("png", "jpeg"))
_INLINE: Final = tuple(f"data:image/{type_};base64," for type_ in (*IMAGES.types, "jpg"))
_ROLES: Final = ("system", "user", "assistant")


def to_sft_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"messages": […], "tools": […]}`; earlier assistant turns were not reviewed: weight 0."""
    yield sft_row(example, openai.openai_turn, _INLINE)


def to_preference_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"input": {…}, "preferred_output": [one], "non_preferred_output": [one]}`."""
    chosen, rejected = example.pair()
    chat.refuse_tools(example)
    turns = [chat.text_only(turn) for turn in example.prompt]
    yield {
        "input": {"messages": conversation(turns, _INLINE)},
        "preferred_output": [chat.text_only(chosen)],
        "non_preferred_output": [chat.text_only(rejected)],
    }


_in_turn: Final = rule(
    take_turns, "role_order", "User and assistant should take turns, tools between them"
)
_sft_turns: Final = all_of(
    rule(
        lambda turns: all(turn["role"] != "developer" for turn in turns),
        "roles",
        "The roles should be system, user, assistant and tool",
    ),
    _in_turn,
    rule(images_begin(_INLINE), "inline", "Images should be base64 data URLs, PNG or JPEG"),
)
_answer: Final = all_of(openai.ANSWER, list_of(turn("assistant", "tool")))

FORMATS: Final = (
    Format(
        name="fireworks-sft",
        help="Chat messages with PNG and JPEG images inside, for Fireworks.",
        readers="Fireworks",
        task=Task.SUPERVISED,
        to_rows=to_sft_rows,
        check=all_of(openai.check_sft_row, closed({"messages": _sft_turns}, {"tools": anything})),
        images=IMAGES,
        train="firectl sftj create --base-model MODEL --dataset DATASET "
        "(after firectl dataset create DATASET {out})",
    ),
    Format(
        name="fireworks-preference",
        help="Pairs for DPO, text only, for Fireworks.",
        readers="Fireworks",
        task=Task.PREFERENCE,
        to_rows=to_preference_rows,
        check=all_of(
            openai.check_preference_row,
            closed(
                {
                    "input": closed({"messages": all_of(list_of(turn(*_ROLES)), _in_turn)}),
                    "preferred_output": _answer,
                    "non_preferred_output": _answer,
                }
            ),
        ),
        train="firectl dpoj create --base-model MODEL --dataset DATASET "
        "(after firectl dataset create DATASET {out})",
    ),
)
