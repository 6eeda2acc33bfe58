import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from fer.errors import FeedbackError
from fer.feedback.images import MAX_BYTES, content_of
from fer.images import decode
from fer.pixels import content_hash


def png(**options: object) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (48, 40, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", **options)
    return buffer.getvalue()


def test_names_and_places_in_a_pictures_metadata_are_not_kept() -> None:
    info = PngInfo()
    info.add_text("Author", "Kim Somebody")
    exif = Image.Exif()
    exif[0x010E] = "the house of Kim"
    rich = png(pnginfo=info, exif=exif) + b"and more of Kim"
    assert rich.count(b"Kim") == 3
    plain, _ = content_of(rich)
    assert b"Kim" not in plain
    assert np.array_equal(decode(plain), decode(png()))


def test_a_picture_without_metadata_stays_byte_for_byte() -> None:
    assert content_of(png())[0] == png()


def test_the_hash_is_that_of_the_pixels_however_they_are_compressed() -> None:
    small, large = content_of(png(compress_level=9)), content_of(png(compress_level=0))
    assert small[0] != large[0]
    assert small[1] == large[1] == content_hash(decode(png()))


def chunk(name: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + checksum


BOMB = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(bytes(100_000)))
    + chunk(b"IEND", b"")
)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"GIF89a",
        png()[:20],
        png()[:400],
        png()[:8] + b"\xff" * 60,
        png() + bytes(MAX_BYTES),
        BOMB,
    ],
    ids=["nothing", "a GIF", "a head", "half", "noise", "too large", "a bomb"],
)
def test_what_is_no_whole_picture_is_refused(
    damaged: bytes,
) -> None:
    with pytest.raises(FeedbackError, match="picture of the correction"):
        content_of(damaged)
