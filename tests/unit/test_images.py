import io
import os
import struct
import sys
import time
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from fer.errors import (
    FerError,
    ImageTooLargeError,
    ImageTooSmallError,
    UnreadableImageError,
)
from fer.image_formats import FORMATS
from fer.images import MAX_BYTES, decode, decode_first, preview, to_network_input
from fer.pixels import MAX_PIXELS

Image.init()
WRITTEN = [name for name in (*FORMATS, "MPO", "TGA") if name in Image.SAVE]
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def quarters(width: int = 32, height: int = 24) -> np.ndarray:
    """Red, green, blue and white quarters, which no turn or flip leaves in place."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = RED
    pixels[: height // 2, width // 2 :] = GREEN
    pixels[height // 2 :, : width // 2] = BLUE
    pixels[height // 2 :, width // 2 :] = WHITE
    return pixels


def encoded(image: Image.Image | np.ndarray, image_format: str = "PNG", **options: object) -> bytes:
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def assert_similar(found: np.ndarray, expected: np.ndarray, tolerance: int = 40) -> None:
    """Equal but for lossy compression, away from the edges of the quarters."""
    assert found.shape == expected.shape
    inner = np.ix_(*[[side // 4, side - side // 4] for side in expected.shape[:2]])
    difference = found[inner].astype(int) - expected[inner]
    assert np.abs(difference).max() <= tolerance


SAVED = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "MPO": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True},
    "AVIF": {"quality": 100, "subsampling": "4:4:4"},
}


@pytest.mark.parametrize("image_format", WRITTEN)
def test_every_format_gives_the_same_rgb_pixels(image_format: str, tmp_path: Path) -> None:
    data = encoded(quarters(), image_format, **SAVED.get(image_format, {}))
    file = tmp_path / "photo"
    file.write_bytes(data)
    for source in (data, file, str(file)):
        found = decode(source)
        assert found.dtype == np.uint8
        assert found.flags.writeable
        assert_similar(found, quarters())


STORED_AS = {
    1: lambda upright: upright,
    2: np.fliplr,
    3: lambda upright: np.rot90(upright, 2),
    4: np.flipud,
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: np.rot90(upright, 2).transpose(1, 0, 2),
    8: lambda upright: np.rot90(upright, -1),
}


@pytest.mark.parametrize("orientation", STORED_AS)
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF", "TIFF with LZW"])
def test_the_exif_orientation_is_applied_once(image_format: str, orientation: int) -> None:
    stored = np.ascontiguousarray(STORED_AS[orientation](quarters()))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = SAVED.get(image_format, {})
    if image_format == "TIFF with LZW":
        options = {"compression": "tiff_lzw"}
    assert_similar(
        decode(encoded(stored, image_format[:4].strip(), exif=exif, **options)), quarters()
    )


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "exif", [b"Exif\0\0MM\0*", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0" + b"z" * 40]
)
def test_damaged_exif_does_not_spoil_a_photo(image_format: str, exif: bytes) -> None:
    data = encoded(quarters(), image_format, exif=exif, **SAVED.get(image_format, {}))
    assert_similar(decode(data), quarters())


def test_transparent_pixels_become_white_and_half_transparent_ones_mix_with_it() -> None:
    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[:8] = (200, 0, 0, 255)
    pixels[8:12] = (200, 0, 0, 128)
    found = decode(encoded(pixels))
    assert found[0, 0].tolist() == [200, 0, 0]
    assert np.abs(found[9, 0].astype(int) - (227, 127, 127)).max() <= 1
    assert found[15, 0].tolist() == [255, 255, 255]


def test_a_transparent_colour_of_a_palette_becomes_white() -> None:
    image = Image.new("P", (16, 16), 1)
    image.putpalette([0, 0, 0, 10, 20, 30, 40, 50, 60])
    image.paste(2, (0, 0, 8, 16))
    for data in (encoded(image, transparency=1), encoded(image, "GIF", transparency=1)):
        found = decode(data)
        assert found[0, 0].tolist() == [40, 50, 60]
        assert found[0, 15].tolist() == [255, 255, 255]
    opaque = decode(encoded(image))
    assert opaque[0, 15].tolist() == [10, 20, 30]


def test_grey_with_alpha_is_laid_on_white() -> None:
    pixels = np.full((16, 16, 2), 100, np.uint8)
    pixels[:8, :, 1] = 255
    pixels[8:, :, 1] = 0
    found = decode(encoded(Image.fromarray(pixels, "LA")))
    assert found[0, 0].tolist() == [100] * 3
    assert found[15, 0].tolist() == [255] * 3


@pytest.mark.parametrize("image_format", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_not_clipped(image_format: str) -> None:
    values = np.linspace(0, 65535, 256).astype(np.uint16).repeat(16).reshape(64, 64)
    found = decode(encoded(values, image_format))
    expected = np.round(values / 257)
    assert np.abs(found - expected[..., None]).max() <= 0.5


def test_16_bit_colour_is_scaled_not_clipped() -> None:
    values = np.zeros((16, 16, 3), np.uint16)
    values[..., 0], values[..., 1] = 65535, 32768
    written, data = cv2.imencode(".png", values[..., ::-1])
    assert written
    assert decode(data.tobytes())[0, 0].tolist() == [255, 128, 0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.float32([0, 0.5, 1]), [0, 128, 255]),
        (np.float32([0, 51, 102]), [0, 51, 102]),
        (np.float32([0, 257, 65535]), [0, 1, 255]),
        (np.float32([-1, 0, 1]), [0, 128, 255]),
        (np.float32([np.nan, np.inf, 1]), [0, 0, 255]),
        (np.float32([-3e38, 0, 3e38]), [0, 128, 255]),
        (np.float32([0, 0, 0]), [0, 0, 0]),
        (np.float32([-2, -2, -2]), [0, 0, 0]),
        (np.int32([0, 1, 200]), [0, 1, 200]),
        (np.int32([0, 257, 65535]), [0, 1, 255]),
        (np.int32([0, 500_000, 1_000_000]), [0, 128, 255]),
    ],
)
def test_32_bit_values_are_scaled_by_what_they_reach(
    values: np.ndarray, expected: list[int]
) -> None:
    pixels = np.tile(np.repeat(values, 6), (18, 1))
    found = decode(encoded(pixels, "TIFF"))
    assert np.abs(found[0, ::6, 0].astype(int) - expected).max() <= 1


@pytest.mark.parametrize("image_format", ["JPEG", "TIFF"])
def test_cmyk_has_the_right_colours_also_where_adobe_inverts_it(image_format: str) -> None:
    cmyk = Image.fromarray(quarters()).convert("CMYK")
    data = encoded(cmyk, image_format, **SAVED.get(image_format, {}))
    assert_similar(decode(data), quarters())
    if image_format == "JPEG":
        assert b"Adobe" in data


def test_one_bit_images_are_black_and_white() -> None:
    pixels = np.zeros((16, 16), bool)
    pixels[:, 8:] = True
    for image_format in ("PNG", "TIFF", "BMP"):
        found = decode(encoded(Image.fromarray(pixels), image_format))
        assert found[0, 0].tolist() == [0, 0, 0]
        assert found[0, 15].tolist() == [255, 255, 255]


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_is_taken(image_format: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in (RED, GREEN, BLUE)]
    data = encoded(frames[0], image_format, save_all=True, append_images=frames[1:])
    assert_similar(decode(data), np.full((16, 16, 3), RED, np.uint8))


def png_header(width: int, height: int) -> bytes:
    """The start of a PNG that says how large it is and holds no pixel."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + struct.pack(">I", 1000)
        + b"IDAT"
    )


