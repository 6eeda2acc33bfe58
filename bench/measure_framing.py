"""How FER-2013 frames its faces: the figures behind `fer.faces.alignment.FER2013_FRAMING`.

    PYTHONPATH=. python bench/measure_framing.py FER2013/train [--detector yunet] [--faces 3000]

About a minute with YuNet and ten with MTCNN for 3,000 faces.
"""

import argparse
import random
from pathlib import Path

import cv2
import numpy as np

from fer.faces.detection import load_detector
from fer.images import decode

ENLARGED_PX = 192
RIM_PX = 48
"""Detectors find more in an enlarged face with a rim around it."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("folder", type=Path, help="a folder with a sub-folder per emotion")
    arguments.add_argument("--detector", default="yunet")
    arguments.add_argument("--faces", type=int, default=3000)
    given = arguments.parse_args()
    files = sorted(given.folder.glob("*/*.jpg"))
    files = random.Random(0).sample(files, min(given.faces, len(files)))

    detector = load_detector(given.detector)
    detected = []
    for file in files:
        face = cv2.resize(decode(file), (ENLARGED_PX,) * 2, interpolation=cv2.INTER_CUBIC)
        rimmed = np.pad(face, ((RIM_PX,) * 2, (RIM_PX,) * 2, (0, 0)), mode="edge")
        faces = detector.detect(rimmed)
        if faces:
            detected.append((faces[0].landmarks - RIM_PX) / ENLARGED_PX)
    landmarks = level(np.array(detected))
    eyes, mouth = landmarks[:, :2].mean(axis=1), landmarks[:, 3:].mean(axis=1)
    between_eyes = landmarks[:, 1, 0] - landmarks[:, 0, 0]
    to_mouth = np.hypot(*(mouth - eyes).T)
    print(f"{given.detector}: {len(detected):,} faces in {len(files):,} images; parts of the side")
    describe("eyes_x", eyes[:, 0])
    describe("eyes_y", eyes[:, 1])
    describe("eye to eye", between_eyes)
    describe("eyes to mouth", to_mouth)
    describe("root of squares", np.hypot(between_eyes, to_mouth))
    describe("span, the longer", np.maximum(between_eyes, to_mouth))


def level(landmarks: np.ndarray) -> np.ndarray:
    """Turn each face about the middle of its image until its eyes are level, shape (n, 5, 2)."""
    across = landmarks[:, 1] - landmarks[:, 0]
    angle = np.arctan2(across[:, 1], across[:, 0])
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, sin], [-sin, cos]]).transpose(2, 0, 1)
    return np.einsum("nij,nkj->nki", turn, landmarks - 0.5) + 0.5


def describe(name: str, values: np.ndarray) -> None:
    low, lower, median, upper, high = np.percentile(values, [5, 16, 50, 84, 95])
    print(
        f"{name:17} median {median:.3f}   5-95% {low:.3f}-{high:.3f}   "
        f"spread (16-84%, halved, of the median) {(upper - lower) / 2 / median:.1%}"
    )


if __name__ == "__main__":
    main()
