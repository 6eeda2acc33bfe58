import numpy as np
import pytest

from fer.errors import ConfigError
from fer.nets.augmentation import Augmentation

OFF = {
    "flip": False,
    "rotation_deg": 0.0,
    "zoom": 0.0,
    "shift": 0.0,
    "brightness": 0.0,
    "contrast": 0.0,
    "erase": 0.0,
}


def faces(n: int = 4, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).integers(60, 200, (n, 24, 24, channels), dtype=np.uint8)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_with_everything_off_faces_stay_as_they_are() -> None:
    assert (Augmentation(**OFF).apply(faces(), rng()) == faces()).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_shape_and_type_are_kept_and_the_input_is_not_touched(channels: int) -> None:
    given = faces(channels=channels)
    out = Augmentation(erase=1).apply(given, rng())
    assert (out.shape, out.dtype) == (given.shape, np.uint8)
    assert (given == faces(channels=channels)).all()
    assert (out != given).any()


def test_the_same_seed_gives_the_same_faces() -> None:
    varied = Augmentation()
    assert (varied.apply(faces(), rng(1)) == varied.apply(faces(), rng(1))).all()
    assert (varied.apply(faces(), rng(1)) != varied.apply(faces(), rng(2))).any()


def test_flip_mirrors_about_half_of_the_faces_and_changes_nothing_else() -> None:
    given = faces(200)
    out = Augmentation(**OFF | {"flip": True}).apply(given, rng())
    mirrored = np.array([(a == b[:, ::-1]).all() for a, b in zip(out, given, strict=True)])
    kept = np.array([(a == b).all() for a, b in zip(out, given, strict=True)])
    assert (mirrored ^ kept).all()
    assert 70 < mirrored.sum() < 130


def test_brightness_moves_the_mean_and_contrast_keeps_it() -> None:
    given = faces(50)
    brighter = Augmentation(**OFF | {"brightness": 0.2}).apply(given, rng())
    moved = brighter.mean(axis=(1, 2, 3)) - given.mean(axis=(1, 2, 3))
    assert moved.std() > 10
    assert np.abs(moved).max() <= 0.2 * 255 + 1
    spread = Augmentation(**OFF | {"contrast": 0.3}).apply(given, rng())
    assert np.abs(spread.mean(axis=(1, 2, 3)) - given.mean(axis=(1, 2, 3))).max() < 1
    ratio = spread.std(axis=(1, 2, 3)) / given.std(axis=(1, 2, 3))
    assert 0.65 < ratio.min() < 0.9
    assert 1.1 < ratio.max() < 1.35


def test_shift_moves_by_no_more_than_the_asked_share() -> None:
    dot = np.zeros((100, 21, 21, 1), np.uint8)
    dot[:, 10, 10] = 255
    out = Augmentation(**OFF | {"shift": 0.2}).apply(dot, rng())[..., 0].astype(float)
    rows = (out.sum(axis=2) * np.arange(21)).sum(axis=1) / out.sum(axis=(1, 2))
    assert np.abs(rows - 10).max() <= 0.2 * 21 + 0.1
    assert np.abs(rows - 10).max() > 0.1 * 21


def test_an_impossible_value_is_refused_by_name_with_its_range() -> None:
    with pytest.raises(ConfigError, match=r"augmentation\.zoom is 2; it must be 0 to 0\.9"):
        Augmentation(zoom=2)


def test_crop_enlarges_and_stays_inside_the_face() -> None:
    ramp = np.tile(np.linspace(50, 200, 40, dtype=np.uint8), (40, 1))[None, :, :, None]
    given = np.repeat(ramp, 60, axis=0)
    out = Augmentation(**OFF | {"crop": 0.4}).apply(given, rng()).astype(float)
    spread = out[:, :, -1, 0].mean(axis=1) - out[:, :, 0, 0].mean(axis=1)
    assert 0.55 * 150 < spread.min() < 0.7 * 150
    assert spread.max() <= 151
    assert out[:, :, 0].mean(axis=(1, 2)).std() > 3


def test_mixup_blends_faces_and_targets_in_the_same_shares() -> None:
    given = np.repeat(np.array([0, 200], np.uint8), 20)[:, None, None, None]
    given = np.broadcast_to(given, (40, 8, 8, 1))
    targets = np.eye(2, dtype=np.float32)[np.repeat([0, 1], 20)]
    mixed, shares = Augmentation(**OFF, mixup=1.0).mix(given, targets, rng(3))
    assert (mixed.shape, mixed.dtype) == ((40, 8, 8, 1), np.uint8)
    assert len(np.unique(mixed)) > 2
    np.testing.assert_allclose(mixed[:, 0, 0, 0] / 200, shares[:, 1], atol=0.004)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)


