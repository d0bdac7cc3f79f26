"""TRL's dataset formats in the conversational form (huggingface.co/docs/trl/dataset_formats).

Columns have one type over the whole file (the loader infers it), so content is always a string;
images and tools are for formats of their own. Prompt and completion are apart where TRL can use
that: its loss then falls on the completion alone. A preference row's prompt is explicit, for a
common prefix would have to be guessed from text.
"""

from typing import Any

from exports.example import Example, Message
from exports.formats import chat
from exports.formats.interface import Format


def to_messages_row(example: Example) -> dict[str, Any]:
    """`{"messages": […]}`, ending with the answer."""
    return {"messages": [*_prompt(example), _turn(example.answer)]}


def to_prompt_completion_row(example: Example) -> dict[str, Any]:
    """`{"prompt": […], "completion": [one]}`."""
    return {"prompt": _prompt(example), "completion": [_turn(example.answer)]}


def to_preference_row(example: Example) -> dict[str, Any]:
    """`{"prompt": […], "chosen": [one], "rejected": [one]}`."""
    chosen, rejected = example.pair()
    chat.refuse_tool_calls([rejected])
    return {
        "prompt": _prompt(example),
        "chosen": [_turn(chosen)],
        "rejected": [_turn(rejected)],
    }


def _prompt(example: Example) -> list[Message]:
    chat.refuse_tools(example)
    return [_turn(turn) for turn in example.prompt]


def _turn(message: Message) -> Message:
    """Role and text, no more: every turn of a file then has the same members."""
    role = "system" if message["role"] == "developer" else message["role"]
    return {"role": role, "content": chat.text_only(message)["content"]}


FORMATS = (
    Format(
        "trl-messages",
        "Whole conversations for TRL's SFTTrainer; every turn is trained on.",
        to_messages_row,
    ),
    Format(
        "trl-prompt-completion",
        "Prompt and corrected answer apart, for TRL's SFTTrainer.",
        to_prompt_completion_row,
    ),
    Format(
        "trl-preference",
        "Pairs for TRL's DPOTrainer: the correction is chosen, the output rejected.",
        to_preference_row,
    ),
)
