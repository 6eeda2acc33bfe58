"""How evenly models recall the seven emotions of FER-2013, on its crops and on photos made of them.

    PYTHONPATH=. python bench/measure_balance.py FER2013 MODEL… [--split public_test] [--record]

Each model is measured against the FER+ votes (faces whose single top vote has 5 of 10 or more) and
against the data set's labels. For the photos each face is enlarged 3 to 8 times, blurred, relit,
pasted on a larger canvas and saved as JPEG; then the detector has to find it again. Where it does
not, the face is left out. Intervals are 95%. Some three minutes for PublicTest and two models.

With --record, each model's card gets its figures on the photos as `other_data`, with the truth that
its other figures have.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from fer import models
from fer.data import Dataset, load_dataset, votes
from fer.evaluation.figures import figures
from fer.evaluation.intervals import bootstrap, wilson
from fer.evaluation.photos import photo_table
from fer.faces.alignment import FER2013_FRAMING, frame_face
from fer.faces.detection import Detector, load_detector
from fer.images import to_network_input
from fer.models.folder import save_card
from fer.models.model import Model
from fer.wording import split_name

MIN_VOTES = 5
DETECTORS = {"yunet": "YuNet", "mtcnn": "MTCNN"}
KEPT = (
    "images", "accuracy", "accuracy_ci95", "balanced_accuracy", "mean_confidence", "ece", "ci95"
)  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", help="FER-2013 with its votes: a folder or a name")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--split", default="public_test")
    parser.add_argument("--detector", default="auto")
    parser.add_argument("--seed", type=int, default=0, help="of the photos")
    parser.add_argument("--record", action="store_true", help="write into the models' cards")
    asked = parser.parse_args()
    faces = load_dataset(
        asked.data, height=48, width=48, channels=1, validation_fraction=0.05, seed=0
    ).select(asked.split)
    detector = load_detector(asked.detector)
    found, crops = refound(faces.pixels, detector, np.random.default_rng(asked.seed))
    print(f"{asked.split}: {len(faces):,} faces, {len(found):,} found again by {detector.name}\n")
    print(
        "| model | pictures | against | n | accuracy | mean recall | confidence | "
        f"{' | '.join(faces.labels)} |\n|{'---|' * (7 + len(faces.labels))}"
    )
    for name in asked.models:
        model = models.load(name)
        places = [model.card.labels.index(label) for label in faces.labels]
        views = {"crops": (np.arange(len(faces)), faces.pixels), "photos": (found, crops)}
        for pictures, (rows, pixels) in views.items():
            answers = model.classify(pixels)[:, places]
            for truth, targets in truths(faces).items():
                known = targets[rows] >= 0
                row = cells(targets[rows][known], answers[known])
                print(f"| {name} | {pictures} | {truth} | {' | '.join(row)} |", flush=True)
        if asked.record:
            data = faces.by_votes() if model.card.config.get("truth") == "votes" else faces
            counts = (data.index["split"] != "") & (data.targets_among(model.card.labels) >= 0)
            remade = replace(data.take(found), pixels=crops)
            remade = remade.take(np.flatnonzero(counts.to_numpy()[found]))
            record(model, remade, asked.split, int(counts.sum()), detector.name)


def truths(faces: Dataset) -> dict[str, np.ndarray]:
    """By name, the class index of every face, shape (n,), -1 where it does not count."""
    counted = faces.votes
    assert counted is not None, "FER-2013 needs its votes.csv"
    known = {name: faces.labels.index(name) for name in faces.labels}
    names = np.array([known.get(name, -1) for name in votes.VOTES])
    top = votes.top(counted)
    sure = (top >= 0) & (np.nan_to_num(counted).max(axis=1) >= MIN_VOTES)
    return {"votes": np.where(sure, names[top], -1), "labels": faces.targets}


def record(model: Model, remade: Dataset, split: str, faces: int, detector: str) -> None:
    """Write figures on faces of a split, found again on photos, into the model's card."""
    table = photo_table(model.card, remade, model.classify(remade.pixels))
    measured = figures(table)
    row = {
        "name": f"{split_name(split)} faces remade as whole photos",
        "how": "Each face was enlarged 3 to 8 times, blurred, relit, placed on a larger canvas and "
        f"saved as JPEG. {DETECTORS.get(detector, detector)} found {len(remade):,} of {faces:,} "
        "again; the others are left out.",
        "dataset": remade.name,
        "detector": detector,
        "faces": faces,
    } | {name: measured[name] for name in KEPT}
    folder = models.find(model.card.name)
    save_card(replace(model.card, other_data=[row]), folder)


def cells(targets: np.ndarray, answers: np.ndarray) -> Iterator[str]:
    """The cells of one row."""
    predicted = answers.argmax(axis=1)
    right = predicted == targets
    recall = [right[targets == label].mean() for label in np.unique(targets)]
    low, high = wilson(int(right.sum()), len(right))
    yield f"{len(right):,}"
    yield f"{right.mean():.3f} ({low:.3f}–{high:.3f})"
    low, high = bootstrap(targets, answers)["balanced_accuracy"]
    yield f"{np.mean(recall):.3f} ({low:.3f}–{high:.3f})"
    yield f"{answers.max(axis=1).mean():.3f}"
    yield from (f"{share:.2f}" for share in recall)


def refound(
    faces: np.ndarray, detector: Detector, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Faces as a detector crops them out of photos made of them.

    Args:
        faces: Shape (n, 48, 48, 1), uint8.
        detector: What finds them.
        rng: Source of the photos' randomness.

    Returns:
        Rows of the faces that were found, shape (m,), and their crops, shape (m, 48, 48, 1).
    """
    rows, crops = [], []
    for row, face in enumerate(faces):
        photo = as_photo(face, rng)
        found = detector.detect(photo)
        if found:
            crop = frame_face(photo, found[0], FER2013_FRAMING, height=48, width=48)
            rows.append(row)
            crops.append(to_network_input(crop, height=48, width=48, channels=1))
    return np.array(rows), np.array(crops)


def as_photo(face: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A photo with this face on it.

    Args:
        face: Shape (48, 48, 1), uint8.
        rng: Source of size, focus, light, place and compression.

    Returns:
        RGB, shape (height, width, 3), uint8.
    """
    side = round(48 * rng.uniform(3, 8))
    large = cv2.resize(face, (side, side), interpolation=cv2.INTER_CUBIC)
    soft = cv2.GaussianBlur(large, (0, 0), rng.uniform(0.1, 1.2) * side / 48).astype(np.float32)
    slope = np.linspace(-1, 1, side) * rng.uniform(-0.25, 0.25) * 255
    lit = (soft - 128) * rng.uniform(0.6, 1.3) + 128 + rng.uniform(-0.15, 0.15) * 255 + slope
    height, width = (round(side * rng.uniform(1.3, 2.5)) for _ in range(2))
    canvas = np.full((height, width), rng.uniform(0, 255), np.float32)
    top, left = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
    canvas[top : top + side, left : left + side] = lit
    grey = canvas.clip(0, 255).astype(np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 91))]
    _, file = cv2.imencode(".jpg", cv2.merge([grey, grey, grey]), quality)
    photo = cv2.imdecode(file, cv2.IMREAD_COLOR)
    assert photo is not None
    return photo


if __name__ == "__main__":
    main()
