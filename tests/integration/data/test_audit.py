from pathlib import Path

import pytest

from fer.data import load_dataset
from fer.data.audit import audit


def test_the_real_fer2013_shows_its_known_flaws(fer2013_folder: Path) -> None:
    summary = audit(load_dataset(fer2013_folder, validation_fraction=0)).summary
    assert summary["splits"]["train"] == 28_708
    assert summary["exact_duplicates"]["redundant_within"]["train"] == 1_236
    [leak] = [row for row in summary["exact_duplicates"]["across"] if row["stands_in"] == "train"]
    assert leak["split"] == "public_test"
    assert leak["images"] in (279, 280)
    assert summary["near_constant"]["by_split"]["train"] == 12
    assert summary["votes"]["agreement"] == pytest.approx(0.616, abs=0.001)
