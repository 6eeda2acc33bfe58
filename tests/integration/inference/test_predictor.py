import os
from pathlib import Path

import numpy as np
import pytest

import fer
from fer.errors import DetectorError
from fer.inference.predictor import Predictor


def test_an_unknown_detector_is_an_error(tiny_folder: Path) -> None:
    with pytest.raises(DetectorError, match="haar"):
        Predictor.load(tiny_folder, detector="haar")


def test_one_call_after_the_other_loads_a_model_once_until_it_is_replaced(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[Path] = []
    load = Predictor.load

    def counted(model: Path, *, detector: str) -> Predictor:
        loaded.append(model)
        return load(model, detector=detector)

    monkeypatch.setattr(Predictor, "load", counted)
    photo = np.zeros((60, 60), np.uint8)
    for _ in range(3):
        assert fer.predict_emotion(photo, model=tiny_folder, detector="none")
    assert len(loaded) == 1
    os.utime(tiny_folder / "card.json", ns=(0, 1))
    assert fer.predict_emotion(photo, model=tiny_folder, detector="none")
    assert len(loaded) == 2
