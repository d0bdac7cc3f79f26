"""Images inside a prediction's input: kept once each, by hash, outside the row.

An input holds `stored-image:<sha256>;<media type>` where a base64 data URL came in. Every image has
an owner, the project: that a hash is stored says nothing to another. A data URL that would not come
back byte for byte (capitals in `data:`, base64 without padding) stays where it is.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from peewee import chunked

from feedbackstore import documents
from feedbackstore.messages import STORED_IMAGE
from feedbackstore.models import Image
from feedbackstore.statements import VARIABLES

_REFERENCE: Final = re.compile(rf"{STORED_IMAGE}(?P<sha256>[0-9a-f]{{64}});(?P<type>.*)", re.DOTALL)


def apart(text: str) -> tuple[str, dict[str, bytes]]:
    """An input's JSON text with a reference in place of each image, and the images by hash."""
    if "data:" not in text:
        return text, {}
    value = documents.load(text)
    found: dict[str, bytes] = {}
    for image_url in _image_urls(value):
        taken = _taken(image_url["url"])
        if taken is not None:
            media_type, data = taken
            sha256 = hashlib.sha256(data).hexdigest()
            found[sha256] = data
            image_url["url"] = f"{STORED_IMAGE}{sha256};{media_type}"
    return (documents.dump(value) if found else text), found


def restored(project: int, text: str) -> str:
    """An input's JSON text as it came in."""
    return Album(project, [text]).restored(text)


def find(project: int, sha256: str) -> bytes | None:
    """The bytes of an image that a project has."""
    found = Image.get_or_none(Image.project == project, Image.sha256 == sha256)
    return None if found is None else bytes(found.data)


class Album:
    """The images that some inputs refer to, each read once; `size` is that of all, in bytes."""

    def __init__(self, project: int, texts: Iterable[str | None] = ()) -> None:
        self._project = project
        self._images: dict[str, bytes] = {}
        self.size = 0
        for text in texts:
            self.add(text)

    def __len__(self) -> int:
        """How many images there are."""
        return len(self._images)

    def add(self, text: str | None) -> None:
        """Read what an input refers to and is not here yet: one query, or none."""
        if text is None or STORED_IMAGE not in text:
            return
        wanted = sorted(_references(text) - self._images.keys())
        for some in chunked(wanted, VARIABLES):
            columns = Image.select(Image.sha256, Image.data)
            owned = columns.where(Image.project == self._project, Image.sha256.in_(some))
            for sha256, data in _tuples(owned):
                self._images[sha256] = bytes(data)
                self.size += len(data)

    def restored(self, text: str) -> str:
        """The input with its images in place; all of them must have been added."""
        if STORED_IMAGE not in text:
            return text
        value = documents.load(text)
        for image_url in _image_urls(value):
            reference = _REFERENCE.fullmatch(image_url["url"])
            if reference and reference["sha256"] in self._images:
                data = self._images[reference["sha256"]]
                image_url["url"] = _data_url(reference["type"], data)
        return documents.dump(value)


def _taken(url: str) -> tuple[str, bytes] | None:
    """Media type and bytes of a data URL from which exactly the same text can be made again."""
    head, base64_, text = url.partition(";base64,")
    if not base64_ or not head.startswith("data:"):
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    media_type = head.removeprefix("data:")
    return (media_type, data) if _data_url(media_type, data) == url else None


def _data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _image_urls(value: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The objects that hold an image's `url`: exactly where `messages` checks them."""
    for message in value:
        content = message.get("content")
        for part in content if isinstance(content, list) else ():
            if part["type"] == "image_url":
                yield part["image_url"]


def _references(text: str | None) -> set[str]:
    """The hashes that an input refers to."""
    if text is None or STORED_IMAGE not in text:
        return set()
    urls = [image_url["url"] for image_url in _image_urls(documents.load(text))]
    return {found["sha256"] for found in map(_REFERENCE.fullmatch, urls) if found}


def _tuples(query: Any) -> Iterator[tuple[Any, ...]]:
    return iter(query.tuples())
