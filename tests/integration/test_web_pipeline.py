"""The pipeline in TypeScript against the one in Python, stage by stage, on the same pixels."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer import models
from fer.browser.detector_file import yunet_for_any_size
from fer.browser.settings_file import settings_of
from fer.faces.alignment import FER2013_FRAMING, frame_face
from fer.faces.face import Face, resized
from fer.faces.quality import measure
from fer.faces.yunet import YuNet
from fer.images import to_network_input
from fer.inference.tracking import Tracker
from fer.nets.forward import tempered

WEB = Path(__file__).resolve().parents[2] / "web"


class Cases:
    """Cases of one stage each, as files that `web/tests` reads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cases: dict[str, list[dict[str, Any]]] = {}

    def add(self, stage: str, *, image: np.ndarray, expected: Any, **given: Any) -> None:
        """A case; images and arrays of uint8 become files of their own."""
        number = sum(map(len, self._cases.values()))
        case = {"image": self._image(f"{number}-image", image), **given}
        if isinstance(expected, np.ndarray):
            expected = self._image(f"{number}-expected", expected)
        self._cases.setdefault(stage, []).append({**case, "expected": expected})

    def write(self, **more: Any) -> None:
        (self._folder / "cases.json").write_text(json.dumps({**self._cases, **more}))

    def _image(self, name: str, pixels: np.ndarray) -> dict[str, Any]:
        if pixels.ndim == 3 and pixels.shape[2] == 3:
            opaque = np.full((*pixels.shape[:2], 1), 255, np.uint8)
            pixels = np.concatenate([pixels, opaque], axis=2)
        (self._folder / name).write_bytes(np.ascontiguousarray(pixels).tobytes())
        return {"file": name, "height": pixels.shape[0], "width": pixels.shape[1]}


def turned(photo: np.ndarray, degrees: float, scale: float) -> np.ndarray:
    height, width = photo.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
    return cv2.warpAffine(photo, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)


def as_case(face: Face) -> dict[str, Any]:
    return {"box": face.box, "score": face.score, "landmarks": face.landmarks.tolist()}


def test_every_stage_in_the_browser_gives_what_python_gives(
    tmp_path: Path,
    page_build: Path,
    yunet_file: Path,
    astronaut: np.ndarray,
    make_photos: Callable[[np.ndarray], list[np.ndarray]],
) -> None:
    photos = make_photos(astronaut)
    cases, yunet = Cases(tmp_path), YuNet(yunet_file)
    for photo in photos:
        cases.add("grey", image=photo, expected=cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY))
        for longer_px in (224, 320, 640):
            cases.add("resized", image=photo, longer_px=longer_px,
                      expected=resized(photo, longer_px))  # fmt: skip
        faces = yunet.detect(photo)
        cases.add("detected", image=photo, expected=[as_case(face) for face in faces])
        for face in faces:
            quality = measure(photo, face)
            cases.add("sharpness", image=photo, box=face.box, expected=quality.sharpness)
            for side in (48, 112, 224):
                sides = {"height": side, "width": side}
                crop = frame_face(photo, face, FER2013_FRAMING, **sides)
                cases.add("framed", image=photo, side=side, expected=crop, **as_case(face))
                grey = to_network_input(crop, **sides, channels=1)
                cases.add("input", image=crop, channels=1, expected=grey)
                cases.add("input", image=crop, channels=3, expected=crop[..., :3].copy())
    card = replace(models.load("fer2013").card, temperature=1.3)
    rows = np.random.default_rng(0).dirichlet(np.ones(7), 5).astype(np.float32)
    rows[0] = [1, 0, 0, 0, 0, 0, 0]
    cases.write(
        settings=settings_of(card), probabilities=rows.tolist(),
        tempered=tempered(rows, card.temperature).tolist(), tracked=tracked(),
    )  # fmt: skip
    (tmp_path / "yunet.onnx").write_bytes(yunet_for_any_size(yunet_file))

    environment = {**os.environ, "FER_CASES": str(tmp_path), "NO_COLOR": "1"}
    command = ["npm", "test", "--silent"]
    ran = subprocess.run(command, cwd=WEB, env=environment, capture_output=True, text=True)

    assert ran.returncode == 0, ran.stdout + ran.stderr


def tracked() -> list[dict[str, Any]]:
    """Faces that move, leave, come back and cross, and what the tracker makes of them."""
    rng = np.random.default_rng(3)
    tracker = Tracker()
    steps = []
    at_s = 0.0
    places = rng.uniform(0, 600, (4, 2))
    for _ in range(80):
        at_s += float(rng.choice([0.03, 0.1, 0.4, 1.2], p=[0.6, 0.25, 0.1, 0.05]))
        places += rng.normal(0, 25, places.shape)
        faces = [
            Face(box=(round(x), round(y), 80 + 10 * number, 90), score=0.9,
                 landmarks=np.zeros((5, 2), np.float32))
            for number, (x, y) in enumerate(places) if rng.random() < 0.8
        ]  # fmt: skip
        tracker.match(faces, at_s)
        rows = rng.dirichlet(np.ones(3), len(tracker.visible))
        people = [
            {"number": track.number, "row": row.tolist(), "box": track.face.box,
             "smoothed": track.smooth(row, at_s).tolist()}
            for track, row in zip(tracker.visible, rows, strict=True)
        ]  # fmt: skip
        steps.append({"at_s": at_s, "boxes": [face.box for face in faces], "people": people})
    return steps


@pytest.fixture
def make_photos() -> Callable[[np.ndarray], list[np.ndarray]]:
    """Photos with faces that are upright, tilted, small, large, at the edge, two, and none."""

    def make(photo: np.ndarray) -> list[np.ndarray]:
        face = photo[40:240, 120:330]
        two = cv2.resize(turned(photo, 20, 0.7), (301, 277), interpolation=cv2.INTER_AREA)
        return [
            photo,
            turned(photo, -17, 1.3),
            cv2.resize(photo, (1200, 1200), interpolation=cv2.INTER_CUBIC),
            np.ascontiguousarray(face),
            np.ascontiguousarray(photo[90:, 160:]),
            np.ascontiguousarray(np.concatenate([two, two[:, ::-1]], axis=1)),
            np.ascontiguousarray(photo[300:, :150]),
        ]

    return make
