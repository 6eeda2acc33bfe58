"""Face detectors: their interface, and the registry of them.

| name    | comes with                                              | needs                     |
|---------|---------------------------------------------------------|---------------------------|
| `yunet` | one file, added by `python -m fer detectors download`   | OpenCV                    |
| `mtcnn` | the package of that name, weights inside                | OpenCV, NumPy             |
| `auto`  | YuNet if its file is there, as it is faster and more accurate; else MTCNN           |
"""

import threading
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np

from fer.errors import DetectorError
from fer.faces import yunet_file
from fer.faces.face import Face

NAMES = ("auto", "mtcnn", "yunet")


class Detector(Protocol):
    """Finds faces; may be called from several threads.

    Attributes:
        name: The name that selects it.
    """

    name: str

    def detect(self, photo: np.ndarray) -> list[Face]:
        """All faces of a photo, largest first; an empty list if it has none.

        Args:
            photo: RGB, shape (height, width, 3), uint8.
        """


@dataclass(frozen=True, kw_only=True)
class DetectorStatus:
    """Whether a detector can be used here, and the path of its file, if it needs one."""

    name: str
    present: bool
    path: Path | None


_loading = threading.Lock()


def load_detector(name: str = "auto") -> Detector:
    """Load a detector; later calls return the same one at once.

    Args:
        name: `auto`, `mtcnn` or `yunet`.

    Raises:
        DetectorError: If the name is not known, or what it needs is missing or damaged.
    """
    if name not in NAMES:
        raise DetectorError(
            f"Unknown detector '{name}'. Known: {', '.join(NAMES)}; and none, for images that "
            "are one tight face each."
        )
    with _loading:
        return _yunet(yunet_file.yunet_path()) if in_use(name) == "yunet" else _mtcnn()


def in_use(name: str) -> str:
    """The detector that a name selects now: `auto` is YuNet or MTCNN."""
    if name == "auto":
        return "yunet" if yunet_file.yunet_path().is_file() else "mtcnn"
    return name


def detectors() -> tuple[DetectorStatus, ...]:
    """All detectors, and whether each can be used now."""
    path = yunet_file.yunet_path()
    return (
        DetectorStatus(name="mtcnn", present=find_spec("mtcnn") is not None, path=None),
        DetectorStatus(name="yunet", present=path.is_file(), path=path),
    )


@cache
def _mtcnn() -> Detector:
    from fer.faces.mtcnn import Mtcnn

    return Mtcnn()


@cache
def _yunet(path: Path) -> Detector:
    from fer.faces.yunet import YuNet

    return YuNet(path)
