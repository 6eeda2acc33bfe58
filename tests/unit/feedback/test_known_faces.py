import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from fer.data import load_dataset
from fer.data.registry import resolve
from fer.data.synthetic import draw_face
from fer.errors import DatasetError
from fer.faces.alignment import FER2013_FRAMING, frame_face
from fer.faces.detection import Detector, load_detector
from fer.feedback import known_faces, photographed
from fer.feedback.known_faces import find_known
from fer.images import to_network_input


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


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_data_set_that_has_only_one_side_is_searched_too(
    split: str, own_home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "drawn" / split / "happy"
    folder.mkdir(parents=True)
    cv2.imwrite(str(folder / "face.png"), face(4))
    load_dataset(tmp_path / "drawn", validation_fraction=0)
    found = find_known(np.stack([face(9), face(4)])[..., None], np.array(["x", "y"]))
    assert {at: known.split for at, known in found.items()} == {1: split}


def test_without_data_sets_no_face_is_known(own_home: Path) -> None:
    assert find_known(face(4)[None, ..., None], np.array(["x"])) == {}


def test_a_home_where_crops_cannot_be_kept_is_named(
    drawn: Path, own_home: Path, yunet_file: Path
) -> None:
    (own_home / "detectors").mkdir(parents=True)
    shutil.copy(yunet_file, own_home / "detectors")
    (own_home / "feedback").mkdir()
    (own_home / "feedback" / "test_faces").write_text("a file where a folder should be")
    with pytest.raises(DatasetError, match="test_faces' cannot be written to"):
        find_known(face(9)[None, ..., None], np.array(["x"]))


def test_two_who_want_crops_of_test_faces_at_once_make_them_once(
    drawn: Path, own_home: Path, yunet_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_home / "detectors").mkdir(parents=True)
    shutil.copy(yunet_file, own_home / "detectors")
    asked: list[str] = []

    def slow(name: str) -> Detector:
        asked.append(name)
        time.sleep(0.2)  # the other one asks meanwhile
        return load_detector(name)

    monkeypatch.setattr(photographed, "load_detector", slow)
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(known_faces.prepare) for _ in range(2)]:
            done.result()
    assert asked == ["yunet"]


def test_a_crop_that_a_detector_cut_out_of_a_test_image_is_found(
    own_home: Path, tmp_path: Path, yunet_file: Path, astronaut: np.ndarray
) -> None:
    """As a whole, the crop resembles the image too little: only the detector's own one does."""
    (own_home / "detectors").mkdir(parents=True)
    shutil.copy(yunet_file, own_home / "detectors")
    root = tmp_path / "photos"
    for split, pixels in (("train", face(0)), ("test", astronaut[0:224, 112:336])):
        folder = root / split / "happy"
        folder.mkdir(parents=True)
        Image.fromarray(pixels).save(folder / "face.png")
    load_dataset(root, validation_fraction=0)
    [found_face, *_] = load_detector("yunet").detect(astronaut)
    crop = frame_face(astronaut, found_face, FER2013_FRAMING, height=48, width=48)
    grey = to_network_input(crop, height=48, width=48, channels=1)
    [known] = find_known(np.stack([grey, face(9)[..., None]]), np.array(["x", "y"])).items()
    assert known[0] == 0
    assert known[1].is_test
    assert len(list(own_home.rglob("*.npz"))) == 1, "the next search need not detect again"
    shutil.rmtree(resolve(root).folder)
    find_known(grey[None], np.array(["x"]))
    assert not list(own_home.rglob("*.npz"))