@pytest.mark.parametrize("size", [(10_000, 5_001), (10_000, 10_000), (100_000, 100_000)])
def test_an_image_over_50_megapixels_is_refused_from_its_header(size: tuple[int, int]) -> None:
    assert MAX_PIXELS == 50_000_000
    with pytest.raises(ImageTooLargeError, match="at most 50 can be used"):
        decode(png_header(*size))


def test_a_small_file_that_would_take_minutes_to_decode_is_refused() -> None:
    buffer = io.BytesIO()
    Image.new("L", (4000, 3000), 128).save(buffer, "JPEG", progressive=True)
    photo = buffer.getvalue()
    assert decode(photo).shape == (3000, 4000, 3)
    scan = photo[photo.rindex(b"\xff\xda") : -2]
    started = time.perf_counter()
    with pytest.raises(ImageTooLargeError, match=r"JPEG of 1,0\d\d scans"):
        decode(photo[:-2] + 1000 * scan + photo[-2:])
    assert preview(photo[:-2] + 1000 * scan + photo[-2:], long_side_px=640) is None
    assert time.perf_counter() - started < 1


def test_a_real_decompression_bomb_is_refused() -> None:
    bomb = encoded(Image.new("1", (12_000, 12_000)), "PNG")
    assert len(bomb) < 100_000
    with pytest.raises(ImageTooLargeError):
        decode(bomb)


