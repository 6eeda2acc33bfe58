import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from fer.data import Dataset, load_dataset
from fer.data.audit import Audit, audit
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


def found(report: Audit, dataset: Dataset, finding: str) -> set[str]:
    return {Path(path).stem for path in dataset.index["path"][report.findings[finding].to_numpy()]}


def test_every_flaw_is_found_at_its_face(flawed: Dataset) -> None:
    report = audit(flawed)
    assert found(report, flawed, "duplicate") == {"a", "a_copy", "b", "b_again", "c", "leak"}
    assert found(report, flawed, "leak") == {"leak"}
    assert found(report, flawed, "conflict") == {"b", "b_again"}
    assert found(report, flawed, "near_constant") == {"blank"}
    assert found(report, flawed, "near_duplicate") == {"drawn", "brighter"}
    assert found(report, flawed, "disagreement") == {"b"}


def test_faces_that_votes_leave_in_no_split_are_audited_too(flawed: Dataset) -> None:
    by_votes = flawed.by_votes()
    assert len(by_votes.select("all")) < len(flawed)
    said = sentences(audit(by_votes).summary)
    assert "1 images are blank or nearly so (1 in no split)." in said


def test_other_faces_are_no_near_duplicates(make: MakeFaces) -> None:
    root = make("happy/a.png")
    shutil.rmtree(root / "happy")
    (root / "happy").mkdir()
    for seed in range(60):
        cv2.imwrite(str(root / f"happy/{seed}.png"), draw_face("happy", seed=seed, size=48))
    assert audit(load_dataset(root)).summary["near_duplicates"]["images"] == 0
