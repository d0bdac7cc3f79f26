"""OpenAI chat messages: what a prediction's input, and an assistant's whole answer, consist of.

The rules are those of the chat completions API (developers.openai.com/api/reference/chat).
"""

from typing import Any, Final

from feedbackstore import checks
from feedbackstore.errors import Loc, Problem

ROLES: Final = ("system", "developer", "user", "assistant", "tool")


def check_all(value: Any, loc: Loc) -> list[Problem]:
    """What is wrong with a conversation: a list of at least one message."""
    problems = checks.filled_array(value, loc)
    if not problems:
        for index, message in enumerate(value):
            problems += check(message, (*loc, index))
    return problems


def check(value: Any, loc: Loc) -> list[Problem]:
    """What is wrong with one message."""
    problems = checks.members(value, loc, {"role": _role}, {"name": checks.text})
    if problems:
        return problems
    role = value["role"]
    if role == "tool":
        problems += checks.members(value, loc, {"tool_call_id": checks.text})
    if role == "assistant" and value.get("tool_calls") is not None:
        return problems + checks.members(
            value, loc, {"tool_calls": _tool_calls}, {"content": _content}
        )
    return problems + checks.members(value, loc, {"content": _content})


def is_message(answer: Any) -> bool:
    """Whether an answer is the assistant's whole message, rather than what it said."""
    return isinstance(answer, dict) and answer.get("role") == "assistant"


def check_tools(value: Any, loc: Loc) -> list[Problem]:
    """What is wrong with the list of tools that a model was offered."""
    problems = checks.array(value, loc)
    if not problems:
        for index, tool in enumerate(value):
            problems += checks.members(
                tool, (*loc, index), {"type": checks.text, "function": _function}
            )
    return problems


_role = checks.one_of(ROLES)


def _content(value: Any, loc: Loc) -> list[Problem]:
    if isinstance(value, str):
        return []
    if not isinstance(value, list):
        message = "Input should be a string or a list of content parts"
        return [Problem(loc, "content_type", message, value)]
    problems = checks.filled_array(value, loc)
    for index, part in enumerate(value):
        problems += _part(part, (*loc, index))
    return problems


def _part(value: Any, loc: Loc) -> list[Problem]:
    problems = checks.members(value, loc, {"type": checks.text})
    if problems:
        return problems
    if value["type"] == "text":
        return checks.members(value, loc, {"text": checks.text})
    if value["type"] == "image_url":
        return checks.members(value, loc, {"image_url": _image_url})
    return []


def _image_url(value: Any, loc: Loc) -> list[Problem]:
    return checks.members(value, loc, {"url": checks.filled_text}, {"detail": checks.text})


def _tool_calls(value: Any, loc: Loc) -> list[Problem]:
    problems = checks.filled_array(value, loc)
    if not problems:
        for index, call in enumerate(value):
            problems += checks.members(
                call,
                (*loc, index),
                {"id": checks.filled_text, "type": checks.text, "function": _call},
            )
    return problems


def _call(value: Any, loc: Loc) -> list[Problem]:
    return checks.members(value, loc, {"name": checks.filled_text, "arguments": checks.text})


def _function(value: Any, loc: Loc) -> list[Problem]:
    return checks.members(value, loc, {"name": checks.filled_text}, {"parameters": checks.mapping})
