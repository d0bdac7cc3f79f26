"""What an image is by its bytes: type, colours, size. The declared type is nobody's business.

Read from the headers alone (PNG: w3.org/TR/png, IHDR; JPEG: ITU T.81, SOF; WebP: RFC 9649; GIF89a).
"""

import struct
from dataclasses import dataclass
from typing import Final

EXTENSIONS: Final = {"png": "png", "jpeg": "jpg", "webp": "webp", "gif": "gif"}

_PNG_COLOURS: Final = {0: "L", 2: "RGB", 3: "P", 4: "LA", 6: "RGBA"}
_PNG_GREYS: Final = {1: "1", 16: "I;16"}
_JPEG_COLOURS: Final = {1: "L", 3: "RGB", 4: "CMYK"}
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MARKER: Final = 0xFF
_SCAN: Final = 0xDA
_THREES: Final = struct.Struct("3s3s")


@dataclass(frozen=True, slots=True)
class Picture:
    """An image's header: `type` is png, jpeg, webp or gif, `colours` a mode as Pillow names it."""

    type: str
    colours: str
    width: int
    height: int

    @property
    def media_type(self) -> str:
        """As HTTP names it."""
        return f"image/{self.type}"


def look(data: bytes) -> Picture | None:
    """What the bytes hold, or None where they hold no image of a type that trainers take."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
            width, height, depth, type_ = struct.unpack_from(">IIBB", data, 16)
            colours = _PNG_COLOURS[type_]
            colours = _PNG_GREYS.get(depth, colours) if colours == "L" else colours
            return Picture("png", colours, width, height)
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
        if data[:6] in (b"GIF87a", b"GIF89a"):
            width, height = struct.unpack_from("<HH", data, 6)
            return Picture("gif", "P", width, height)
    except (struct.error, IndexError, KeyError):
        return None
    return None


def _jpeg(data: bytes) -> Picture | None:
    place = 2
    while True:
        marker, length = struct.unpack_from(">xBH", data, place)
        if data[place] != _MARKER or marker == _SCAN:
            return None
        if marker == _MARKER:
            # Any number of these may fill the space before a marker.
            place += 1
            continue
        if marker in _FRAMES:
            height, width, components = struct.unpack_from(">HHB", data, place + 5)
            return Picture("jpeg", _JPEG_COLOURS[components], width, height)
        place += 2 + length


def _webp(data: bytes) -> Picture | None:
    kind = data[12:16]
    if kind == b"VP8X":
        colours = "RGBA" if data[20] & 0x10 else "RGB"
        width, height = (
            1 + int.from_bytes(size, "little") for size in _THREES.unpack_from(data, 24)
        )
        return Picture("webp", colours, width, height)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return Picture("webp", "RGB", width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        colours = "RGBA" if bits >> 28 & 1 else "RGB"
        return Picture("webp", colours, 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    return None
