"""What the formats share about chat messages: which of them hold text only, which hold tools."""

from collections.abc import Iterator
from typing import Any

from exports.example import Example, Message, Reason, Skip, joined_text


def text_only(message: Message) -> Message:
    """The message with its content as one string. Raises Skip for images and other media."""
    if "content" not in message:
        return message
    refuse_media([message])
    return {**message, "content": joined_text(message["content"])}


def refuse_media(messages: list[Message], *, images: bool = True) -> None:
    """Raise Skip where a part is no text; `images` tells whether an image is refused too."""
    for part in parts(messages):
        if part["type"] == "image_url" and images:
            raise Skip(Reason.IMAGES)
        if part["type"] not in ("text", "image_url"):
            raise Skip(Reason.OTHER_MEDIA)


def refuse_tools(example: Example) -> None:
    """Raise Skip where there are tools, tool calls or their results."""
    if example.tools:
        raise Skip(Reason.TOOLS)
    refuse_tool_calls([*example.prompt, example.answer])


def refuse_tool_calls(turns: list[Message]) -> None:
    """Raise Skip where a tool is called or answers."""
    if any("tool_calls" in turn or turn["role"] == "tool" for turn in turns):
        raise Skip(Reason.TOOLS)


def parts(messages: list[Message]) -> Iterator[dict[str, Any]]:
    """Every content part of some messages."""
    for message in messages:
        if isinstance(message.get("content"), list):
            yield from message["content"]
