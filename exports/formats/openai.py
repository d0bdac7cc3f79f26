"""OpenAI's fine-tuning files: the chat format that most trainers read, and preference pairs.

Rules (developers.openai.com/api/docs/guides: supervised-fine-tuning, vision-fine-tuning,
direct-preference-optimization): a supervised row has `messages` and optional `tools`, no other
member, and ends with the assistant; `weight` 0 keeps an assistant turn out of the loss; images
stand in user turns only. A preference row has `input`, `preferred_output` and
`non_preferred_output`, one assistant message each, and takes text only.
"""

from typing import Any

from exports.example import Example, Message
from exports.formats import chat
from exports.formats.interface import Format


def to_sft_row(example: Example) -> dict[str, Any]:
    """`{"messages": […], "tools": […]}`; earlier assistant turns were not reviewed: weight 0."""
    turns = [*example.prompt, example.answer]
    chat.refuse_media(turns, images=False)
    chat.refuse_media([turn for turn in turns if turn["role"] != "user"])
    earlier = [turn | _weight(turn) for turn in example.prompt]
    return {"messages": [*earlier, example.answer], **_tools(example)}


def to_preference_row(example: Example) -> dict[str, Any]:
    """`{"input": {…}, "preferred_output": [one], "non_preferred_output": [one]}`."""
    chosen, rejected = example.pair()
    messages = [chat.text_only(turn) for turn in example.prompt]
    return {
        "input": {"messages": messages, **_tools(example)},
        "preferred_output": [chat.text_only(chosen)],
        "non_preferred_output": [chat.text_only(rejected)],
    }


def _weight(turn: Message) -> Message:
    return {"weight": 0} if turn["role"] == "assistant" else {}


def _tools(example: Example) -> dict[str, Any]:
    return {"tools": example.tools} if example.tools else {}


FORMATS = (
    Format(
        "openai-sft",
        "Chat messages ending with the corrected answer; the common chat format.",
        to_sft_row,
    ),
    Format(
        "openai-preference",
        "Pairs for DPO: the correction is preferred to the model's own output.",
        to_preference_row,
    ),
)
