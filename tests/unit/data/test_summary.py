import json
from collections.abc import Callable
from pathlib import Path

from fer.data import Dataset, load_dataset
from fer.data.audit import audit
from fer.data.summary import sentences

MakeFaces = Callable[..., Path]


def test_the_summary_counts_every_flaw(flawed: Dataset) -> None:
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
    assert any("also occurs in train" in sentence for sentence in sentences(summary))


def test_a_clean_data_set_is_reported_as_clean(make: MakeFaces) -> None:
    root = make("train/happy/a.png", "train/sad/b.png", "test/happy/c.png", "test/sad/d.png")
    summary = audit(load_dataset(root, validation_fraction=0)).summary
    assert sentences(summary) == ["Nothing was found: no copies, no leaks, no blank images."]


def test_one_class_without_a_test_part_is_not_reported_as_clean(make: MakeFaces) -> None:
    root = make("train/happy/a.png", "train/happy/b.png", "train/happy/c.png")
    found = sentences(audit(load_dataset(root, validation_fraction=0)).summary)
    assert found == [
        "All faces are happy: a network needs two classes or more to learn.",
        "No face is in a test part: no model can be measured on this data set.",
    ]
