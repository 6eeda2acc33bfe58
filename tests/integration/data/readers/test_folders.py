from pathlib import Path

import pytest

from fer.data import load_dataset


@pytest.mark.real_data
def test_the_real_fer2013_has_its_published_counts(fer2013_folder: Path) -> None:
    dataset = load_dataset(fer2013_folder)
    assert sum(dataset.splits[name] for name in ("train", "validation")) == 28_708
    assert dataset.splits["public_test"] == 3_589
    assert dataset.index["label"].value_counts()["happy"] == 8_109
    assert dataset.skipped == ()