@pytest.mark.parametrize("size", [(1, 1), (20_000, 10), (11, 400)])
def test_an_image_too_narrow_for_a_face_is_refused(size: tuple[int, int]) -> None:
    data = encoded(Image.new("L", size))
    with pytest.raises(ImageTooSmallError, match=f"{size[0]:,}×{size[1]:,} pixels.*at least 12"):
        decode(data)


@pytest.mark.parametrize("height", [63, 64, 65, 129])
def test_an_image_of_any_height_keeps_all_its_pixels(height: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (height, 20, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    assert np.array_equal(decode(buffer.getvalue()), pixels)
    assert np.array_equal(decode(Image.fromarray(pixels)), pixels)


def test_an_image_of_twelve_pixels_is_read() -> None:
    assert decode(encoded(Image.new("L", (12, 12)))).shape == (12, 12, 3)


def test_a_file_over_the_bound_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "large.jpg"
    with file.open("wb") as opened:
        opened.truncate(MAX_BYTES + 1)
    with pytest.raises(ImageTooLargeError, match="at most 200"):
        decode(file)


@pytest.mark.parametrize("image_format", WRITTEN)
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_truncated_image_is_refused(image_format: str, kept: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    data = encoded(noise, image_format)
    with pytest.raises(UnreadableImageError):
        decode(data[: int(len(data) * kept)])


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"),
        ("Süße Grüße, kein Bild.\n".encode(), "is text"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"></svg>', "SVG"),
        (b"%PDF-1.7 ...", "PDF.*Save it as"),
        (b"PK\x03\x04" + bytes(60), "ZIP archive.*Unpack it"),
        (b"\xff\xd8 not really", "damaged JPEG"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "a video"),
        (b"\xff\xd8\xff\xe0", "damaged JPEG"),
        (bytes(range(256)), "not known"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", r"PostScript.*expected a JPEG"),
    ],
)
def test_what_is_not_an_image_is_named(data: bytes, kind: str, tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(data)
    with pytest.raises(UnreadableImageError, match=kind):
        decode(data)
    with pytest.raises(UnreadableImageError, match=r"photo\.jpg"):
        decode(file)


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match="There is no file"):
        decode(tmp_path / "missing.jpg")
    with pytest.raises(UnreadableImageError, match="a folder"):
        decode(tmp_path)
    with pytest.raises(UnreadableImageError, match="cannot be read"):
        decode("a\0b.jpg")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadableImageError, match="not a file"):
        decode(tmp_path / "pipe")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "photo.png"
    file.write_bytes(encoded(quarters()))
    file.chmod(0)
    with pytest.raises(UnreadableImageError, match="Permission denied"):
        decode(file)


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_an_animation_or_a_document_is_known_to_hold_more(image_format: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in (RED, GREEN)]
    several = encoded(frames[0], image_format, save_all=True, append_images=frames[1:])
    assert decode_first(several).is_first_of_several
    assert not decode_first(encoded(frames[0], image_format)).is_first_of_several


def test_a_photo_with_a_preview_behind_it_is_one_photo() -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in (RED, GREEN)]
    photo = encoded(frames[0], "MPO", save_all=True, append_images=frames[1:])
    assert not decode_first(photo).is_first_of_several


def test_an_open_file_is_read_from_its_beginning(tmp_path: Path) -> None:
    written = io.BytesIO()
    Image.fromarray(quarters()).save(written, "PNG")
    np.testing.assert_array_equal(decode(written), quarters())
    file = tmp_path / "photo.png"
    file.write_bytes(written.getvalue())
    with file.open("rb") as opened:
        np.testing.assert_array_equal(decode(opened), quarters())
    with pytest.raises(UnreadableImageError, match="Open it anew"):
        decode(opened)
    with (
        pytest.raises(UnreadableImageError, match="mode 'rb'"),
        file.open(encoding="latin-1") as opened,
    ):
        decode(opened)  # type: ignore[arg-type]
    with pytest.raises(UnreadableImageError, match="empty"):
        decode(io.BytesIO())


def test_buffers_are_read_like_bytes() -> None:
    data = encoded(quarters())
    for source in (bytearray(data), memoryview(data)):
        np.testing.assert_array_equal(decode(source), quarters())


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "RGBX", "CMYK", "YCbCr"])
def test_a_pil_image_of_any_mode_is_read(mode: str) -> None:
    image = Image.fromarray(quarters()).convert(mode)
    assert_similar(decode(image), quarters(), tolerance=3)
    assert image.mode == mode


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("1", (16, 16), 1), (255, 255, 255)),
        (Image.new("L", (16, 16), 100), (100, 100, 100)),
        (Image.new("LA", (16, 16), (100, 0)), (255, 255, 255)),
        (Image.new("P", (16, 16)), (0, 0, 0)),
        (Image.new("I", (16, 16), 65535), (255, 255, 255)),
        (Image.new("I;16", (16, 16), 257), (1, 1, 1)),
        (Image.new("F", (16, 16), 0.5), (128, 128, 128)),
    ],
    ids=lambda value: getattr(value, "mode", ""),
)
def test_a_pil_image_without_colour_is_read(image: Image.Image, expected: tuple[int]) -> None:
    assert np.abs(decode(image)[8, 8].astype(int) - expected).max() <= 1


