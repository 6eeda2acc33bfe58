import numpy as np
import pytest

from fer.errors import ModelError
from fer.models.pixel_scales import SCALES, scale_named

RGB = np.random.default_rng(0).integers(0, 256, (5, 16, 12, 3), dtype=np.uint8)


def test_ranges_reach_from_end_to_end() -> None:
    ends = np.array([[[[0], [255]]]], np.uint8)
    found = {name: SCALES[name].apply(ends).ravel().tolist() for name in ("0-1", "-1-1", "0-255")}
    assert found == {"0-1": [0, 1], "-1-1": [-1, 1], "0-255": [0, 255]}


def test_imagenet_is_what_torchvision_computes() -> None:
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    expected = (RGB / 255 - mean) / deviation
    np.testing.assert_allclose(SCALES["imagenet"].apply(RGB), expected, atol=1e-5)


def test_caffe_puts_blue_first_and_takes_its_mean_away() -> None:
    face = np.array([[[[10, 20, 30]]]], np.uint8)
    expected = [[[[30 - 103.939, 20 - 116.779, 10 - 123.68]]]]
    np.testing.assert_allclose(SCALES["caffe-bgr"].apply(face), expected, atol=1e-4)


def test_per_image_gives_each_image_mean_0_and_deviation_1() -> None:
    found = SCALES["per-image"].apply(RGB)
    np.testing.assert_allclose(found.mean((1, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(found.std((1, 2, 3)), 1, atol=1e-5)
    assert np.abs(SCALES["per-image"].apply(np.full((1, 48, 48, 3), 77, np.uint8))).max() < 0.1


def test_every_scale_gives_float32_of_the_same_shape() -> None:
    found = {(made.dtype.name, made.shape) for made in (one.apply(RGB) for one in SCALES.values())}
    assert found == {("float32", RGB.shape)}


@pytest.mark.parametrize("name", ["imagenet", "caffe-bgr"])
def test_a_grey_network_cannot_have_a_scale_for_colour(name: str) -> None:
    with pytest.raises(ModelError, match=r"for networks of 3 channels; this one takes 1\. Choose"):
        scale_named(name, 1)
    with pytest.raises(ModelError, match="found 1"):
        SCALES[name].apply(RGB[..., :1])
    assert scale_named(name, 3) is SCALES[name]


def test_an_unknown_scale_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(ModelError, match="Known: 0-1, -1-1, 0-255, imagenet"):
        scale_named("0-2", 3)
