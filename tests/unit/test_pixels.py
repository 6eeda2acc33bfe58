import numpy as np
import pytest

from fer.errors import FerError, ImageTooLargeError, ImageTooSmallError, UnreadableImageError
from fer.images import decode
from fer.pixels import to_8_bits

RGB = np.random.default_rng(0).integers(0, 256, (16, 20, 3), dtype=np.uint8)
GREY = RGB[..., 0]
AS_RGB = np.stack([GREY] * 3, axis=2)


def test_rgb_comes_back_as_it_is() -> None:
    assert decode(RGB) is RGB


@pytest.mark.parametrize("grey", [GREY, GREY[..., None], GREY[None], GREY[None, ..., None]])
def test_grey_gets_three_equal_channels(grey: np.ndarray) -> None:
    np.testing.assert_array_equal(decode(grey), AS_RGB)


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint16, np.int16])
def test_whole_numbers_of_any_type_are_0_to_255(dtype: type) -> None:
    np.testing.assert_array_equal(decode(RGB.astype(dtype)), RGB)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_of_0_to_1_are_scaled(dtype: type) -> None:
    np.testing.assert_allclose(decode((RGB / 255).astype(dtype)).astype(int), RGB, atol=1)


def test_grey_floats_that_overshoot_1_are_not_taken_for_the_darkest_of_255() -> None:
    ramp = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    expected = np.arange(256).reshape(16, 16)
    np.testing.assert_allclose(to_8_bits(ramp * 1.01 - 0.004), expected, atol=2)
    np.testing.assert_allclose(to_8_bits(ramp * 3), expected, atol=1)


def test_a_little_overshoot_of_resized_floats_is_cut_off() -> None:
    pixels = np.full((16, 16), 1.004)
    pixels[0] = -0.004
    assert decode(pixels)[0].max() == 0
    assert decode(pixels)[1:].min() == 255


def test_booleans_are_black_and_white() -> None:
    np.testing.assert_array_equal(np.unique(decode(GREY > 100)), [0, 255])


def test_rgba_is_laid_on_white() -> None:
    rgba = np.dstack([RGB, np.full(GREY.shape, 255, np.uint8)])
    np.testing.assert_array_equal(decode(rgba), RGB)
    rgba[..., 3] = 0
    assert decode(rgba).min() == 255
    np.testing.assert_array_equal(decode(np.zeros((16, 16, 4))), np.full((16, 16, 3), 255))


def test_nested_lists_and_a_batch_of_one_are_one_image() -> None:
    np.testing.assert_array_equal(decode(RGB.tolist()), RGB)
    np.testing.assert_array_equal(decode((GREY / 255).tolist()), AS_RGB)
    np.testing.assert_array_equal(decode(RGB[None]), RGB)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (RGB.astype(np.float32), "0–1 for floats.*astype"),
        ((RGB / 127.5 - 1).astype(np.float32), "Scale them to 0–1"),
        (np.full((16, 16), np.nan), "nan"),
        (RGB.astype(np.uint16) * 257, "divided by 257"),
        (np.stack([RGB, RGB]), "batch of 2: give one image at a time"),
        (RGB.transpose(2, 0, 1), "Channels come last"),
        (np.zeros(16, np.uint8), r"shape \(16,\)"),
        (np.zeros((16, 16, 2), np.uint8), r"shape \(16, 16, 2\)"),
        ([[1, 2], [3]], "no array of numbers"),
        (["a.jpg", "b.jpg"], "expected one image"),
        (None, "Found NoneType"),
        (object(), "Found object"),
    ],
)
def test_what_leaves_open_what_it_means_is_refused(values: object, reason: str) -> None:
    with pytest.raises(UnreadableImageError, match=reason):
        decode(values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pixels", "error"),
    [
        (np.zeros((0, 0, 3), np.uint8), ImageTooSmallError),
        (np.zeros((4, 4), np.uint8), ImageTooSmallError),
        (np.broadcast_to(np.uint8(0), (8000, 8000, 3)), ImageTooLargeError),
    ],
)
def test_the_size_has_bounds(pixels: np.ndarray, error: type[FerError]) -> None:
    with pytest.raises(error):
        decode(pixels)
