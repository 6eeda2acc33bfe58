from pathlib import Path

import cv2
import pytest

from fer.data.synthetic import draw_face


@pytest.fixture
def small_set(tmp_path: Path) -> Path:
    for label in ("happy", "surprise"):
        for part, count in (("train", 12), ("test", 4)):
            folder = tmp_path / "set" / part / label
            folder.mkdir(parents=True)
            for seed in range(count):
                cv2.imwrite(str(folder / f"{seed}.png"), draw_face(label, seed=seed, size=48))
    return tmp_path / "set"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed, emotion in enumerate(("happy", "surprise")):
        cv2.imwrite(str(folder / f"{emotion}.png"), draw_face(emotion, seed=seed, size=96))
    return folder
