"""Chat messages as the formats share them: text only, or as OpenAI has them, cleaned."""

from collections.abc import Iterator
from typing import Any, Final

from exports.example import Example, Message, Reason, Skip

_KEPT: Final = ("role", "content", "name", "tool_calls", "tool_call_id")


def cleaned(message: Message) -> Message:
    """The message's own members and no other: hosted services refuse rows with more."""
    return {name: message[name] for name in _KEPT if message.get(name) is not None}


def text_only(message: Message) -> Message:
    """The message with its content as one string. Raises Skip for images and other media."""
    content = message.get("content")
    if isinstance(content, list):
        refuse_media([message])
        content = "\n".join(part["text"] for part in content)
    kept = cleaned(message)
    return kept if content is None else {**kept, "content": content}


def refuse_media(messages: list[Message], *, images: bool = True) -> None:
    """Raise Skip where a part is no text; `images` tells whether an image is refused too."""
    for part in parts(messages):
        if part["type"] == "image_url" and images:
            raise Skip(Reason.IMAGES)
        if part["type"] not in ("text", "image_url"):
            raise Skip(Reason.OTHER_MEDIA)


def refuse_tools(example: Example) -> None:
    """Raise Skip where there are tools, tool calls or their results."""
    turns = [*example.prompt, example.answer, example.output or {}]
    if example.tools or any(
        turn.get("tool_calls") or turn["role"] == "tool" for turn in turns if turn
    ):
        raise Skip(Reason.TOOLS)


def parts(messages: list[Message]) -> Iterator[dict[str, Any]]:
    """Every content part of some messages."""
    for message in messages:
        if isinstance(message.get("content"), list):
            yield from message["content"]