@pytest.mark.parametrize("image_format", ["JPEG", "TIFF"])
def test_a_pil_image_is_turned_upright_and_stays_as_it_is(image_format: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = np.ascontiguousarray(STORED_AS[6](quarters()))
    data = encoded(stored, image_format, exif=exif, **SAVED.get(image_format, {}))
    image = Image.open(io.BytesIO(data))
    for _ in range(2):
        assert_similar(decode(image), quarters())


def test_a_pil_image_that_cannot_be_loaded_or_is_too_small_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    (tmp_path / "photo.jpg").write_bytes(encoded(noise, "JPEG")[:2000])
    with (
        Image.open(tmp_path / "photo.jpg") as image,
        pytest.raises(UnreadableImageError, match="PIL image"),
    ):
        decode(image)
    with pytest.raises(ImageTooSmallError):
        decode(Image.new("RGB", (4, 4)))


def test_an_heic_photo_is_read_upright_where_its_package_is_installed() -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = np.ascontiguousarray(STORED_AS[6](quarters(64, 48)))
    data = encoded(stored, "HEIF", exif=exif.tobytes(), quality=95, chroma=444)
    assert_similar(decode(data), quarters(64, 48))


def test_without_its_package_an_heic_photo_names_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(UnreadableImageError, match=r"pillow-heif.*pip install .*\[heic\]"):
        decode(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))


