"""What an image is by its bytes, held against what Pillow makes and says of it."""

import io
import random
import struct
from typing import Any

import pytest
from PIL import Image

from exports.pictures import Picture, look


def made(mode: str, format: str, size: tuple[int, int] = (300, 7), **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, format, **options)
    return buffer.getvalue()


MADE = [
    ("1", "PNG", {}),
    ("L", "PNG", {}),
    ("I;16", "PNG", {}),
    ("LA", "PNG", {}),
    ("P", "PNG", {}),
    ("P", "PNG", {"bits": 1}),
    ("RGB", "PNG", {}),
    ("RGBA", "PNG", {}),
    ("L", "JPEG", {}),
    ("RGB", "JPEG", {}),
    ("RGB", "JPEG", {"progressive": True, "comment": b"\xff\xc0" * 9, "icc_profile": b"x" * 99999}),
    ("CMYK", "JPEG", {}),
    ("P", "GIF", {}),
    ("RGB", "WEBP", {}),
    ("RGB", "WEBP", {"lossless": True}),
    ("RGB", "WEBP", {"icc_profile": b"x"}),
    ("RGBA", "WEBP", {}),
    ("RGBA", "WEBP", {"lossless": True}),
]


@pytest.mark.parametrize(("mode", "format", "options"), MADE)
def test_type_colours_and_size_are_those_that_pillow_sees(
    mode: str, format: str, options: dict[str, Any]
) -> None:
    data = made(mode, format, **options)
    with Image.open(io.BytesIO(data)) as image:
        seen = Picture(str(image.format).lower(), image.mode, *image.size)

    assert look(data) == seen
    assert seen.media_type == f"image/{format.lower()}"


@pytest.mark.parametrize("sof", [0xC1, 0xC2, 0xC9, 0xCF])
def test_a_jpeg_may_fill_the_space_before_a_marker(sof: int) -> None:
    frame = struct.pack(">BBHBHHB", 0xFF, sof, 8, 8, 7, 300, 3)
    table = b"\xff\xc4\x00\x04\xff\xc0"

    assert look(b"\xff\xd8" + table + b"\xff" * 5 + frame) == Picture("jpeg", "RGB", 300, 7)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        made("RGB", "BMP"),
        made("RGB", "TIFF"),
        b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(16),
        b"RIFF\x24\x00\x00\x00WEBPVP8?" + bytes(16),
        b"\x89PNG\r\n\x1a\n" + bytes(4) + b"IHDR" + struct.pack(">IIBB", 1, 1, 8, 5),
        b"\x89PNG\r\n\x1a\n" + bytes(4) + b"CgBI" + bytes(20),
        b"\xff\xd8\xff\xda\x00\x0c" + bytes(99),
        b"\xff\xd8\xff" + b"\xff" * 99,
        b"\xff\xd8\xff\xe0\x00\x03\x00\x00\xc0\x00\x11\x08" + b"\x01" * 9,
        b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x01\x00\x01\x02",
    ],
)
def test_what_is_no_image_that_trainers_take_is_none(data: bytes) -> None:
    assert look(data) is None


@pytest.mark.parametrize(("mode", "format", "options"), MADE)
def test_a_header_that_is_cut_off_or_broken_raises_nothing(
    mode: str, format: str, options: dict[str, Any]
) -> None:
    data = made(mode, format, **options)
    whole = look(data)

    for length in range(min(len(data), 200)):
        assert look(data[:length]) in (None, whole)
    chance = random.Random(1)
    for _ in range(500):
        broken = bytearray(data)
        for _ in range(3):
            broken[chance.randrange(min(len(data), 60))] = chance.randrange(256)
        found = look(bytes(broken))
        assert found is None or found.type == format.lower()
