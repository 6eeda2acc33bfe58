import os
from pathlib import Path

import pytest

import fer
from fer.data.synthetic import draw_face
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
    photo = draw_face("happy", seed=0, size=60)
    for _ in range(3):
        assert fer.predict_emotion(photo, model=tiny_folder, detector="none")
    assert len(loaded) == 1
    os.utime(tiny_folder / "card.json", ns=(0, 1))
    assert fer.predict_emotion(photo, model=tiny_folder, detector="none")
    assert len(loaded) == 2


def test_a_face_that_is_too_small_to_say_has_no_emotion(tiny_folder: Path) -> None:
    photo = draw_face("happy", seed=0, size=20)
    assert fer.predict_emotion(photo, model=tiny_folder, detector="none") is None
