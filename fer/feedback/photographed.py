"""Test faces as this program would cut them out of a photo.

Whoever drops an image of a data set on Predict sends a crop of it: the detector finds the face, and
the crop is levelled and framed anew. As a whole it resembles the image too little to be found.
"""

import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import cv2
import numpy as np

from fer import settings
from fer.errors import DatasetError
from fer.faces import yunet_file
from fer.faces.alignment import FER2013_FRAMING, frame_face
from fer.faces.detection import Detector, load_detector
from fer.feedback.faces import SIDE_PX
from fer.files import replace_file, writing
from fer.images import to_network_input
from fer.progress import Progress

MIN_LIKENESS = 0.95
"""Correlation from which a crop counts as one of a test face. Of 97 PublicTest faces of FER-2013,
enlarged to 300 px and saved as JPEG, 97% reach it; of 295 training faces, some of which have copies
in the test, 2.7% do. As whole images, none of 147 crops was found."""

_PHOTO_PX = 240
_MOST = 20_000  # test faces of a data set; of more, the first ones
_MAKING = Lock()
"""Held while crops are made: whoever wants them, too, waits rather than makes them again."""


def photographed(
    name: str, pixels: np.ndarray, rows: np.ndarray, *, progress: Progress | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The crops of these faces; those are left out in which YuNet finds none, or all without it.

    They are made once, and kept under the name.

    Args:
        name: Of the data set, and after a dot, of its index.
        pixels: Shape (n, height, width, channels), uint8.
        rows: The faces to look at, shape (m,).
        progress: Called with faces done and planned.

    Returns:
        Positions, shape (k,), and crops, shape (k, 48, 48, 1), uint8.

    Raises:
        DatasetError: If they cannot be kept.
    """
    none = np.empty(0, np.int64), np.empty((0, SIDE_PX, SIDE_PX, 1), np.uint8)
    if not len(rows) or not yunet_file.yunet_path().is_file():
        return none
    file = settings.feedback_folder() / "test_faces" / f"{name}.npz"
    with _MAKING:
        if (kept := _kept(file)) is not None:
            return kept
        made = _made(pixels, rows[:_MOST], progress)
        made = made if len(made[0]) else none
        _keep(file, *made)
    return made


def _kept(file: Path) -> tuple[np.ndarray, np.ndarray] | None:
    try:
        with np.load(file) as kept:
            return kept["rows"], kept["crops"]
    except (OSError, ValueError, KeyError):
        return None


def _made(
    pixels: np.ndarray, rows: np.ndarray, progress: Progress | None
) -> tuple[np.ndarray, np.ndarray]:
    detector = load_detector("yunet")
    found: dict[int, np.ndarray] = {}
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        crops = pool.map(lambda row: _crop(pixels[row], detector), rows)
        for done, (row, crop) in enumerate(zip(rows.tolist(), crops, strict=True), 1):
            if crop is not None:
                found[row] = crop
            if progress and done % 16 == 0:
                progress(done, len(rows))
    return np.array(list(found), np.int64), np.array(list(found.values()), np.uint8)


def forget_others(names: Collection[str]) -> None:
    """Remove what is kept of data sets with other names, which are gone."""
    for file in (settings.feedback_folder() / "test_faces").glob("*.npz"):
        if file.name.split(".")[0] not in names:
            with writing(file.parent, DatasetError):
                file.unlink(missing_ok=True)


def _crop(image: np.ndarray, detector: Detector) -> np.ndarray | None:
    grey = image.ndim == 3 and image.shape[2] == 1
    photo = cv2.resize(image, (_PHOTO_PX, _PHOTO_PX), interpolation=cv2.INTER_CUBIC)
    photo = cv2.cvtColor(photo, cv2.COLOR_GRAY2RGB) if grey else photo
    faces = detector.detect(photo)
    if not faces:
        return None
    crop = frame_face(photo, faces[0], FER2013_FRAMING, height=SIDE_PX, width=SIDE_PX)
    return to_network_input(crop, height=SIDE_PX, width=SIDE_PX, channels=1)


def _keep(file: Path, rows: np.ndarray, crops: np.ndarray) -> None:
    source = file.name.split(".")[0]
    with writing(file.parent, DatasetError):
        file.parent.mkdir(parents=True, exist_ok=True)
        for old in file.parent.glob(f"{source}.*.npz"):  # of an earlier state of the data set
            old.unlink(missing_ok=True)
        with replace_file(file) as opened:
            np.savez(opened, rows=rows, crops=crops)