def fuzz_seeds() -> list[bytes]:
    small = quarters(16, 16)
    exif = Image.Exif()
    exif[0x0112] = 6
    seeds = [encoded(small, image_format) for image_format in WRITTEN]
    seeds += [
        encoded(small, "JPEG", exif=exif, progressive=True),
        encoded(Image.fromarray(small).convert("CMYK"), "JPEG"),
        encoded(Image.fromarray(small).convert("P"), "PNG"),
        encoded(Image.fromarray(small).convert("RGBA"), "PNG"),
        encoded(small[..., 0].astype(np.uint16) * 257, "PNG"),
        encoded(small[..., 0].astype(np.float32), "TIFF"),
        encoded(small, "TIFF", compression="tiff_lzw", exif=exif),
        encoded(small, "TIFF", compression="jpeg"),
        encoded(small, "GIF", save_all=True, append_images=[Image.fromarray(small[::-1])]),
        encoded(small, "WEBP", save_all=True, append_images=[Image.fromarray(small[::-1])]),
    ]
    return seeds


@pytest.mark.filterwarnings("ignore::Warning:PIL")
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.sampled_from(fuzz_seeds()),
    flips=st.lists(st.tuples(st.integers(0, 2**16), st.integers(1, 255)), max_size=12),
    cut=st.none() | st.integers(0, 2**16),
)
def test_no_bytes_raise_anything_but_a_typed_error(
    seed: bytes, flips: list[tuple[int, int]], cut: int | None
) -> None:
    data = bytearray(seed)
    for place, change in flips:
        data[place % len(data)] ^= change
    if cut is not None:
        del data[cut % len(data) :]
    assert_image_or_typed_error(bytes(data))


@pytest.mark.filterwarnings("ignore::Warning:PIL")
@settings(max_examples=300, deadline=None)
@example(
    start=b"qoif\x00\x00\x00\x10\x00\x00\x00\x10\x03\x01Z\xc6",
    rest=b"\x00\x00\x00\x00\xdd\xde\xea\xed\xee\xee",  # a whole QOI file
)
@given(
    start=st.sampled_from([seed[:16] for seed in fuzz_seeds()]) | st.binary(max_size=8),
    rest=st.binary(max_size=600),
)
def test_invented_bytes_are_an_image_or_raise_a_typed_error(start: bytes, rest: bytes) -> None:
    assert_image_or_typed_error(start + rest)


def assert_image_or_typed_error(data: bytes) -> None:
    try:
        found = decode(data)
    except FerError:
        return
    assert found.dtype == np.uint8
    assert found.ndim == 3


def test_network_input_is_grey_or_rgb_of_the_asked_size() -> None:
    photo = quarters(64, 48)
    for face in (photo, photo[..., 0], photo[..., :1]):
        for channels in (1, 3):
            found = to_network_input(face, height=24, width=20, channels=channels)
            assert found.shape == (24, 20, channels)
            assert found.dtype == np.uint8


def test_network_input_of_the_right_size_is_unchanged() -> None:
    grey = np.arange(48 * 48, dtype=np.int64).reshape(48, 48).astype(np.uint8)
    found = to_network_input(grey, height=48, width=48, channels=1)
    np.testing.assert_array_equal(found[..., 0], grey)


def test_network_input_weighs_colours_by_brightness() -> None:
    # ITU-R BT.601: 0.299 red, 0.587 green, 0.114 blue.
    for colour, grey in ((RED, 76), (GREEN, 150), (BLUE, 29)):
        face = np.full((16, 16, 3), colour, np.uint8)
        assert to_network_input(face, height=16, width=16, channels=1)[0, 0, 0] == grey


def test_shrinking_averages_rather_than_skips() -> None:
    checks = np.indices((96, 96)).sum(axis=0) % 2 * 255
    found = to_network_input(checks.astype(np.uint8), height=48, width=48, channels=1)
    assert np.abs(found.astype(int) - 128).max() <= 1
