"""The same promises, kept by each detector."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer.errors import DetectorError
from fer.faces.alignment import FER2013_FRAMING, frame_face
from fer.faces.detection import Detector, detectors, load_detector
from fer.faces.yunet_file import install

FACE = np.array([178, 62, 92, 112])
"""The astronaut's face: x, y, width, height."""


@pytest.fixture(params=["mtcnn", "yunet"])
def detector(request: pytest.FixtureRequest) -> Detector:
    if request.param == "yunet":
        install(request.getfixturevalue("yunet_file"))
    return load_detector(request.param)


def tilt(points: np.ndarray) -> float:
    across = points[1] - points[0]
    return float(np.degrees(np.arctan2(across[1], across[0])))


@pytest.mark.parametrize("scale", [0.25, 1, 6])
def test_boxes_and_landmarks_are_in_photo_pixels(
    detector: Detector, astronaut: np.ndarray, scale: float
) -> None:
    photo = cv2.resize(astronaut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    (face,) = detector.detect(photo)
    assert np.abs(np.array(face.box) / scale - FACE).max() < 14
    assert 0.7 <= face.score <= 1
    assert face.landmarks.shape == (5, 2)
    assert face.landmarks.dtype == np.float32
    left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks / scale
    np.testing.assert_allclose(left_eye, (202, 102), atol=6)
    np.testing.assert_allclose(right_eye, (245, 103), atol=6)
    assert left_mouth[0] < nose[0] < right_mouth[0]
    assert left_eye[1] < nose[1] < min(left_mouth[1], right_mouth[1])


def test_a_photo_without_a_face_gives_an_empty_list(detector: Detector) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 500, 3), np.uint8)
    for photo in (noise, np.zeros((12, 12, 3), np.uint8), np.full((3000, 13, 3), 255, np.uint8)):
        assert detector.detect(photo) == []


def test_all_of_several_faces_come_once_each_largest_first(
    detector: Detector, astronaut: np.ndarray
) -> None:
    head = astronaut[:300, 80:380]
    canvas = np.full((700, 1300, 3), 180, np.uint8)
    left, expected = 20, []
    for side in (200, 420, 150, 300):
        canvas[100 : 100 + side, left : left + side] = cv2.resize(head, (side, side))
        expected.append((left + (178 - 80 + 46) / 300 * side, side))
        left += side + 40
    expected.sort(key=lambda place: -place[1])
    faces = detector.detect(canvas)
    assert len(faces) == 4
    for face, (middle, side) in zip(faces, expected, strict=True):
        x, _, width, _ = face.box
        assert abs(x + width / 2 - middle) < 0.06 * side


@pytest.mark.parametrize("degrees", [-20, 20])
def test_a_tilted_face_is_levelled(
    detector: Detector, astronaut: np.ndarray, degrees: float
) -> None:
    turn = cv2.getRotationMatrix2D((224, 118), degrees, 1)
    photo = cv2.warpAffine(astronaut, turn, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    (straight,), (tilted,) = detector.detect(astronaut), detector.detect(photo)
    assert abs(tilt(tilted.landmarks) - tilt(straight.landmarks) + degrees) < 6
    crops = [
        frame_face(picture, face, FER2013_FRAMING, height=48, width=48)
        for picture, face in ((astronaut, straight), (photo, tilted))
    ]
    # Framed without a turn, the two crops are alike by 0.5 only.
    assert np.corrcoef(crops[0].ravel(), crops[1].ravel())[0, 1] > 0.75


def test_a_tight_crop_of_48_pixels_is_found(detector: Detector, astronaut: np.ndarray) -> None:
    tight = cv2.resize(astronaut[60:160, 175:275], (48, 48), interpolation=cv2.INTER_AREA)
    (face,) = detector.detect(tight)
    assert min(face.box[2:]) > 36


def test_a_face_that_fills_a_large_photo_is_found(
    detector: Detector, astronaut: np.ndarray
) -> None:
    near = cv2.resize(astronaut[40:180, 160:300], (1500, 1500), interpolation=cv2.INTER_CUBIC)
    (face,) = detector.detect(near)
    assert min(face.box[2:]) > 800


def test_yunet_finds_a_small_face_beside_a_large_one(
    yunet_file: Path, astronaut: np.ndarray
) -> None:
    install(yunet_file)
    photo = np.full((960, 1200, 3), 180, np.uint8)
    photo[:940, :940] = cv2.resize(astronaut[60:240, 130:310], (940, 940))
    photo[300:420, 1000:1120] = cv2.resize(
        astronaut[:300, 80:380], (120, 120), interpolation=cv2.INTER_AREA
    )
    large, small = load_detector("yunet").detect(photo)
    assert min(large.box[2:]) > 400
    assert 1000 < small.box[0] < 1120
    assert min(small.box[2:]) > 24


def test_threads_do_not_disturb_each_other(detector: Detector, astronaut: np.ndarray) -> None:
    photos = [np.ascontiguousarray(astronaut[:height]) for height in (512, 400, 300)]
    alone = [detector.detect(photo)[0].box for photo in photos]
    with ThreadPoolExecutor(3) as pool:
        together = [faces[0].box for faces in pool.map(detector.detect, photos)]
    assert together == alone


def test_most_faces_of_fer2013_are_found_and_framed_as_they_were(
    fer2013_folder: Path, yunet_file: Path
) -> None:
    install(yunet_file)
    detector = load_detector("yunet")
    pictures = [
        cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        for path in sorted((fer2013_folder / "train" / "happy").iterdir())[:100]
    ]
    found = 0
    places = []
    for picture in pictures:
        photo = np.pad(cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB), ((12,) * 2, (12,) * 2, (0, 0)))
        faces = detector.detect(photo)
        found += len(faces) == 1
        places += [(face.landmarks - 12) / 48 for face in faces]
    assert found >= 90
    eyes = np.median([points[:2].mean(axis=0) for points in places], axis=0)
    np.testing.assert_allclose(eyes, (FER2013_FRAMING.eyes_x, FER2013_FRAMING.eyes_y), atol=0.03)


def test_without_its_file_yunet_explains_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_HOME", str(tmp_path))
    with pytest.raises(DetectorError, match="python -m fer detectors"):
        load_detector("yunet")
    assert [(status.name, status.present) for status in detectors()] == [
        ("mtcnn", True),
        ("yunet", False),
    ]


def test_auto_takes_yunet_where_its_file_is_and_mtcnn_elsewhere(
    yunet_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_HOME", str(tmp_path))
    assert load_detector("auto").name == "mtcnn"
    placed = install(yunet_file)
    assert load_detector("auto").name == "yunet"
    assert load_detector("auto") is load_detector("yunet")
    status = {status.name: status for status in detectors()}["yunet"]
    assert status.present
    assert status.path == placed
