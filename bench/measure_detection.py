"""How many faces the detectors find on hard photos, and what YuNet finds without our steps.

    PYTHONPATH=. python bench/measure_detection.py FER2013/test [--photos 200] [--seed 0]

The photos are made here: faces of FER-2013, 30 to 120 px wide, turned by up to 25°, blurred, relit
and compressed, two to eight of them on a photo of 640 to 1,600 px; every fourth photo also has one
large face. Backgrounds are scikit-image's photos, noise and gradients. A face is found where a box
shares at least 0.4 of their union with it. About five minutes.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from fer.errors import FerError
from fer.evaluation.intervals import wilson
from fer.faces import yunet_file
from fer.faces.detection import load_detector
from fer.faces.yunet import MIN_SCORE
from fer.images import decode

MIN_IOU = 0.4
SIZES = ((30, 48), (48, 80), (80, 121), (121, 2000))
BACKGROUNDS = ("coffee", "rocket", "chelsea", "gravel", "grass", "brick", "hubble_deep_field")

Boxes = np.ndarray
"""x, y, width, height, shape (n, 4)."""


def make_photo(faces: list[Path], rng: np.random.Generator, *, large: bool) -> tuple[bytes, Boxes]:
    """A JPEG file, and the boxes of the faces on it."""
    longer = int(rng.integers(640, 1601))
    width, height = (longer, longer * 3 // 4)[:: 1 if rng.random() < 0.7 else -1]
    photo = background(width, height, rng)
    boxes: list[tuple[int, int, int, int]] = []
    sides = list(np.exp(rng.uniform(np.log(30), np.log(120), rng.integers(2, 9))).astype(int))
    if large:
        sides.insert(0, int(min(width, height) * rng.uniform(0.4, 0.7)))
    for side in sides:
        for _ in range(50):
            x, y = (int(rng.integers(0, size - side)) for size in (width, height))
            if all(overlap((x, y, side, side), box) == 0 for box in boxes):
                paste(photo, decode(faces[rng.integers(len(faces))]), (x, y, side), rng)
                boxes.append((x, y, side, side))
                break
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(50, 96))]
    file = cv2.imencode(".jpg", photo.clip(0, 255)[..., ::-1].astype(np.uint8), quality)[1]
    return bytes(file), np.array(boxes)


def background(width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    """A photo of no face, a gradient or noise, RGB, float32."""
    kind = rng.integers(len(BACKGROUNDS) + 2)
    if kind < len(BACKGROUNDS):
        photo = getattr(data, BACKGROUNDS[kind])()
        photo = photo if photo.ndim == 3 else np.repeat(photo[..., np.newaxis], 3, axis=2)
        return cv2.resize(photo, (width, height)).astype(np.float32)
    small = rng.uniform(0, 255, (2, 2, 3) if kind == len(BACKGROUNDS) else (24, 32, 3))
    return cv2.resize(small.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)


def paste(
    photo: np.ndarray, face: np.ndarray, place: tuple[int, int, int], rng: np.random.Generator
) -> None:
    """Draw a face into a photo: tinted, relit, turned, blurred, with a soft edge."""
    x, y, side = place
    face = cv2.resize(face, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    light = np.linspace(*rng.uniform(0.6, 1.3, 2), side, dtype=np.float32)
    face *= light[np.newaxis, :, np.newaxis] * rng.uniform(0.85, 1.15, 3).astype(np.float32)
    rows, columns = (np.indices((side, side)) + 0.5) / side * 2 - 1
    mask = (6 * (1 - (rows**4 + columns**4))).clip(0, 1).astype(np.float32)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), rng.uniform(-25, 25), 1)
    face = cv2.warpAffine(face, turn, (side, side), borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpAffine(mask, turn, (side, side))[..., np.newaxis]
    face = cv2.GaussianBlur(face, (0, 0), side / 48 * rng.uniform(0.2, 1.2))
    part = photo[y : y + side, x : x + side]
    part += mask * (face - part)


def overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> float:
    """Intersection over union of two boxes."""
    a, b = np.array(one, float), np.array(other, float)
    sides = np.minimum(a[:2] + a[2:], b[:2] + b[2:]) - np.maximum(a[:2], b[:2])
    common = float(sides.clip(0).prod())
    return common / float(a[2:].prod() + b[2:].prod() - common)


def bare_yunet() -> Callable[[np.ndarray], Boxes]:
    """YuNet once on the whole photo, at the photo's own size."""
    network = cv2.FaceDetectorYN.create(
        str(yunet_file.yunet_path()), "", (320, 320), score_threshold=MIN_SCORE
    )

    def detect(photo: np.ndarray) -> Boxes:
        network.setInputSize(photo.shape[1::-1])
        rows = network.detect(np.ascontiguousarray(photo[..., ::-1]))[1]
        return np.empty((0, 4)) if rows is None else rows[:, :4]

    return detect


def ours(name: str) -> Callable[[np.ndarray], Boxes]:
    """A detector of this project."""
    detector = load_detector(name)
    return lambda photo: np.array([face.box for face in detector.detect(photo)]).reshape(-1, 4)


def measure(
    name: str, detect: Callable[[np.ndarray], Boxes], photos: list[tuple[bytes, Boxes]]
) -> None:
    """Print recall by size, false boxes and time."""
    found: list[tuple[int, bool]] = []
    false, spent_s = 0, 0.0
    for file, truth in photos:
        photo = decode(file)
        start = time.perf_counter()
        boxes = detect(photo)
        spent_s += time.perf_counter() - start
        shared = np.array([[overlap(box, one) for one in boxes] for box in truth])
        shared = shared.reshape(len(truth), len(boxes))
        found += zip(truth[:, 2].tolist(), (shared >= MIN_IOU).any(axis=1).tolist(), strict=True)
        false += int((shared < MIN_IOU).all(axis=0).sum())
    print(f"{name}: {false} false boxes, {spent_s / len(photos) * 1000:.1f} ms a photo")
    for low, high in ((0, 2000), *SIZES):
        hits = [hit for side, hit in found if low <= side < high]
        interval = wilson(sum(hits), len(hits))
        label = "all" if low == 0 else f"{low}–{high - 1} px"
        print(
            f"  {label}: recall {np.mean(hits):.3f} ({interval[0]:.3f}–{interval[1]:.3f}), "
            f"{len(hits):,} faces"
        )


def main() -> None:
    """Make the photos, and measure each detector that is here."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("folder", type=Path, help="a folder with a sub-folder per emotion")
    arguments.add_argument("--photos", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=0)
    given = arguments.parse_args()
    faces = sorted(given.folder.glob("*/*.jpg"))
    rng = np.random.default_rng(given.seed)
    photos = [make_photo(faces, rng, large=n % 4 == 0) for n in range(given.photos)]
    detectors = {"yunet": lambda: ours("yunet"), "bare yunet": bare_yunet}
    for name, load in (detectors | {"mtcnn": lambda: ours("mtcnn")}).items():
        try:
            detect = load()
        except FerError as error:
            print(f"{name}: not available ({error})")
        else:
            measure(name, detect, photos)


if __name__ == "__main__":
    main()
