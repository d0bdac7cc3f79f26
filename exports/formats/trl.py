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
    return {"messages": [*_prompt(example), chat.text_only(example.answer)]}


def to_prompt_completion_row(example: Example) -> dict[str, Any]:
    """`{"prompt": […], "completion": [one]}`."""
    return {"prompt": _prompt(example), "completion": [chat.text_only(example.answer)]}


def to_preference_row(example: Example) -> dict[str, Any]:
    """`{"prompt": […], "chosen": [one], "rejected": [one]}`."""
    chosen, rejected = example.pair()
    return {
        "prompt": _prompt(example),
        "chosen": [chat.text_only(chosen)],
        "rejected": [chat.text_only(rejected)],
    }


def _prompt(example: Example) -> list[Message]:
    chat.refuse_tools(example)
    turns = [chat.text_only(turn) for turn in example.prompt]
    return [turn | {"role": "system"} if turn["role"] == "developer" else turn for turn in turns]


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
