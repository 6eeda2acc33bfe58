import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer import models, settings
from fer.errors import CardError, ModelError, ModelNotFoundError
from fer.models import BATCH, Model
from fer.training.config import TrainingConfig


@pytest.fixture
def copy(tiny_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_folder, tmp_path / "copy"))


def change_card(folder: Path, **values: object) -> None:
    path = folder / "card.json"
    card = json.loads(path.read_text())
    card.update(values)
    path.write_text(json.dumps(card))


def faces(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 24, 24, 1), dtype=np.uint8)


def test_the_compiled_pass_agrees_with_the_network(tiny_model: Model) -> None:
    given = faces(5)
    expected = np.asarray(tiny_model.network(given, training=False))
    np.testing.assert_allclose(tiny_model.uncalibrated(given), expected, atol=1e-6)


def test_the_temperature_of_the_card_divides_the_logits(tiny_model: Model) -> None:
    given = faces(5)
    plain = tiny_model.uncalibrated(given)
    card = replace(tiny_model.card, temperature=2.5)
    logits = np.log(plain) / 2.5
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = replace(tiny_model, card=card).classify(given)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_card_is_rewritten_beside_its_network(tiny_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_folder, folder)
    card = models.load(folder).card
    models.save_card(replace(card, temperature=1.5), folder)
    assert models.load(folder).card == replace(card, temperature=1.5)
    assert sorted(file.name for file in folder.iterdir()) == sorted(
        file.name for file in tiny_folder.iterdir()
    )


@pytest.mark.parametrize("temperature", [0, -1, "warm", float("nan"), True])
def test_an_impossible_temperature_is_refused(tiny_model: Model, temperature: object) -> None:
    with pytest.raises(CardError, match="temperature must be"):
        replace(tiny_model.card, temperature=temperature)


def test_many_faces_are_classified_in_batches_in_their_order(tiny_model: Model) -> None:
    given = faces(BATCH * 2 + 3)
    together = tiny_model.classify(given)
    assert together.shape == (len(given), 2)
    for i in (0, BATCH, len(given) - 1):
        np.testing.assert_allclose(together[i], tiny_model.classify(given[i : i + 1])[0], atol=1e-6)
    assert tiny_model.classify(given[:0]).shape == (0, 2)


def test_a_model_has_a_network_a_card_a_readme_and_its_configuration(
    tiny_folder: Path, tiny_config: TrainingConfig
) -> None:
    assert sorted(path.name for path in tiny_folder.iterdir()) == [
        "README.md",
        "card.json",
        "config.toml",
        "model.keras",
    ]
    kept = TrainingConfig.read(tiny_folder / "config.toml")
    assert kept == tiny_config.changed({"dataset": "tiny"})
    readme = (tiny_folder / "README.md").read_text()
    assert "must not be used" in readme
    assert "happy" in readme


def test_a_network_is_saved_without_its_optimizer(tiny_folder: Path, tiny_model: Model) -> None:
    size = (tiny_folder / "model.keras").stat().st_size
    weights = 4 * tiny_model.card.parameters
    assert weights < size < 1.2 * weights


def test_saving_again_replaces_the_whole_model(copy: Path, tiny_model: Model) -> None:
    (copy / "stale.txt").write_text("old")
    models.save(tiny_model.network, tiny_model.card, copy)
    assert not (copy / "stale.txt").exists()
    assert models.load(copy).card.labels == ("happy", "surprise")
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]


def test_a_folder_that_is_no_model_is_not_replaced(tmp_path: Path, tiny_model: Model) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("years of work")
    with pytest.raises(ModelError, match="is not a model"):
        models.save(tiny_model.network, tiny_model.card, tmp_path / "thesis")
    assert (tmp_path / "thesis" / "chapter1.tex").exists()


def test_a_model_is_found_by_name_and_by_folder(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_MODELS", str(copy.parent))
    monkeypatch.setenv("FER_MODEL", "copy")
    assert models.list_models() == ["copy"]
    assert models.find("copy") == models.find() == copy
    assert models.find(copy) == copy
    assert settings.default_model() == "copy"


def test_a_missing_model_lists_those_that_are_there(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_MODELS", str(copy.parent))
    with pytest.raises(ModelNotFoundError, match=r"No model 'gone'. Known: copy"):
        models.load("gone")


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
        ({"height": 48}, r"\(48, 24, 1\).*takes \(24, 24, 1\)"),
        ({"format": 99}, r"format 99; this version reads up to 1\. Update"),
        ({"format": None}, "no format number"),
        ({"labels": ["happy", "happy"]}, "two or more different names"),
        ({"labels": "happy"}, "not a list"),
        ({"channels": 2}, "channels must be 1 or 3"),
        ({"width": "24"}, "width must be a whole number"),
        ({"framing": []}, "framing must be an object"),
    ],
)
def test_a_card_that_does_not_fit_says_how(
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


def test_a_name_is_looked_up_in_each_folder_of_models_the_first_one_first(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, shipped = tmp_path / "mine", tmp_path / "shipped"
    for folder in (mine / "both", shipped / "both", shipped / "only"):
        shutil.copytree(tiny_folder, folder)
    monkeypatch.setattr(settings, "models_folders", lambda: (mine, shipped))
    assert models.list_models() == ["both", "only"]
    assert models.find("both") == mine / "both"
    assert models.find("only") == shipped / "only"
