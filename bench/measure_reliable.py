"""How large and how sharp a face must be for an answer; chose the limits in `fer.faces.quality`.

    PYTHONPATH=. python bench/measure_reliable.py FER2013 [MODEL] [DETECTOR]

Faces of FER-2013's validation part whose top vote has 5 of 10 or more are pasted on a canvas and
saved as JPEG: small, where the detector has to find them again, and large, blurred after they were
found, as blur alone hides most from the detector. Intervals are 95%. Some ten minutes.
"""

import sys
from collections.abc import Iterator

import cv2
import numpy as np
import pandas as pd
from measure_balance import truths

from fer.data import load_dataset
from fer.evaluation.intervals import wilson
from fer.faces.quality import measure
from fer.inference.predictor import Predictor

CANVAS_PX = 240
SIDES = ("side_px", (12, 16, 20, 24, 28, 32, 40, 56, 200))
SHARPNESS = ("sharpness", (0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.1, 0.2, 9))


def pasted(face: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    canvas = np.full((CANVAS_PX, CANVAS_PX), rng.uniform(60, 200), np.uint8)
    way = cv2.INTER_AREA if side < 48 else cv2.INTER_CUBIC
    top, left = rng.integers(0, CANVAS_PX - side, 2)
    canvas[top : top + side, left : left + side] = cv2.resize(face, (side, side), interpolation=way)
    return cv2.merge([canvas] * 3)


def as_jpeg(photo: np.ndarray) -> np.ndarray:
    _, file = cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR))


def rows(face: np.ndarray, label: str, predictor: Predictor, rng: np.random.Generator) -> Iterator:
    """A tuple per photo: what varies, its value, whether the answer is right, its confidence."""
    photos = []
    for _ in range(2):
        photo = as_jpeg(pasted(face, round(np.exp(rng.uniform(*np.log((14, 130))))), rng))
        photos.append(("side_px", photo, predictor.detector.detect(photo)))
    side = int(rng.integers(72, 200))
    sharp = pasted(face, side, rng)
    found = predictor.detector.detect(sharp)
    for _ in range(3):
        blurred = cv2.GaussianBlur(sharp, (0, 0), rng.uniform(0.1, 6) * side / 48)
        photos.append(("sharpness", as_jpeg(blurred), found))
    for kind, photo, faces in photos:
        if faces:
            answer = predictor.classify(predictor.frame(photo, faces[:1]))[0]
            is_right = predictor.card.labels[answer.argmax()] == label
            yield kind, getattr(measure(photo, faces[0]), kind), is_right, answer.max()


def main(data: str, model: str | None = None, detector: str = "auto") -> None:
    options = {"height": 48, "width": 48, "channels": 1, "validation_fraction": 0.05, "seed": 0}
    faces = load_dataset(data, **options).select("validation")
    targets, predictor = truths(faces)["votes"], Predictor.load(model, detector=detector)
    rng, measured = np.random.default_rng(0), []
    for face, target in zip(faces.pixels, targets, strict=True):
        if target >= 0:
            measured += rows(face, faces.labels[target], predictor, rng)
    for kind, edges in (SIDES, SHARPNESS):
        table = pd.DataFrame([row[1:] for row in measured if row[0] == kind], columns=list("xrc"))
        print(f"\n| {kind} | n | right (95%) | mean confidence |\n|---|---|---|---|")
        for bounds, some in table.groupby(pd.cut(table["x"], edges, right=False)):
            low, high = wilson(int(some["r"].sum()), len(some))
            right = f"{some['r'].mean():.3f} ({low:.3f}–{high:.3f})"
            print(f"| {bounds} | {len(some):,} | {right} | {some['c'].mean():.3f} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
