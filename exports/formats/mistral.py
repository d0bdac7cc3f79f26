"""Mistral's fine-tuning rows: chat messages, with ids of tool calls of its own.

Rules (docs.mistral.ai, fine-tuning; the validators of mistral-common and mistral-finetune): one
system message at most, the assistant last; `weight` 0 keeps an assistant's turn out of the loss;
an assistant says something or calls tools, never both; a call has an id of exactly nine letters or
digits, and each is answered before anybody else speaks; a tool has a name, a description and
parameters. `image_url` is the address itself, in user turns. mistral-finetune takes text only.
The hosted service is marked as deprecated in its documentation.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Any, Final

from exports.example import Example, Message, Reason, Skip
from exports.formats import chat
from exports.formats.interface import Format, Task, TrainingRow
from exports.formats.rules import all_of, closed, ends_with, rule, zero_or_one
from exports.images import ImageRules
from feedbackstore.checks import Check, filled_text, list_of, mapping, one_of, text
from feedbackstore.errors import Loc, Problem

IMAGES: Final = ImageRules(modes=("inline", "keep"))
_ID: Final = re.compile(r"[a-zA-Z0-9]{9}")
_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def to_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"messages": […], "tools": […]}`; earlier assistant turns were not reviewed: weight 0."""
    system, rest = chat.split_system(example.prompt)
    turns = [*rest, example.right_answer()]
    chat.refuse_images_outside_user_turns(turns)
    if turns[0]["role"] != "user" or not answered(turns):
        raise Skip(Reason.TURNS)
    first = [{"role": "system", "content": system}] if system else []
    earlier = [
        _turn(turn) | ({"weight": 0} if turn["role"] == "assistant" else {}) for turn in rest
    ]
    tools = {"tools": [_tool(tool) for tool in example.tools]} if example.tools else {}
    yield {"messages": [*first, *earlier, _turn(turns[-1])], **tools}


def answered(turns: list[Message]) -> bool:
    """Whether each tool call is answered before another than a tool speaks; the last may wait."""
    waiting: set[str] = set()
    for turn in turns:
        if turn["role"] == "tool":
            if turn["tool_call_id"] not in waiting:
                return False
            waiting.remove(turn["tool_call_id"])
        elif waiting:
            return False
        else:
            waiting = {call["id"] for call in turn.get("tool_calls") or ()}
    return True


def call_id(id_: str) -> str:
    """An id as Mistral takes it: the same one for a call and its answer, in every export."""
    return id_ if _ID.fullmatch(id_) else hashlib.sha256(id_.encode()).hexdigest()[:9]


def _turn(turn: Message) -> Message:
    if turn["role"] == "tool":
        content = chat.text_of(turn)
        return {"role": "tool", "tool_call_id": call_id(turn["tool_call_id"]), "content": content}
    if "tool_calls" in turn:
        if chat.text_of(turn):
            raise Skip(Reason.TOOLS)
        return {"role": "assistant", "tool_calls": [_call(call) for call in turn["tool_calls"]]}
    if not chat.has_images([turn]):
        return {"role": turn["role"], "content": chat.text_of(turn)}
    return {"role": turn["role"], "content": [_part(part) for part in chat.parts_of(turn)]}


def _part(part: dict[str, Any]) -> dict[str, Any]:
    if part["type"] == "text":
        return {"type": "text", "text": part["text"]}
    return {"type": "image_url", "image_url": part["image_url"]["url"]}


def _call(call: dict[str, Any]) -> dict[str, Any]:
    function = call["function"]
    named = {"name": _named(function), "arguments": function["arguments"]}
    return {"id": call_id(call["id"]), "type": "function", "function": named}


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    function = tool["function"]
    described = {
        "name": _named(function),
        "description": function.get("description") or "",
        "parameters": function.get("parameters") or {},
    }
    return {"type": "function", "function": described}


def _named(function: dict[str, Any]) -> str:
    if not _NAME.fullmatch(function["name"]):
        raise Skip(Reason.TOOLS)
    return str(function["name"])


def _matching(pattern: re.Pattern[str], message: str) -> Check:
    matches = rule(lambda value: pattern.fullmatch(value) is not None, "pattern", message)
    return all_of(text, matches)


def _only(expected: str) -> Check:
    message = f"Input should be '{expected}'"
    return all_of(text, rule(lambda value: value == expected, "literal_error", message))


def _content(value: Any, loc: Loc) -> Iterator[Problem]:
    """A text, or parts of text and images."""
    yield from (list_of(_a_part, at_least=1) if isinstance(value, list) else filled_text)(
        value, loc
    )


def _a_part(value: Any, loc: Loc) -> Iterator[Problem]:
    is_image = isinstance(value, dict) and "image_url" in value
    yield from (_image if is_image else _text)(value, loc)


def _address(value: Any, loc: Loc) -> Iterator[Problem]:
    """An image's address: itself, or in an object as OpenAI has it."""
    inside = closed({"url": filled_text}, {"detail": text})
    yield from (inside if isinstance(value, dict) else filled_text)(value, loc)


def _any_turn(value: Any, loc: Loc) -> Iterator[Problem]:
    """A message by its role; an assistant's that calls tools has no content."""
    kind = value.get("role") if isinstance(value, dict) else None
    if kind == "assistant" and value.get("tool_calls"):
        kind = "calling"
    yield from _turns.get(str(kind), _said)(value, loc)


_id: Final = _matching(_ID, "Input should be nine letters or digits")
_name: Final = _matching(_NAME, "Input should be at most 64 letters, digits, _ or -")
_text: Final = closed({"type": _only("text"), "text": text})
_image: Final = closed({"type": _only("image_url"), "image_url": _address})
_a_call: Final = closed(
    {"id": _id, "function": closed({"name": _name, "arguments": text})},
    {"type": _only("function")},
)
_a_tool: Final = closed(
    {
        "type": _only("function"),
        "function": closed({"name": _name, "description": text, "parameters": mapping}),
    }
)
_role: Final = {"role": one_of(("system", "user", "assistant", "tool"))}
_said: Final = closed({**_role, "content": _content})
_turns: Final = {
    "assistant": closed({**_role, "content": filled_text}, {"weight": zero_or_one}),
    "calling": closed(
        {**_role, "tool_calls": list_of(_a_call)}, {"content": _only(""), "weight": zero_or_one}
    ),
    "tool": closed({**_role, "tool_call_id": _id, "content": text}, {"name": _name}),
}

FORMATS: Final = (
    Format(
        name="mistral-sft",
        help="Chat messages for Mistral, with nine-character ids of tool calls.",
        readers="Mistral, mistral-finetune",
        task=Task.SUPERVISED,
        to_rows=to_rows,
        check=closed(
            {
                "messages": all_of(
                    list_of(_any_turn, at_least=1),
                    ends_with("assistant"),
                    rule(
                        lambda turns: [turn["role"] for turn in turns].count("system") <= 1,
                        "too_many_systems",
                        "There should be at most one system message",
                    ),
                    rule(
                        lambda turns: turns[turns[0]["role"] == "system"]["role"] == "user",
                        "first_role",
                        "The first message, after a system message, should be of user",
                    ),
                    rule(
                        lambda turns: not chat.has_images(t for t in turns if t["role"] != "user"),
                        "image_role",
                        "Images should stand in user messages only",
                    ),
                    rule(answered, "tool_answers", "Each tool call should be answered at once"),
                )
            },
            {"tools": list_of(_a_tool)},
        ),
        images=IMAGES,
        train="mistral-finetune: name {out} as data.instruct_data and run python -m train",
    ),
)
