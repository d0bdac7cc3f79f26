"""Images on their way into a dataset: left where they are, inline, or files beside the data.

A format says what it takes (`ImageRules`); each image of an example is held against that by its
bytes, converted where that helps, and given the reference that the trainer will follow.
"""

import base64
import binascii
import hashlib
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from exports.example import Example, Message, Reason, Skip
from exports.pictures import EXTENSIONS, Picture, look

_MAX_PIXELS: Final = 64_000_000
MODES: Final = ("keep", "inline", "files")
"""How images are written: by their URL, as base64 data URLs, or as files that rows refer to."""

Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRules:
    """Which images a format takes, and in which of the MODES; the first is its default."""

    modes: tuple[str, ...]
    types: tuple[str, ...] = ("png", "jpeg", "webp", "gif")
    colours: tuple[str, ...] | None = None
    at_most: int | None = None
    max_bytes: int | None = None
    own_prefix: str | None = None
    """The scheme that a reference must have, where only the host's own storage is read."""


@dataclass(slots=True)
class Placer:
    """Gives each image of an example its reference, and keeps count.

    `write` takes the files of the mode `files`, by name; `prefix` goes before their names.
    `fetch` brings an image by its URL and raises Skip; without it, URLs stay unread.
    """

    rules: ImageRules
    mode: str
    write: Callable[[str, bytes], None]
    prefix: str = ""
    fetch: Fetch | None = None
    counts: Counter[str] = field(default_factory=Counter)

    def place(self, example: Example) -> Example:
        """The example with its images in place. Raises Skip for one that the format refuses."""
        number = sum(1 for turn in example.prompt for _ in images_of(turn))
        if self.rules.at_most is not None and number > self.rules.at_most:
            raise Skip(Reason.TOO_MANY_IMAGES)
        if not number:
            return example
        return replace(example, prompt=[self._placed_turn(turn) for turn in example.prompt])

    def _placed_turn(self, turn: Message) -> Message:
        if not isinstance(turn.get("content"), list):
            return turn
        parts = [
            self._placed(part) if part["type"] == "image_url" else part for part in turn["content"]
        ]
        return {**turn, "content": parts}

    def _placed(self, part: dict[str, Any]) -> dict[str, Any]:
        url = part["image_url"]["url"]
        if url[:5].lower() != "data:":
            if self.fetch is None and self.mode == "keep" and self._may_stay(url):
                self.counts["kept"] += 1
                return part
            if self.fetch is None:
                raise Skip(Reason.IMAGE_NOT_HERE)
            return self._referred(part, *self._fitting(self.fetch(url)))
        original = decode(url)
        data, picture = self._fitting(original)
        if self.mode == "keep" and data is original and not self.rules.own_prefix:
            self.counts["kept"] += 1
            return part
        return self._referred(part, data, picture)

    def _may_stay(self, url: str) -> bool:
        return url.startswith(self.rules.own_prefix or ("http://", "https://"))

    def _referred(self, part: dict[str, Any], data: bytes, picture: Picture) -> dict[str, Any]:
        if self.mode == "files":
            name = f"images/{hashlib.sha256(data).hexdigest()}.{EXTENSIONS[picture.type]}"
            self.write(name, data)
            self.counts["files"] += 1
            url = f"{self.prefix}{name}"
        elif self.mode == "keep" and self.rules.own_prefix:
            raise Skip(Reason.IMAGE_NOT_HERE)
        else:
            self.counts["inline"] += 1
            url = data_url(picture.media_type, data)
        image_url = {**part["image_url"], "url": url}
        return {**part, "image_url": image_url, "media_type": picture.media_type}

    def _fitting(self, data: bytes) -> tuple[bytes, Picture]:
        """The image as the format takes it. Raises Skip where it cannot be."""
        picture = look(data)
        if picture is None:
            raise Skip(Reason.NOT_AN_IMAGE)
        rules = self.rules
        if picture.type not in rules.types or (
            rules.colours is not None and picture.colours not in rules.colours
        ):
            data, picture = _converted(data, picture, rules)
            self.counts["converted"] += 1
        if rules.max_bytes is not None and len(data) > rules.max_bytes:
            raise Skip(Reason.IMAGE_TOO_LARGE)
        return data, picture


def images_of(turn: Message) -> list[dict[str, Any]]:
    """The image parts of a turn."""
    content = turn.get("content")
    if not isinstance(content, list):
        return []
    return [part for part in content if part["type"] == "image_url"]


def decode(url: str) -> bytes:
    """The bytes of a base64 data URL. Raises Skip for any other."""
    head, comma, text = url.partition(",")
    if not comma or not head.endswith(";base64"):
        raise Skip(Reason.NOT_AN_IMAGE)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Skip(Reason.NOT_AN_IMAGE) from None


def data_url(media_type: str, data: bytes) -> str:
    """Some bytes as a base64 data URL."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _converted(data: bytes, picture: Picture, rules: ImageRules) -> tuple[bytes, Picture]:
    """The image as PNG, or as JPEG where that is what it was, in RGB or RGBA; its first frame."""
    try:
        from PIL import Image, ImageOps  # noqa: PLC0415 - an extra
    except ImportError:
        raise Skip(Reason.IMAGE_TYPE) from None
    _refuse_larger(picture.width, picture.height)
    is_jpeg = "jpeg" in rules.types and (picture.type == "jpeg" or "png" not in rules.types)
    type_ = "jpeg" if is_jpeg else "png"
    takes_alpha = not is_jpeg and "RGBA" in (rules.colours or ("RGBA",))
    buffer = io.BytesIO()
    try:
        with Image.open(io.BytesIO(data), formats=[picture.type]) as opened:
            # A frame may be larger than its header says.
            _refuse_larger(*opened.size)
            image = _in_colours(ImageOps.exif_transpose(opened), takes_alpha)
        # Its colour profile was for the colours that it had.
        image.save(buffer, type_.upper(), icc_profile=None, quality=95)
    except Image.DecompressionBombError:
        raise Skip(Reason.IMAGE_TOO_LARGE) from None
    except (OSError, ValueError, SyntaxError, EOFError):
        raise Skip(Reason.NOT_AN_IMAGE) from None
    return buffer.getvalue(), Picture(type_, image.mode, image.width, image.height)


def _in_colours(image: Any, takes_alpha: bool) -> Any:
    """A Pillow image in RGB, or RGBA; without alpha it lies on white, as a page does."""
    if image.mode.startswith("I"):
        # Pillow would cut 16 bits off at 255, not scale them.
        image = image.convert("I").point(lambda level: level * (1 / 256)).convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    if takes_alpha:
        return image
    page = image.copy()
    page.paste("white", (0, 0, *image.size))
    page.alpha_composite(image)
    return page.convert("RGB")


def _refuse_larger(width: int, height: int) -> None:
    if width * height > _MAX_PIXELS:
        raise Skip(Reason.IMAGE_TOO_LARGE)
