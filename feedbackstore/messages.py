"""OpenAI chat messages: what a prediction's input, and an assistant's whole answer, consist of.

The rules are those of the chat completions API (developers.openai.com/api/reference/chat).
"""

from collections.abc import Iterator
from typing import Any, Final

from feedbackstore.checks import Check, filled_text, list_of, mapping, members, one_of, text
from feedbackstore.errors import Loc, Problem

ROLES: Final = ("system", "developer", "user", "assistant", "tool")

_SAYING: Final = ("system", "developer", "user")

STORED_IMAGE: Final = "stored-image:"
"""The scheme by which the store itself refers to an image (`images`); nobody else may."""


def is_message(answer: Any) -> bool:
    """Whether an answer is the assistant's whole message, rather than what it said."""
    return isinstance(answer, dict) and answer.get("role") == "assistant"


def check(value: Any, loc: Loc) -> Iterator[Problem]:
    """What is wrong with one message."""
    problems = list(_head(value, loc))
    yield from problems or _BODIES.get(value["role"], _said)(value, loc)


def _assistant(value: Any, loc: Loc) -> Iterator[Problem]:
    # Some servers write an empty list where no tool is called.
    yield from (_calling if value.get("tool_calls") not in (None, []) else _said)(value, loc)


def _content(value: Any, loc: Loc) -> Iterator[Problem]:
    if isinstance(value, list):
        yield from _parts(value, loc)
    elif not isinstance(value, str):
        message = "Input should be a string or a list of content parts"
        yield Problem(loc, "content_type", message, value)


def _part(value: Any, loc: Loc) -> Iterator[Problem]:
    problems = list(_typed(value, loc))
    yield from problems or _KINDS_OF_PART.get(value["type"], _typed)(value, loc)


def _image_url(value: Any, loc: Loc) -> Iterator[Problem]:
    if isinstance(value, str) and value[: len(STORED_IMAGE)].lower() == STORED_IMAGE:
        message = f"A URL should not begin with {STORED_IMAGE} (an image comes by https: or data:)"
        yield Problem(loc, "url_scheme", message, value)
    else:
        yield from filled_text(value, loc)


_typed: Final = members({"type": text})
_KINDS_OF_PART: Final[dict[str, Check]] = {
    "text": members({"text": text}),
    "image_url": members({"image_url": members({"url": _image_url}, {"detail": text})}),
}
_parts: Final = list_of(_part, at_least=1)
_call: Final = members(
    {
        "id": filled_text,
        "type": text,
        "function": members({"name": filled_text, "arguments": text}),
    }
)
_tool: Final = members(
    {"type": text, "function": members({"name": filled_text}, {"parameters": mapping})}
)
_head: Final = members({"role": one_of(ROLES)}, {"name": text})
_said: Final = members({"content": _content})
_calling: Final = members({"tool_calls": list_of(_call)}, {"content": _content})
_BODIES: Final[dict[str, Check]] = {
    "assistant": _assistant,
    "tool": members({"tool_call_id": text, "content": _content}),
}

_check_each: Final = list_of(check, at_least=1)


def check_all(value: Any, loc: Loc) -> Iterator[Problem]:
    """What is wrong with a conversation: a list of at least one message."""
    if not is_plain(value):
        yield from _check_each(value, loc)


def is_plain(value: Any) -> bool:
    """Whether these are messages of text, as most are; False says nothing about them.

    To find no problem at a glance takes a tenth of the time of looking for each.
    """
    return (
        type(value) is list
        and bool(value)
        and all(
            type(message) is dict
            and message.get("role") in _SAYING
            and type(message.get("content")) is str
            and message.get("name") is None
            for message in value
        )
    )


check_tools: Final = list_of(_tool)
"""What is wrong with the list of tools that a model was offered."""
