import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from fer.data import Dataset, load_dataset
from fer.data.audit import audit
from fer.data.summary import sentences
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


def test_the_figures_count_them(flawed: Dataset) -> None:
    summary = audit(flawed).summary
    json.dumps(summary)
    assert summary["classes"]["sad"] == {"train": 3, "test": 3}
    assert summary["exact_duplicates"]["redundant"] == 3
    assert summary["exact_duplicates"]["redundant_within"] == {"test": 0, "train": 2}
    assert {"split": "test", "stands_in": "train", "images": 1} in (
        summary["exact_duplicates"]["across"]
    )
    assert summary["exact_duplicates"]["label_conflicts"] == 1
    assert summary["near_constant"] == {"images": 1, "blank": 1, "by_split": {"train": 1}}
    assert [row["path"] for row in summary["skipped"]] == ["test/sad/broken.png"]
    assert summary["votes"]["voted"] == 4
    assert summary["votes"]["agree"] == 2
    assert summary["votes"]["tied"] == 1
    assert any("also occur in train" in sentence for sentence in sentences(summary))


def test_a_clean_data_set_is_reported_as_clean(make: MakeFaces) -> None:
    root = make("train/happy/a.png", "train/sad/b.png", "test/happy/c.png", "test/sad/d.png")
    summary = audit(load_dataset(root, validation_fraction=0)).summary
    assert sentences(summary) == ["Nothing was found: no copies, no leaks, no blank images."]
