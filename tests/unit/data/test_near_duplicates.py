import numpy as np
import pytest

from fer.data import near_duplicates as near_duplicates_module
from fer.data.near_duplicates import near_duplicates, nearest, perceptual_hashes
from fer.data.synthetic import draw_face


def stripes(waves: int) -> np.ndarray:
    """Vertical stripes, shape (32, 32), values from -1 to 1."""
    x = (np.arange(32) + 0.5) / 52
    return np.tile(np.cos(np.pi * waves * x), (32, 1))


def as_faces(*pictures: np.ndarray) -> np.ndarray:
    return np.stack([(128 + picture).clip(0, 255) for picture in pictures])[..., None].astype(
        np.uint8
    )


def coarse() -> np.ndarray:
    """Low frequencies only, which are what a perceptual hash keeps."""
    generator = np.random.default_rng(1)
    return (
        sum(
            60 * generator.uniform(-1, 1) * np.outer(stripes(down)[0], stripes(across)[0])
            for down in range(8)
            for across in range(8)
        )
        / 5
    )


def test_one_face_saved_darker_is_a_near_duplicate() -> None:
    faces = as_faces(coarse(), 0.8 * coarse() - 5, 60 * stripes(5))
    groups = near_duplicates(faces, np.array(["a", "b", "c"]))
    assert groups[0] == groups[1] >= 0
    assert groups[2] == -1


def test_images_that_share_a_hash_but_not_their_detail_are_not_near_duplicates() -> None:
    faces = as_faces(coarse() + 12 * stripes(13), coarse() - 12 * stripes(13))
    codes = perceptual_hashes(faces, np.arange(2))
    assert np.bitwise_count(codes[0] ^ codes[1]) <= 3
    assert (near_duplicates(faces, np.array(["a", "b"])) == -1).all()


def test_the_most_alike_face_comes_first_and_a_blank_one_is_like_no_other() -> None:
    faces = np.stack([draw_face("happy", seed=seed, size=48) for seed in range(6)])[..., None]
    faces[4] = np.clip(faces[1] * 0.8 + 30, 0, 255)
    faces[5] = 7
    assert nearest(faces, 1, 3)[0] == 4
    assert len(nearest(faces, 1, 3)) == 3
    assert nearest(faces, 5, 3).tolist() == []


def test_faces_that_are_compared_with_each_other_are_shrunk_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    faces = as_faces(coarse(), 0.8 * coarse() - 5, 0.9 * coarse() + 5)
    shrunk: list[int] = []
    whole = near_duplicates_module._grey_faces

    def noted(pixels: np.ndarray, rows: np.ndarray) -> np.ndarray:
        shrunk.extend(rows.tolist())
        return whole(pixels, rows)

    monkeypatch.setattr(near_duplicates_module, "_grey_faces", noted)
    groups = near_duplicates(faces, np.array(["a", "b", "c"]))
    assert groups.tolist() == [0, 0, 0]
    assert sorted(shrunk) == [0, 0, 1, 1, 2, 2]  # for its hash, and for its likeness
