from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from fer.cli.terminal import err, out
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


@pytest.fixture(autouse=True)
def new_consoles() -> Iterator[None]:
    """A console of its own for each test, as wide as the test's environment has it."""
    for output in (out, err):
        vars(output).pop("console", None)
    yield
    for output in (out, err):
        vars(output).pop("console", None)
