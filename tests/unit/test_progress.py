from collections.abc import Callable
from pathlib import Path

import pytest

from fer.data import Dataset, load_dataset
from fer.evaluation.predictions import predictions
from fer.inference.folders import predict_to_csv
from fer.inference.predictor import Predictor
from fer.models.model import Model
from fer.progress import Progress

Work = Callable[[Progress], object]


@pytest.fixture
def works(
    face_folder: Path, tiny_model: Model, tiny_dataset: Dataset, tmp_path: Path
) -> dict[str, Work]:
    predictor = Predictor(tiny_model, None)
    out = tmp_path / "faces.csv"
    return {
        "reading a data set": lambda progress: load_dataset(face_folder, progress=progress),
        "predicting a split": lambda progress: predictions(
            tiny_model, tiny_dataset, "all", progress=progress
        ),
        "predicting photos": lambda progress: predict_to_csv(
            predictor, [face_folder], out, recursive=True, progress=progress
        ),
    }


@pytest.mark.parametrize(
    ("name", "units"),
    [("reading a data set", 40), ("predicting a split", 80), ("predicting photos", 40)],
)
@pytest.mark.usefixtures("own_home")
def test_progress_never_falls_and_ends_with_all_that_was_planned(
    works: dict[str, Work], name: str, units: int
) -> None:
    seen: list[tuple[int, int]] = []
    works[name](lambda done, planned: seen.append((done, planned)))
    done = [step[0] for step in seen]
    assert done == sorted(done)
    assert {planned for _, planned in seen} == {units}
    assert done[-1] == units
