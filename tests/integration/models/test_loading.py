import json
import shutil
from pathlib import Path

import pytest

from fer import models
from fer.errors import CardError, ModelError
from fer.models.model import Model


@pytest.fixture
def copy(tiny_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_folder, tmp_path / "copy"))


def change_card(folder: Path, **values: object) -> None:
    path = folder / "card.json"
    card = json.loads(path.read_text())
    card.update(values)
    path.write_text(json.dumps(card))


def test_a_damaged_network_is_refused(copy: Path) -> None:
    data = (copy / "model.keras").read_bytes()
    (copy / "model.keras").write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelError, match="SHA-256 differs"):
        models.load(copy)
    change_card(copy, model_sha256="")
    with pytest.raises(ModelError, match="cannot be loaded by Keras"):
        models.load(copy)


def test_a_missing_network_is_named(copy: Path) -> None:
    (copy / "model.keras").unlink()
    with pytest.raises(ModelError, match=r"no model\.keras"):
        models.load(copy)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"labels": ["happy", "sad", "fear"]}, r"3 labels.*2 outputs"),
        ({"height": 48}, r"\(24, 24, 1\).*requires \(48, 24, 1\)"),
        ({"format": 99}, r"format 99; this version reads up to 1\. Update"),
        ({"format": None}, "no format number"),
        ({"labels": ["happy", "happy"]}, "two or more different names"),
        ({"labels": "happy"}, "not a list"),
        ({"channels": 2}, "channels must be 1 or 3"),
        ({"width": "24"}, "width must be a whole number"),
        ({"framing": []}, "framing must be an object"),
    ],
)
def test_a_card_that_does_not_fit_is_an_error_that_names_the_difference(
    copy: Path, values: dict[str, object], message: str
) -> None:
    change_card(copy, **values)
    with pytest.raises(CardError, match=message):
        models.load(copy)


@pytest.mark.parametrize("text", ["", "{", "[]", '"card"', "{}", '{"format": 1}'])
def test_a_card_that_is_no_card_is_an_error(copy: Path, text: str) -> None:
    (copy / "card.json").write_text(text)
    with pytest.raises(CardError, match=r"card\.json"):
        models.load(copy)


def test_code_inside_a_network_is_not_run(copy: Path, tiny_model: Model) -> None:
    import keras

    inputs = keras.Input((24, 24, 1), dtype="uint8")
    x = keras.layers.Lambda(lambda face: face)(inputs)
    x = keras.layers.Flatten()(keras.layers.Rescaling(1.0)(x))
    evil = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(x))
    models.save(evil, tiny_model.card, copy)
    with pytest.raises(ModelError, match="cannot be loaded by Keras"):
        models.load(copy)
