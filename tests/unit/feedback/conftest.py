from collections.abc import Callable
from typing import Any
from uuid import uuid4

import cv2
import numpy as np
import pytest

from fer.feedback.records import Correction, now


def png(seed: int, size: tuple[int, ...] = (48, 48)) -> bytes:
    """Random pixels as PNG."""
    pixels = np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)
    return bytes(cv2.imencode(".png", pixels)[1].tobytes())


def correction_of(seed: int = 0, **given: Any) -> Correction:
    """A correction of a random face, and whatever is given."""
    usual = {
        "id": str(uuid4()),
        "created": now(),
        "contributor": "somebody",
        "consent": "first",
        "source": "predict",
        "model": "tiny",
        "model_sha256": "0" * 64,
        "labels": ("happy", "surprise"),
        "probabilities": (0.25, 0.75),
        "verdict": "happy",
        "crop": png(seed),
    }
    return Correction(**(usual | given))


@pytest.fixture(scope="session")
def make_correction() -> Callable[..., Correction]:
    return correction_of
