from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from fer.data import Dataset, load_dataset
from fer.data.synthetic import draw_face

MakeFaces = Callable[..., Path]


@pytest.fixture
def flawed(make: MakeFaces) -> Dataset:
    """Ten faces with one flaw of each kind."""
    root = make("train/happy/a.png", "train/happy/b.png", "train/sad/c.png", "test/sad/d.png")
    (root / "train/happy/a_copy.png").write_bytes((root / "train/happy/a.png").read_bytes())
    (root / "train/sad/b_again.png").write_bytes((root / "train/happy/b.png").read_bytes())
    (root / "test/sad/leak.png").write_bytes((root / "train/sad/c.png").read_bytes())
    Image.new("L", (48, 48), 128).save(root / "train/sad/blank.png")
    drawn = draw_face("happy", seed=1, size=48)
    cv2.imwrite(str(root / "train/happy/drawn.png"), drawn)
    cv2.imwrite(str(root / "test/sad/brighter.jpg"), np.clip(drawn * 0.9 + 20, 0, 255))
    (root / "test/sad/broken.png").write_bytes(b"\x89PNG")
    (root / "votes.csv").write_text(
        "path,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
        "train/happy/a.png,0,9,0,0,1,0,0,0,0,0\n"
        "train/happy/b.png,9,0,0,0,1,0,0,0,0,0\n"
        "train/sad/c.png,5,0,0,5,0,0,0,0,0,0\n"
        "test/sad/d.png,0,0,0,10,0,0,0,0,0,0\n"
    )
    return load_dataset(root, validation_fraction=0)
