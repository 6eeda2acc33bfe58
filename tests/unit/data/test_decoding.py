"""Bulk decoding gives what `images.decode` gives, only sooner."""

import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from fer.data import decoding
from fer.data.decoding import ImageStats, decode_batch, read_image
from fer.errors import ImageTooLargeError, ImageTooSmallError, UnreadableImageError
from fer.images import decode


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Grey and colour images of several formats, and two files that are none."""
    rng = np.random.default_rng(0)
    for number, suffix in enumerate(("jpg", "png", "bmp", "webp") * 5):
        shape = (30 + number, 40) if number % 3 else (30 + number, 40, 3)
        pixels = rng.integers(0, 256, shape, dtype=np.uint8)
        cv2.imwrite(str(tmp_path / f"{number:02d}.{suffix}"), pixels)
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "empty.png").touch()
    return sorted(map(str, tmp_path.iterdir()))


def test_a_batch_measures_what_can_be_read_and_gives_a_reason_for_the_rest(
    files: list[str],
) -> None:
    rows = np.arange(len(files))[::-1]  # any order
    out = np.zeros((len(files), 24, 24, 3), np.uint8)
    measured = dict(zip(rows.tolist(), decode_batch(files.__getitem__, rows, out), strict=True))
    skipped = {Path(files[row]).name: one.reason for row, one in measured.items() if one.reason}
    assert list(skipped) == ["text.jpg", "empty.png"]
    assert "0 bytes" in skipped["empty.png"]
    for (row, stats), shaped in zip(measured.items(), out, strict=True):
        if not stats.reason:
            assert (stats.height, stats.width) == decode(files[row]).shape[:2]
            expected = cv2.resize(decode(files[row]), (24, 24), interpolation=cv2.INTER_AREA)
            np.testing.assert_array_equal(shaped, expected)


def test_equal_images_have_one_hash_however_they_are_stored(tmp_path: Path) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (20, 30), dtype=np.uint8)
    Image.fromarray(grey).save(tmp_path / "a.png")
    Image.fromarray(grey).convert("RGB").save(tmp_path / "b.bmp")
    pixels = [str(tmp_path / "a.png"), str(tmp_path / "b.bmp"), grey, grey.T]

    def stats(row: int) -> ImageStats:
        out = np.empty((1, 8, 8, 1), np.uint8)
        return decode_batch(pixels.__getitem__, np.array([row]), out)[0]

    assert stats(0) == stats(1) == stats(2)
    assert stats(0).hash != stats(3).hash
    assert stats(0).mean == pytest.approx(grey.mean())
    assert stats(0).std == pytest.approx(grey.std())


SaveJpeg = Callable[..., bytes]


@pytest.fixture
def jpeg() -> SaveJpeg:
    def save(mode: str = "L", side: int = 48, **options: object) -> bytes:
        pixels = np.random.default_rng(side).integers(0, 256, (side, side), dtype=np.uint8)
        stream = io.BytesIO()
        Image.fromarray(pixels).convert(mode).save(stream, "JPEG", **options)
        return stream.getvalue()

    return save


@pytest.fixture
def decoded_by_pillow(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that went to `decode`."""
    paths: list[str] = []

    def counted(path: str) -> np.ndarray:
        paths.append(path)
        return decode(path)

    monkeypatch.setattr(decoding, "decode", counted)
    return paths


@pytest.mark.parametrize(
    "options", [{}, {"quality": 95}, {"progressive": True}, {"optimize": True}]
)
def test_a_plain_grey_jpeg_takes_the_short_way_to_the_same_values(
    tmp_path: Path, jpeg: SaveJpeg, decoded_by_pillow: list[str], options: dict[str, object]
) -> None:
    file = tmp_path / "face.jpg"
    file.write_bytes(jpeg(**options))
    grey = read_image(str(file))
    assert decoded_by_pillow == []
    np.testing.assert_array_equal(grey, decode(file)[:, :, 0])


def test_a_jpeg_with_anything_unusual_takes_the_long_way(
    tmp_path: Path, jpeg: SaveJpeg, decoded_by_pillow: list[str]
) -> None:
    turned = Image.Exif()
    turned[0x0112] = 3
    for number, content in enumerate(
        (jpeg("RGB"), jpeg(exif=turned), jpeg(comment=b"a note"), jpeg(side=400, quality=100))
    ):
        file = tmp_path / f"{number}.jpg"
        file.write_bytes(content)
        np.testing.assert_array_equal(read_image(str(file)), decode(file))
        assert decoded_by_pillow.pop() == str(file)


@pytest.mark.parametrize(
    ("sides", "error"),
    [(b"\xff\xff\xff\xff", ImageTooLargeError), (b"\0\5\0\5", ImageTooSmallError)],
)
def test_a_grey_jpeg_of_a_forbidden_size_is_refused(
    tmp_path: Path, jpeg: SaveJpeg, sides: bytes, error: type[Exception]
) -> None:
    before, frame, after = jpeg().partition(b"\xff\xc0\x00\x0b\x08")
    file = tmp_path / "face.jpg"
    file.write_bytes(before + frame + sides + after[4:])
    with pytest.raises(error):
        read_image(str(file))


def test_a_grey_jpeg_that_was_cut_short_is_refused(tmp_path: Path, jpeg: SaveJpeg) -> None:
    file = tmp_path / "face.jpg"
    file.write_bytes(jpeg()[:-600])
    with pytest.raises(UnreadableImageError, match="cut short"):
        read_image(str(file))