def test_cutmix_pastes_a_part_and_counts_its_pixels() -> None:
    given = np.repeat(np.array([0, 200], np.uint8), 20)[:, None, None, None]
    given = np.broadcast_to(given, (40, 16, 16, 1))
    targets = np.eye(2, dtype=np.float32)[np.repeat([0, 1], 20)]
    mixed, shares = Augmentation(**OFF, cutmix=1.0).mix(given, targets, rng(3))
    assert set(np.unique(mixed)) == {0, 200}
    np.testing.assert_allclose(mixed.mean(axis=(1, 2, 3)) / 200, shares[:, 1], atol=1e-6)


def test_without_mixup_and_cutmix_a_batch_stays_as_it_is() -> None:
    targets = np.eye(4, dtype=np.float32)
    mixed, same = Augmentation(**OFF).mix(faces(), targets, rng())
    assert (mixed == faces()).all()
    assert same is targets


def stripes(n: int = 200) -> np.ndarray:
    """Faces of the finest detail there is: every second column white."""
    face = np.zeros((32, 32, 1), np.uint8)
    face[:, ::2] = 255
    return np.repeat(face[None], n, axis=0)


@pytest.mark.parametrize("kind", ["blur", "coarse"])
def test_blur_and_coarse_take_detail_from_the_asked_share_and_keep_the_light(kind: str) -> None:
    out = Augmentation(**OFF | {kind: 0.3}).apply(stripes(), rng()).astype(float)
    touched = (out != stripes()).any(axis=(1, 2, 3))
    assert 0.2 < touched.mean() < 0.4
    assert (out[touched].std(axis=(1, 2, 3)) < stripes(1).std()).all()
    assert out[touched].std(axis=(1, 2, 3)).min() < 0.1 * stripes(1).std()
    np.testing.assert_allclose(out[touched].mean(axis=(1, 2, 3)), 127.5, atol=12)


def test_coarse_keeps_what_a_third_of_the_side_can_show() -> None:
    halves = np.zeros((50, 30, 30, 3), np.uint8)
    halves[:, :, 15:] = 200
    out = Augmentation(**OFF | {"coarse": 1.0}).apply(halves, rng())
    assert (out[:, :, :11] == 0).all()
    assert (out[:, :, 19:] == 200).all()


def test_shade_lights_one_side_and_darkens_the_other_by_the_asked_share_at_most() -> None:
    given = np.full((300, 33, 33, 3), 128, np.uint8)
    added = Augmentation(**OFF | {"shade": 0.4}).apply(given, rng()).astype(int) - 128
    assert (added == added[..., :1]).all(), "light has no colour"
    assert (added[:, 16, 16] == 0).all()
    np.testing.assert_allclose(added, -added[:, ::-1, ::-1], atol=1)
    strongest = np.abs(added).max(axis=(1, 2, 3))
    assert 0.4 * 255 * 0.5 < strongest.max() <= 0.4 * 255
    sides = added[:, 16, 32, 0]
    assert (sides > 20).any()
    assert (sides < -20).any()


def test_shade_stops_at_black_and_white() -> None:
    given = np.full((20, 16, 16, 1), 250, np.uint8)
    out = Augmentation(**OFF | {"shade": 1.0}).apply(given, rng())
    assert (out.max(axis=(1, 2, 3)) >= 250).all(), "what is too bright does not wrap around"


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_compresses_the_requested_share_and_keeps_light_and_colour(
    channels: int,
) -> None:
    given = np.zeros((200, 32, 32, channels), np.uint8)
    given[..., :] = np.linspace(40, 220, 32)[:, None, None]
    given[:, :, 10:12] = 250
    given[..., 0] //= 2
    out = Augmentation(**OFF | {"jpeg": 0.3}).apply(given, rng()).astype(int)
    touched = (out != given).any(axis=(1, 2, 3))
    assert 0.2 < touched.mean() < 0.4
    moved = (out[touched] - given[touched]).mean(axis=(1, 2))
    assert np.abs(moved).max() < 6
    # What compression adds ends with the block of 8 pixels that holds the line.
    beyond = np.abs(out[touched] - given[touched])[:, :, 16:].max(axis=(1, 2, 3))
    within = np.abs(out[touched] - given[touched])[:, :, 8:16].max(axis=(1, 2, 3))
    assert (within > beyond).mean() > 0.9
