"""OpenAI's fine-tuning files: the chat format that most trainers read, and preference pairs.

Rules (developers.openai.com/api/docs/guides: supervised-fine-tuning, vision-fine-tuning,
direct-preference-optimization): a supervised row has `messages` and optional `tools`, no other
member, and ends with the assistant; `weight` 0 keeps an assistant turn out of the loss; images
stand in user turns only, as URL or base64 data URL, JPEG, PNG or WebP in RGB or RGBA, at most 10 a
row of at most 10 MB each. A preference row has `input`, `preferred_output` and
`non_preferred_output`, one assistant message each, and takes text only.
Azure reads the same rows, with up to 64 images in each (learn.microsoft.com, fine-tuning-vision).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from exports import splice
from exports.example import Example, Message
from exports.formats import chat
from exports.formats.interface import Format, Task, TrainingRow
from exports.formats.rules import (
    all_of,
    anything,
    boolean,
    closed,
    ends_with,
    rule,
    zero_or_one,
)
from exports.images import ImageRules
from exports.splice import Texts
from feedbackstore import messages
from feedbackstore.checks import filled_text, list_of, one_of, text

AZURE_IMAGES: Final = 64
IMAGES: Final = ImageRules(
    modes=("keep", "inline"),
    types=("png", "jpeg", "webp"),
    colours=("RGB", "RGBA"),
    at_most=10,
    max_bytes=10 * 1024 * 1024,
)


def to_sft_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"messages": […], "tools": […]}`; earlier assistant turns were not reviewed: weight 0."""
    turns = [*example.prompt, example.right_answer()]
    chat.refuse_images_outside_user_turns(turns)
    earlier = [openai_turn(turn) | _weight(turn) for turn in example.prompt]
    yield {"messages": [*earlier, openai_turn(turns[-1])], **_tools(example)}


def spliced_sft(texts: Texts) -> bytes | None:
    """The line of the row of `to_sft_rows`, for plain prompts and structured answers."""
    parts = splice.parts(texts)
    if parts is None:
        return None
    turns, said = parts
    tools = texts.tools
    end = b'"}]}\n' if tools is None or tools == b"[]" else b'"}],"tools":%b}\n' % tools
    return b"".join((b'{"messages":[', turns, b',{"role":"assistant","content":"', said, end))


def to_preference_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"input": {…}, "preferred_output": [one], "non_preferred_output": [one]}`."""
    chosen, rejected = example.pair()
    turns = [chat.text_only(turn) for turn in example.prompt]
    yield {
        "input": {"messages": turns, **_tools(example)},
        "preferred_output": [chat.text_only(chosen)],
        "non_preferred_output": [chat.text_only(rejected)],
    }


def openai_turn(turn: Message) -> Message:
    """A turn whose content is one string where it is all text, else OpenAI's parts."""
    if not chat.has_images([turn]):
        return chat.text_only(turn)
    return {**turn, "content": [openai_part(part) for part in chat.parts_of(turn)]}


def openai_part(part: dict[str, Any]) -> dict[str, Any]:
    """A part without what the pipeline noted on it."""
    if part["type"] == "text":
        return {"type": "text", "text": part["text"]}
    return {"type": "image_url", "image_url": part["image_url"]}


def _weight(turn: Message) -> Message:
    return {"weight": 0} if turn["role"] == "assistant" else {}


def _tools(example: Example) -> dict[str, Any]:
    return {"tools": example.tools} if example.tools else {}


def _trained(turns: list[Message]) -> bool:
    return any(turn["role"] == "assistant" and turn.get("weight") != 0 for turn in turns)


TURN: Final = all_of(
    messages.check,
    closed(
        {"role": one_of(messages.ROLES)},
        {
            "content": anything,
            "name": text,
            "tool_calls": anything,
            "tool_call_id": filled_text,
            "weight": zero_or_one,
        },
    ),
)
TURNS: Final = list_of(TURN, at_least=1)
ANSWER: Final = all_of(
    TURNS,
    ends_with("assistant"),
    rule(lambda turns: len(turns) == 1, "too_long", "There should be one message"),
)
_TOOLS: Final = {"tools": messages.check_tools, "parallel_tool_calls": boolean}

check_sft_row: Final = closed(
    {
        "messages": all_of(
            TURNS,
            ends_with("assistant"),
            rule(_trained, "weights", "An assistant message should be trained on: not weight 0"),
            rule(
                lambda turns: not chat.has_images(t for t in turns if t["role"] != "user"),
                "image_role",
                "Images should stand in user messages only",
            ),
            rule(
                lambda turns: sum(1 for _ in chat.image_references(turns)) <= AZURE_IMAGES,
                "too_many_images",
                f"There should be at most 10 images in a row ({AZURE_IMAGES} on Azure)",
            ),
        )
    },
    _TOOLS,
)
check_preference_row: Final = closed(
    {
        "input": closed(
            {
                "messages": all_of(
                    TURNS,
                    ends_with("user", "tool"),
                    rule(
                        lambda turns: not chat.has_images(turns),
                        "text_only",
                        "Preference rows take text only",
                    ),
                )
            },
            _TOOLS,
        ),
        "preferred_output": ANSWER,
        "non_preferred_output": ANSWER,
    }
)

FORMATS: Final = (
    Format(
        name="openai-sft",
        help="Chat messages ending with the corrected answer; the common chat format.",
        readers="OpenAI, and most trainers that read chat messages",
        task=Task.SUPERVISED,
        to_rows=to_sft_rows,
        spliced=spliced_sft,
        check=check_sft_row,
        images=IMAGES,
        train="upload {out} with the purpose fine-tune, then client.fine_tuning.jobs.create(…)",
    ),
    Format(
        name="azure-sft",
        help="The same rows for Azure OpenAI, which takes more images in each.",
        readers="Azure OpenAI",
        task=Task.SUPERVISED,
        to_rows=to_sft_rows,
        spliced=spliced_sft,
        check=check_sft_row,
        images=replace(IMAGES, at_most=AZURE_IMAGES),
        train="upload {out} with the purpose fine-tune, then client.fine_tuning.jobs.create(…)",
    ),
    Format(
        name="openai-preference",
        help="Pairs for DPO: the correction is preferred to the model's own output.",
        readers="OpenAI, Azure OpenAI",
        task=Task.PREFERENCE,
        to_rows=to_preference_rows,
        check=check_preference_row,
        train="upload {out} with the purpose fine-tune, then a job with the method dpo",
    ),
)
