from pathlib import Path

import cv2
import numpy as np
import pytest

from fer.data import load_dataset
from fer.data.synthetic import draw_face
from fer.feedback.known_faces import find_known


@pytest.fixture
def drawn(own_home: Path, tmp_path: Path) -> Path:
    """A data set that this machine has read: four faces to learn from, two that test."""
    root = tmp_path / "drawn"
    for seed in range(6):
        folder = root / ("test" if seed > 3 else "train") / ("happy", "sad")[seed % 2]
        folder.mkdir(parents=True, exist_ok=True)
        face = draw_face(("happy", "sad")[seed % 2], seed=seed, size=48)
        cv2.imwrite(str(folder / f"{seed}.png"), face)
    load_dataset(root, validation_fraction=0)
    return root


def face(seed: int) -> np.ndarray:
    return draw_face(("happy", "sad")[seed % 2], seed=seed, size=48)


def test_a_copy_of_a_test_face_is_found_with_its_place(drawn: Path) -> None:
    darker = (face(4) * 0.7).astype(np.uint8)
    found = find_known(np.stack([face(9), darker, face(1)])[..., None], np.array(["x", "y", "z"]))
    assert set(found) == {1, 2}
    assert (found[1].dataset, found[1].split, found[1].label) == ("drawn", "test", "happy")
    assert found[1].is_test
    assert not found[2].is_test


def test_a_test_face_goes_before_an_equal_one_to_learn_from(drawn: Path) -> None:
    cv2.imwrite(str(drawn / "train" / "sad" / "again.png"), face(5))
    load_dataset(drawn, validation_fraction=0)
    assert find_known(face(5)[None, ..., None], np.array(["x"]))[0].is_test


def test_without_data_sets_no_face_is_known(own_home: Path) -> None:
    assert find_known(face(4)[None, ..., None], np.array(["x"])) == {}
