"""Images on their way into a dataset: kept, inline or files, as the format takes them."""

import base64
import hashlib
import io
import random
import struct
import sys
import zlib
from contextlib import suppress
from typing import Any

import pytest
from PIL import Image

from exports.example import Example, Reason, Skip
from exports.images import ImageRules, Placer, data_url, decode, images_of
from exports.pictures import look
from tests.exports.test_pictures import MADE, made

ALL = ("keep", "inline", "files")
NOTHING_FITS = ImageRules(modes=ALL, types=())
RGB_ONLY = ImageRules(modes=ALL, types=("png", "jpeg"), colours=("RGB",))
HERE = "https://example.com/a.png"


def example(*urls: str, **image_url: Any) -> Example:
    parts = [{"type": "image_url", "image_url": {"url": url, **image_url}} for url in urls]
    prompt = [
        {"role": "system", "content": "Read."},
        {"role": "user", "content": [{"type": "text", "text": "these"}, *parts]},
        {"role": "assistant", "tool_calls": []},
    ]
    answer = {"role": "assistant", "content": "a"}
    return Example(
        prompt=prompt, answer=answer, output=None, changed=True, corrected=True, tools=[]
    )


class Placed:
    """An example's image parts once they are placed, and the files that were written."""

    def __init__(self, *urls: str, mode: str, rules: Any = None, **options: Any) -> None:
        self.files: dict[str, bytes] = {}
        placer = Placer(rules or ImageRules(modes=ALL), mode, self.files.__setitem__, **options)
        before = example(*urls, detail="high")
        after = placer.place(before)
        self.parts = [part for turn in after.prompt for part in images_of(turn)]
        self.urls = [part["image_url"]["url"] for part in self.parts]
        self.counts = dict(placer.counts)
        assert before == example(*urls, detail="high")
        assert all(part["image_url"]["detail"] == "high" for part in self.parts)
        assert after.prompt[0] == before.prompt[0]
        assert after.prompt[1]["content"][0] == {"type": "text", "text": "these"}

    def picture(self) -> Image.Image:
        """The only image, opened."""
        (url,) = self.urls
        return Image.open(io.BytesIO(decode(url)))


def skipped(*urls: str, mode: str = "inline", **options: Any) -> Reason:
    with pytest.raises(Skip) as raised:
        Placed(*urls, mode=mode, **options)
    return raised.value.reason


PNG = made("RGB", "PNG")
JPEG = made("RGB", "JPEG")


def test_kept_images_are_as_they_were() -> None:
    odd = data_url("IMAGE/X-PNG", PNG)
    placed = Placed(HERE, odd, "http://example.com/b", mode="keep")

    assert placed.urls == [HERE, odd, "http://example.com/b"]
    assert (placed.counts, placed.files) == ({"kept": 3}, {})


def test_inline_images_have_the_type_of_their_bytes() -> None:
    placed = Placed(
        data_url("image/png", JPEG), f"DATA:;base64,{data_url('', PNG)[13:]}", mode="inline"
    )

    assert placed.urls == [data_url("image/jpeg", JPEG), data_url("image/png", PNG)]
    assert [part["media_type"] for part in placed.parts] == ["image/jpeg", "image/png"]
    assert placed.counts == {"inline": 2}


def test_files_are_named_by_their_content() -> None:
    placed = Placed(*[data_url("x", PNG), data_url("y", JPEG)] * 2, mode="files", prefix="s3://b/")

    names = [f"images/{hashlib.sha256(PNG).hexdigest()}.png"]
    names += [f"images/{hashlib.sha256(JPEG).hexdigest()}.jpg"]
    assert placed.urls == [f"s3://b/{name}" for name in names * 2]
    assert placed.files == dict(zip(names, [PNG, JPEG], strict=True))
    assert placed.counts == {"files": 4}


def test_a_url_is_fetched_where_that_is_wanted_and_else_left_out() -> None:
    for mode in ("inline", "files"):
        assert skipped(HERE, mode=mode) is Reason.IMAGE_NOT_HERE
    placed = Placed(HERE, mode="inline", fetch={HERE: PNG}.__getitem__)
    assert placed.urls == [data_url("image/png", PNG)]
    assert skipped(HERE, fetch=lambda _: b"<html>") is Reason.NOT_AN_IMAGE


@pytest.mark.parametrize("url", ["s3://bucket/a.png", "stored-image:00;image/png", "file:///a.png"])
def test_only_what_the_format_reads_by_itself_may_stay(url: str) -> None:
    own = ImageRules(modes=ALL, own_prefix="s3://")

    assert skipped(url, mode="keep") is Reason.IMAGE_NOT_HERE
    for elsewhere in (HERE, data_url("image/png", PNG)):
        assert skipped(elsewhere, mode="keep", rules=own) is Reason.IMAGE_NOT_HERE
    assert Placed("s3://bucket/a.png", mode="keep", rules=own).urls == ["s3://bucket/a.png"]


@pytest.mark.parametrize(
    "url",
    [
        "data:image/png,abc",
        "data:image/png;base64",
        "data:image/png;base64,",
        "data:image/png;base64,QUI",
        "data:image/png;base64,QU\nI=",
        "data:image/png;base64,QUé=",
        data_url("image/png", PNG).replace(",", ",\n"),
        data_url("image/png", b"no image"),
        data_url("image/svg+xml", b"<svg/>"),
        data_url("image/bmp", made("RGB", "BMP")),
    ],
)
def test_what_is_no_image_is_left_out_whatever_it_is_called(url: str) -> None:
    for mode in ALL:
        assert skipped(url, mode=mode) is Reason.NOT_AN_IMAGE


