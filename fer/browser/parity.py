"""Whether a page that was exported answers as Python does: decoding, detection, levelling, framing
and network together, on photos that are made of faces."""

import json
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from fer import emotions
from fer.browser.chromium import answers_of, require_chromium
from fer.browser.export import page_build
from fer.data import Dataset
from fer.data.synthetic import draw_face, face_seeds
from fer.errors import DatasetError
from fer.faces.detection import load_detector
from fer.inference.predictor import Predictor
from fer.models.model import Model
from fer.progress import Progress

PHOTOS = 200
_MOST_TRIED = 2 * PHOTOS
_DRAWN_PX = 192
_MOST_ENLARGED = 8
_MOST_TURN_DEG = 20
_FRAMES = 60


def measure(
    folder: Path, model: Model, dataset: Dataset | None, split: str = "test",
    *, isolated: bool = False, progress: Progress | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Compare a page with Python in a headless Chromium.

    Args:
        folder: The page.
        model: Its model, in the form that Python runs.
        dataset: Faces to make photos of; None draws some.
        split: Its split, as `Dataset.select` takes it.
        isolated: Whether the page may use threads; most web servers do not allow it.
        progress: Called with photos done and planned.

    Returns:
        `photos`; `faces`, on which both sides answered; `same_answer`, their share with the same
        one, of all that either found; `largest_difference` of a probability; `dataset` and
        `synthetic` (drawn faces); `largest_difference_px` of a side of a box; `threads`; and the
        page's times on this machine: `first_answer_ms` after the page was opened, and the median
        `frame_ms` of a frame with one face.

    Raises:
        ConfigError: If there is no Chromium, or the page does not run in it.
        DatasetError: If the faces are no faces to YuNet.
    """
    require_chromium()
    predictor = Predictor(model, load_detector("yunet"))
    photos: list[bytes] = []
    expected = []
    for content in _photos(dataset, split):
        faces = predictor.predict(content).faces
        if faces:
            photos.append(content)
            expected.append(faces[0])
        if progress:
            progress(len(photos), PHOTOS)
        if len(photos) == PHOTOS:
            break
    if not photos:
        raise DatasetError("YuNet finds no face among these images. Name a data set of faces.")
    found = _in_chromium(folder, photos, isolated=isolated)
    labels = list(model.card.labels)
    differences, boxes, same = [], [], 0
    for theirs, answers in zip(expected, found["answers"], strict=True):
        if not answers:
            continue
        ours = np.array(answers[0]["probabilities"])
        python = np.array([theirs.probabilities[label] for label in labels])
        same += labels[int(ours.argmax())] == theirs.emotion
        differences.append(float(np.abs(ours - python).max()))
        boxes.append(int(np.abs(np.subtract(answers[0]["box"], theirs.box)).max()))
    return {
        "photos": len(photos),
        "faces": len(differences),
        "same_answer": same / len(photos),
        "largest_difference": max(differences, default=1.0),
        "largest_difference_px": max(boxes, default=0),
        "dataset": dataset.name if dataset else "drawn faces",
        "synthetic": dataset.synthetic if dataset else True,
        "threads": found["threads"],
        "first_answer_ms": round(found["first_answer_ms"]),
        "frame_ms": round(float(np.median(found["frames_ms"])), 1),
    }


def _in_chromium(folder: Path, photos: list[bytes], *, isolated: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as place:
        parts = Path(place) / "parity"
        parts.mkdir()
        for number, content in enumerate(photos):
            (parts / str(number)).write_bytes(content)
        (parts / "frame").write_bytes(_frame(photos[0]))
        task = {"photos": [str(at) for at in range(len(photos))], "frame": "frame",
                "frames": _FRAMES}  # fmt: skip
        (parts / "task.json").write_text(json.dumps(task))
        folders = [folder, page_build(), Path(place)]
        return answers_of("parity.html", folders, isolated=isolated)


def _photos(dataset: Dataset | None, split: str) -> Iterator[bytes]:
    """PNG and JPEG files of faces that are enlarged and turned, each in its own way."""
    rng = np.random.default_rng(0)
    for number, face in enumerate(_faces(dataset, split)):
        photo = _photo(face, rng)
        buffer = BytesIO()
        image = Image.fromarray(photo)
        if number % 2:
            image.save(buffer, "JPEG", quality=90)
        else:
            image.save(buffer, "PNG")
        yield buffer.getvalue()


def _faces(dataset: Dataset | None, split: str) -> Iterator[np.ndarray]:
    """Faces of a data set, taken evenly, or drawn ones."""
    if dataset is None:
        for number, seed in enumerate(face_seeds(_MOST_TRIED, seed=0)):
            label = emotions.FER2013[number % len(emotions.FER2013)]
            yield draw_face(label, seed=seed, size=_DRAWN_PX)
        return
    pixels = dataset.select(split).pixels
    for row in np.linspace(0, len(pixels) - 1, min(_MOST_TRIED, len(pixels))).astype(int):
        yield pixels[row][..., 0] if pixels.shape[-1] == 1 else pixels[row]


def _photo(face: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A face in the middle of a photo, RGB: tinted, from a third of it to nearly all."""
    if face.ndim == 2:
        face = cv2.cvtColor(face, cv2.COLOR_GRAY2RGB)
    side = int(rng.integers(96, 48 * _MOST_ENLARGED + 1))
    height, width = (int(side * rng.uniform(1.05, 2.5)) for _ in range(2))
    turn = cv2.getRotationMatrix2D(
        (face.shape[1] / 2, face.shape[0] / 2),
        float(rng.uniform(-_MOST_TURN_DEG, _MOST_TURN_DEG)),
        side / face.shape[0],
    )
    turn[:, 2] += (width / 2 - face.shape[1] / 2, height / 2 - face.shape[0] / 2)
    photo = cv2.warpAffine(
        face, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray((photo * [1.0, 0.93, 0.85]).round().clip(0, 255), np.uint8)


def _frame(photo: bytes) -> bytes:
    """A frame of 640 × 480 pixels with the face of a photo."""
    with Image.open(BytesIO(photo)) as image:
        frame = Image.new("RGB", (640, 480), (96, 96, 96))
        image.thumbnail((420, 420))
        frame.paste(image, (110, 30))
    buffer = BytesIO()
    frame.save(buffer, "PNG")
    return buffer.getvalue()
