"""What the model was asked, for eyes: texts, images that are here, and what is only named.

An image is shown from the store alone, and only where its bytes are a picture's; one that is a URL
would be fetched from another machine, so it stays a text.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from feedbackstore import documents
from feedbackstore.messages import STORED_IMAGE

_SHOWN: Final = 100_000
"""Characters of one part that are shown, at most."""

_MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_RIFF: Final = (b"RIFF", b"WEBP")


class Part(NamedTuple):
    """A piece of a message: a `text`, an `image` by its SHA-256, or a `link` that is not loaded."""

    kind: str
    value: str
    cut: bool = False


class Turn(NamedTuple):
    """A message."""

    role: str
    name: str
    parts: list[Part]


def turns(text: str) -> list[Turn]:
    """The messages of a stored input."""
    return [
        Turn(message["role"], message.get("name") or "", list(_parts(message)))
        for message in documents.load(text)
    ]


def type_of(data: bytes) -> str | None:
    """The media type of a picture that browsers draw and cannot run; None for anything else."""
    for start, media_type in _MAGIC:
        if data.startswith(start):
            return media_type
    riff, webp = _RIFF
    return "image/webp" if data.startswith(riff) and data[8:12] == webp else None


def _parts(message: dict[str, Any]) -> Iterator[Part]:
    content = message.get("content")
    if isinstance(content, str):
        yield _text(content)
    elif isinstance(content, list):
        for part in content:
            yield _part(part)
    for call in message.get("tool_calls") or ():
        yield _text(f"{call['function']['name']}({call['function']['arguments']})")


def _part(part: dict[str, Any]) -> Part:
    if part["type"] == "text":
        return _text(part["text"])
    if part["type"] != "image_url":
        return _text(documents.dump(part))
    url = part["image_url"]["url"]
    if url.startswith(STORED_IMAGE):
        return Part("image", url.removeprefix(STORED_IMAGE).partition(";")[0])
    return Part("link", url[:_SHOWN], len(url) > _SHOWN)


def _text(text: str) -> Part:
    return Part("text", text[:_SHOWN], len(text) > _SHOWN)