def test_too_many_and_too_large_images_are_left_out() -> None:
    small = ImageRules(modes=ALL, at_most=2, max_bytes=len(PNG))
    image = data_url("image/png", PNG)

    assert Placed(image, HERE, mode="keep", rules=small).counts == {"kept": 2}
    assert skipped(image, image, image, rules=small) is Reason.TOO_MANY_IMAGES
    larger = data_url("image/png", PNG + b"\0")
    assert skipped(larger, mode="keep", rules=small) is Reason.IMAGE_TOO_LARGE
    assert Placed(mode="keep", rules=small).urls == []


@pytest.mark.parametrize(("mode", "format", "options"), MADE)
def test_other_types_and_colours_become_rgb(
    mode: str, format: str, options: dict[str, Any]
) -> None:
    data = made(mode, format, **options)
    placed = Placed(data_url("image/x", data), mode="keep", rules=RGB_ONLY)

    fits = mode == "RGB" and format != "WEBP"
    assert placed.counts == ({"kept": 1} if fits else {"converted": 1, "inline": 1})
    with placed.picture() as picture:
        assert (picture.mode, picture.size) == ("RGB", (300, 7))
        assert picture.format == ("JPEG" if format == "JPEG" else "PNG")
        assert fits or "icc_profile" not in picture.info
    picture = look(decode(placed.urls[0]))
    assert fits or placed.parts[0]["media_type"] == picture.media_type


def converted(image: Image.Image, format: str = "PNG", **options: Any) -> Image.Image:
    rules = options.pop("rules", RGB_ONLY)
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return Placed(data_url("", buffer.getvalue()), mode="inline", rules=rules).picture()


def test_what_is_transparent_lies_on_white_where_there_is_no_alpha() -> None:
    ink = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    ink.putpixel((1, 0), (0, 0, 0, 255))
    as_palette = ink.convert("P")
    for image, options in ((ink, {}), (as_palette, {"transparency": as_palette.getpixel((0, 0))})):
        assert list(converted(image, **options).getdata()) == [(255, 255, 255), (0, 0, 0)]

    rgba = ImageRules(modes=ALL, types=("png",), colours=("RGB", "RGBA"))
    with_alpha = converted(ink.convert("LA"), rules=rgba)
    assert list(with_alpha.getdata()) == [(0, 0, 0, 0), (0, 0, 0, 255)]
    assert converted(Image.new("P", (1, 1)), rules=rgba).mode == "RGB"


def test_sixteen_bits_of_grey_are_scaled_to_eight() -> None:
    image = Image.new("I;16", (3, 1))
    for x, level in enumerate((0, 0x8000, 0xFFFF)):
        image.putpixel((x, 0), level)

    assert list(converted(image).getdata()) == [(0,) * 3, (128,) * 3, (255,) * 3]


def test_a_photograph_is_turned_as_its_camera_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = converted(Image.new("L", (30, 10)), "JPEG", exif=exif)

    assert (turned.size, turned.getexif().get(0x0112)) == ((10, 30), None)
    only_jpeg = ImageRules(modes=ALL, types=("jpeg",))
    assert converted(Image.new("RGBA", (2, 2)), rules=only_jpeg).format == "JPEG"


def test_a_huge_image_is_not_decoded() -> None:
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">IIBBBBB", 65000, 65000, 8, 0, 0, 0, 0)
    header += zlib.crc32(header[12:]).to_bytes(4) + b"\0\0\0\0IDAT"
    gif = bytearray(made("P", "GIF", (9000, 9000)))
    gif[6:10] = b"\1\0\1\0"
    bomb = bytearray(gif)
    frame = bomb.index(b",\0\0\0\0")
    bomb[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"

    for data in (header, bytes(gif), bytes(bomb)):
        assert skipped(data_url("", data), rules=RGB_ONLY) is Reason.IMAGE_TOO_LARGE


@pytest.mark.parametrize(("mode", "format", "options"), MADE)
def test_a_broken_image_ends_no_export(mode: str, format: str, options: dict[str, Any]) -> None:
    chance = random.Random(1)
    data = made(mode, format, **options)
    for _ in range(60):
        broken = bytearray(data[: chance.randrange(8, len(data) + 1)])
        for _ in range(chance.randrange(4)):
            broken[chance.randrange(12, len(broken) + 12) % len(broken)] = chance.randrange(256)
        with suppress(Skip):
            Placed(data_url("", bytes(broken)), mode="inline", rules=NOTHING_FITS)


def test_where_pillow_is_not_there_nothing_is_converted(monkeypatch: pytest.MonkeyPatch) -> None:
    grey = data_url("", made("L", "PNG"))
    monkeypatch.setitem(sys.modules, "PIL", None)

    assert skipped(grey, rules=RGB_ONLY) is Reason.IMAGE_TYPE
    assert Placed(data_url("", PNG), mode="keep", rules=RGB_ONLY).counts == {"kept": 1}


def test_a_data_url_is_read_strictly() -> None:
    assert decode("data:;base64,QUJD") == b"ABC"
    assert decode(data_url("a/b", PNG)) == PNG
    assert base64.b64decode(data_url("a/b", PNG).partition(",")[2]) == PNG
