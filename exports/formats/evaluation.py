"""OpenAI's rows for evals and for reinforcement fine-tuning: a prompt, and what is right.

Rules (developers.openai.com/api/docs/guides: evals, graders, reinforcement-fine-tuning; the API's
EvalJsonlFileContentSource and FineTuneReinforcementRequestInput): an eval's row has an `item`, of
the members that the eval's item_schema names, and a `sample`, what a model said; graders read
`{{item.reference}}` and `{{sample.output_text}}`. A fine-tuning row has `messages`, ending with the
user, and `tools`; graders read every other member as `{{item.NAME}}`. Both take text and images.

The reference is an object in every row, for it must be of one type over a file: the correction
where that is an object itself, else `{"value": …}` around a text or a list, or `{"tool_calls": …}`.
Where no output is stored there is nothing to grade: an eval's row is left out then.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from exports.example import Example, Message, Reason, Skip
from exports.formats import chat
from exports.formats.interface import Format, Layout, Task, TrainingRow
from exports.formats.openai import IMAGES, TURNS, openai_turn
from exports.formats.rules import all_of, closed, ends_with, rule
from feedbackstore import documents, messages
from feedbackstore.checks import list_of, mapping, members, text
from feedbackstore.errors import Invalid

ITEM_SCHEMA: Final = {
    "type": "object",
    "properties": {
        "input": {"type": "array", "items": {"type": "object"}},
        "tools": {"type": "array", "items": {"type": "object"}},
        "reference": {"type": "object"},
    },
    "required": ["input", "tools", "reference"],
}


def to_evals_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"item": {"input": […], "tools": […], "reference": {…}}, "sample": {"output_text": …}}`."""
    answer = example.right_answer()
    if example.output is None:
        raise Skip(Reason.NO_OUTPUT)
    item = {"input": _prompt(example), "tools": example.tools, "reference": _reference(answer)}
    yield {
        "item": item,
        "sample": {"output_text": chat.text_of(example.output), **_calls(example.output)},
    }


def to_rft_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"messages": […], "tools": […], "reference": {…}}`, the messages ending with the user."""
    reference = _reference(example.right_answer())
    if example.prompt[-1]["role"] != "user":
        raise Skip(Reason.TURNS)
    tools = {"tools": example.tools} if example.tools else {}
    yield {"messages": _prompt(example), **tools, "reference": reference}


def _prompt(example: Example) -> list[Message]:
    chat.refuse_images_outside_user_turns(example.prompt)
    return [openai_turn(turn) for turn in example.prompt]


def _reference(answer: Message) -> dict[str, Any]:
    """The right answer as an object."""
    said = chat.text_of(answer)
    if "tool_calls" in answer:
        return {"tool_calls": answer["tool_calls"]}
    value = json_of(said)
    if isinstance(value, dict):
        return value
    return {"value": value if isinstance(value, list) else said}


def json_of(said: str) -> Any:
    """The value that a text holds as JSON, else the text."""
    try:
        return documents.parse(said.encode())
    except Invalid:
        return said


def _calls(output: Message) -> dict[str, Any]:
    return {"output_tools": output["tool_calls"]} if "tool_calls" in output else {}


def companions(_: Layout) -> dict[str, str]:
    """The schema of the items, which an eval is created with."""
    return {"item_schema.json": json.dumps(ITEM_SCHEMA, indent=2) + "\n"}


def _text_and_images(turns: list[Message]) -> bool:
    kinds = [(turn["role"], part["type"]) for turn in turns for part in chat.parts_of(turn)]
    return all(kind == "text" or (role, kind) == ("user", "image_url") for role, kind in kinds)


FORMATS: Final = (
    Format(
        name="openai-evals",
        help="Prompt, correction and the model's output, to be graded.",
        readers="OpenAI Evals",
        task=Task.EVALUATION,
        to_rows=to_evals_rows,
        check=closed(
            {"item": mapping},
            {"sample": members({}, {"output_text": text, "output_tools": list_of(mapping)})},
        ),
        images=IMAGES,
        companions=companions,
        train="openai: create an eval with item_schema.json and run it on {out}",
    ),
    Format(
        name="openai-rft",
        help="Prompt and correction, for reinforcement fine-tuning with a grader.",
        readers="OpenAI, Azure OpenAI",
        task=Task.EVALUATION,
        to_rows=to_rft_rows,
        check=members(
            {
                "messages": all_of(
                    TURNS,
                    ends_with("user"),
                    rule(
                        _text_and_images,
                        "media",
                        "Messages should hold text, and images of the user",
                    ),
                )
            },
            {"tools": messages.check_tools},
        ),
        images=IMAGES,
        train="openai: a fine-tuning job of method reinforcement on {out}, with a grader",
    ),
)
