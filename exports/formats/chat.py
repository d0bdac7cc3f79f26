"""What the formats share about chat messages."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from exports.example import Example, Message, Reason, Skip
from feedbackstore import contents


def text_of(message: Message) -> str:
    """The message's content as one string. Raises Skip for images and other media."""
    refuse_media([message])
    text: str = contents.joined(message.get("content", ""))
    return text


def text_only(message: Message) -> Message:
    """The message with its content as one string. Raises Skip for images and other media."""
    return {**message, "content": text_of(message)} if "content" in message else message


def parts_of(message: Message) -> list[dict[str, Any]]:
    """The message's content as a list of parts, whatever it was."""
    content = message.get("content") or []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def has_images(turns: Iterable[Message]) -> bool:
    """Whether there is an image in any of some turns."""
    return any(part["type"] == "image_url" for turn in turns for part in parts_of(turn))


def refuse_media(turns: Iterable[Message], *, images: bool = True) -> None:
    """Raise Skip where a part is no text; `images` tells whether an image is refused too."""
    for turn in turns:
        for part in parts_of(turn):
            if part["type"] == "image_url" and images:
                raise Skip(Reason.TEXT_ONLY)
            if part["type"] not in ("text", "image_url"):
                raise Skip(Reason.OTHER_MEDIA)


def refuse_images_outside_user_turns(turns: Iterable[Message]) -> None:
    """Raise Skip where another than the user shows an image, or a part is no text or image."""
    turns = list(turns)
    refuse_media(turns, images=False)
    refuse_media(turn for turn in turns if turn["role"] != "user")


def refuse_tools(example: Example) -> None:
    """Raise Skip where there are tools, tool calls or their results."""
    if example.tools:
        raise Skip(Reason.TOOLS)
    refuse_tool_calls([*example.prompt, *answers(example)])


def refuse_tool_calls(turns: Iterable[Message]) -> None:
    """Raise Skip where a tool is called or answers."""
    if any("tool_calls" in turn or turn["role"] == "tool" for turn in turns):
        raise Skip(Reason.TOOLS)


def answers(example: Example) -> list[Message]:
    """The answer and the output, those of them that there are."""
    return [answer for answer in (example.answer, example.output) if answer is not None]


def system_role(turns: Iterable[Message]) -> list[Message]:
    """The turns with `developer`, which open models do not know, as `system`."""
    return [turn | {"role": "system"} if turn["role"] == "developer" else turn for turn in turns]


def split_system(turns: list[Message]) -> tuple[str, list[Message]]:
    """The text of the leading system turns, and the others. Raises Skip for one in between."""
    number = 0
    while number < len(turns) and turns[number]["role"] in ("system", "developer"):
        number += 1
    rest = turns[number:]
    if any(turn["role"] in ("system", "developer") for turn in rest):
        raise Skip(Reason.TURNS)
    return "\n\n".join(text_of(turn) for turn in turns[:number]), rest


def refuse_unless_alternating(turns: list[Message]) -> None:
    """Raise Skip unless user and assistant take turns, the user first and last."""
    expected = ("user", "assistant")
    roles = [turn["role"] for turn in turns]
    if len(roles) % 2 == 0 or roles != [expected[i % 2] for i in range(len(roles))]:
        raise Skip(Reason.TURNS)


def with_placeholders(message: Message, placeholder: str = "<image>") -> str:
    """The message as one text in which `placeholder` stands for each image.

    A literal placeholder in somebody's text would count as an image: a zero-width joiner in it
    leaves it readable and makes it another word.
    """
    broken = placeholder[0] + "\u200d" + placeholder[1:]
    said = ""
    for is_text, parts in groupby(parts_of(message), lambda part: part["type"] == "text"):
        if is_text:
            said += "\n".join(part["text"] for part in parts).replace(placeholder, broken)
        else:
            said += "".join(placeholder for _ in parts)
    return said


def image_references(turns: Iterable[Message]) -> Iterator[str]:
    """The references of all images, in their order."""
    for turn in turns:
        for part in parts_of(turn):
            if part["type"] == "image_url":
                yield part["image_url"]["url"]
