import shutil
from collections.abc import Callable
from pathlib import Path

import cv2

from fer.data import Dataset, annotations, load_dataset
from fer.data.audit import Audit, audit
from fer.data.summary import sentences
from fer.data.synthetic import draw_face

MakeFaces = Callable[..., Path]


def found(report: Audit, dataset: Dataset, finding: str) -> set[str]:
    return {Path(path).stem for path in dataset.index["path"][report.faces[finding].to_numpy()]}


def test_every_flaw_is_found_at_its_face(flawed: Dataset) -> None:
    report = audit(flawed)
    assert found(report, flawed, "duplicate") == {"a", "a_copy", "b", "b_again", "c", "leak"}
    assert found(report, flawed, "leak") == {"leak"}
    assert found(report, flawed, "conflict") == {"b", "b_again"}
    assert found(report, flawed, "near_constant") == {"blank"}
    assert found(report, flawed, "near_duplicate") == {"drawn", "brighter"}
    assert found(report, flawed, "disagreement") == {"b"}


def test_annotations_are_counted_and_change_no_other_finding(
    flawed: Dataset, make: MakeFaces
) -> None:
    before = audit(flawed)
    annotations.annotate(flawed, ["train/happy/b.png"], label="neutral", add_class=True)
    annotations.annotate(flawed, ["train/sad/c.png"], excluded=True)
    after = audit(load_dataset(make(), validation_fraction=0))
    counts = {"excluded": 1, "relabelled": 1}
    assert after.summary == {**before.summary, **counts}
    assert after.faces.equals(before.faces)


def test_faces_that_votes_leave_in_no_split_are_audited_too(flawed: Dataset) -> None:
    by_votes = flawed.by_votes()
    assert len(by_votes.select("all")) < len(flawed)
    said = sentences(audit(by_votes).summary)
    assert "1 image is blank or nearly so (1 in no split)." in said


def test_other_faces_are_no_near_duplicates(make: MakeFaces) -> None:
    root = make("happy/a.png")
    shutil.rmtree(root / "happy")
    (root / "happy").mkdir()
    for seed in range(60):
        cv2.imwrite(str(root / f"happy/{seed}.png"), draw_face("happy", seed=seed, size=48))
    assert audit(load_dataset(root)).summary["near_duplicates"]["images"] == 0
