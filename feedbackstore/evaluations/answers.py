"""An answer as the value that it says, so that a JSON text and a structured answer compare."""

from typing import Any, Final

from feedbackstore import contents, documents, messages
from feedbackstore.documents import Json

_METADATA: Final = "_metadata"
"""What the hosted service writes into a key beside the answer: where on the page, how sure."""


def read(text: str) -> Json:
    """The value that a stored output or correction says.

    A text that holds an object or a list is that; a message is what it says, and with tool calls
    an object of both; the random ids of those calls, and keys with `_metadata`, are no answer.
    """
    answer = documents.load(text)
    value = _said(answer) if _is_sound_message(answer) else contents.structured(answer)
    return _without_metadata(value) if _METADATA in text else value


def _is_sound_message(answer: Json) -> bool:
    # A correction is any object: what merely looks like a message is compared as an object.
    return messages.is_message(answer) and not any(messages.check(answer, ()))


def _said(message: dict[str, Any]) -> Json:
    content = contents.structured(contents.joined(message.get("content")))
    calls = message.get("tool_calls")
    if not calls:
        return content
    called = {"tool_calls": [_call(call["function"]) for call in calls]}
    return called if content is None else {**called, "content": content}


def _call(function: dict[str, Any]) -> Json:
    return {"name": function["name"], "arguments": contents.structured(function["arguments"])}


def _without_metadata(value: Json) -> Json:
    if isinstance(value, dict):
        return {
            name: _without_metadata(member)
            for name, member in value.items()
            if _METADATA not in name
        }
    return [_without_metadata(item) for item in value] if isinstance(value, list) else value
