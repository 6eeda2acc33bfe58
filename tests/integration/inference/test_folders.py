from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer.errors import ResultsError
from fer.inference.folders import predict_to_csv
from fer.inference.predictor import Predictor


@pytest.fixture
def photos(tmp_path: Path, square_frame: Callable[..., np.ndarray]) -> Path:
    folder = tmp_path / "photos"
    (folder / "inner").mkdir(parents=True)
    for number in range(5):
        cv2.imwrite(str(folder / f"{number}.png"), square_frame(20 + number))
    cv2.imwrite(str(folder / "inner" / "wall.png"), square_frame())
    (folder / "inner" / "broken.jpg").write_bytes(b"\xff\xd8 no")
    (folder / "notes.txt").write_text("not a picture")
    return folder


def test_results_of_another_model_are_not_mixed_in(
    photos: Path, square_predictor: Predictor, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    predict_to_csv(square_predictor, [photos], out)
    out.write_text(out.read_text().replace(f",{square_predictor.card.name} ", ",other "))
    with pytest.raises(ResultsError, match="other"):
        predict_to_csv(square_predictor, [photos], out)
