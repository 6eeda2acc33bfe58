"""MTCNN without TensorFlow, against its package, which runs the same networks in TensorFlow."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from skimage import data

from fer.errors import DetectorError
from fer.faces import mtcnn_networks
from fer.faces.mtcnn import MIN_SCORE, Mtcnn

MODULES = """
import sys
import numpy as np
from fer.faces.detection import load_detector

load_detector("mtcnn").detect(np.zeros((96, 96, 3), np.uint8))
print(*sys.modules)
"""

Search = Callable[[np.ndarray], np.ndarray]


@pytest.fixture(scope="module")
def package() -> Search:
    """The package's boxes, scores and landmarks, shape (faces, 16), on a photo in a rim."""
    from mtcnn import MTCNN

    detector = MTCNN()

    def search(photo: np.ndarray) -> np.ndarray:
        rim = max(min(photo.shape[:2]) // 8, 8)
        image = cv2.copyMakeBorder(photo, *(rim,) * 4, cv2.BORDER_CONSTANT, value=(127,) * 3)
        rows = detector.detect_faces(
            image,
            output_type="numpy",
            box_format="xyxy",
            postprocess=False,
            threshold_onet=MIN_SCORE,
        )
        rows[:, 1:5] -= rim
        rows[:, 6:] -= rim  # without a face there are no landmarks
        return np.asarray(rows)

    return search


def small_faces() -> np.ndarray:
    """A hundred faces of 50 px, side by side."""
    faces = data.lfw_subset()[:100].reshape(10, 10, 25, 25)
    wall = (faces.transpose(0, 2, 1, 3).reshape(250, 250) * 255).astype(np.uint8)
    return cv2.cvtColor(
        cv2.resize(wall, (500, 500), interpolation=cv2.INTER_CUBIC), cv2.COLOR_GRAY2RGB
    )


def photos() -> Sequence[np.ndarray]:
    astronaut = data.astronaut()
    turn = cv2.getRotationMatrix2D((224, 118), 20, 1)
    return (
        astronaut,
        np.ascontiguousarray(astronaut[:301, :397]),
        cv2.resize(astronaut, (160, 160), interpolation=cv2.INTER_AREA),
        cv2.warpAffine(astronaut, turn, (512, 512)),
        np.ascontiguousarray(astronaut[40:180, 160:300]),
        cv2.cvtColor(data.camera(), cv2.COLOR_GRAY2RGB),
        data.coffee(),
        small_faces(),
    )


@pytest.mark.parametrize("number", range(len(photos())))
def test_faces_are_those_that_the_package_finds(package: Search, number: int) -> None:
    photo = photos()[number]
    height, width = photo.shape[:2]
    expected = package(photo)
    faces = Mtcnn().detect(photo)
    assert len(faces) == len(expected)
    for face in faces:
        nearest = expected[np.abs(expected[:, 5] - face.score).argmin()]
        left, top, right, bottom = nearest[1:5].clip(0, (width, height, width, height))
        np.testing.assert_allclose(face.box, (left, top, right - left, bottom - top), atol=1.1)
        np.testing.assert_allclose(face.landmarks, nearest[6:].reshape(2, 5).T, atol=0.05)
        assert face.score == pytest.approx(nearest[5], abs=1e-3)


def test_mtcnn_imports_no_tensorflow() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MODULES], capture_output=True, text=True, check=True
    )
    assert not {"tensorflow", "keras", "mtcnn"} & set(done.stdout.split())


def test_without_the_package_the_error_names_both_ways_to_a_detector(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mtcnn_networks, "find_spec", lambda name: None)
    with pytest.raises(
        DetectorError, match=r"mtcnn is not installed.*pip install mtcnn\n.*detectors download"
    ):
        Mtcnn()


def test_damaged_weights_are_an_error_with_advice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed = find_spec("mtcnn")
    assert installed
    assert installed.origin
    weights = tmp_path / "assets" / "weights"
    weights.mkdir(parents=True)
    for whole in (Path(installed.origin).parent / "assets" / "weights").glob("*.lz4"):
        (weights / whole.name).write_bytes(whole.read_bytes()[:-3])
    spec = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(mtcnn_networks, "find_spec", lambda name: spec)
    with pytest.raises(DetectorError, match="MTCNN cannot be loaded"):
        Mtcnn()
