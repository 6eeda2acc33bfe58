import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from fer import files, models
from fer.errors import CardError, ModelError, ModelNotFoundError
from fer.models import folder as folders
from fer.models.card import ModelCard, read_card
from fer.models.model import Model

SHIPPED = Path(__file__).resolve().parents[3] / "models"
NAMES = ("ferplus", "fer2013")


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
        ({"labels": "happy"}, "labels must be a list"),
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


@contextmanager
def replaced_all_the_time(folder: Path) -> Iterator[None]:
    """Copy one shipped model over the other, again and again."""
    stop = Event()

    def copy() -> None:
        while not stop.is_set():
            for name in NAMES:
                models.copy(SHIPPED / name, folder)

    writer = Thread(target=copy)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


@pytest.fixture(scope="module")
def answers() -> dict[str, np.ndarray]:
    """What each shipped model answers to noise, by the fingerprint in its card."""
    shipped = [models.load(SHIPPED / name, form="litert") for name in NAMES]
    return {fingerprint(model): model.uncalibrated(noise(model)) for model in shipped}


def fingerprint(model: Model) -> str:
    return str(model.card.data["fingerprint"])


def noise(model: Model) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, *model.card.shape), np.uint8)


@pytest.mark.parametrize("can_exchange", [True, False])
def test_loading_does_not_fail_while_models_take_the_place_of_each_other(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answers: dict[str, np.ndarray],
    can_exchange: bool,
) -> None:
    if not can_exchange:
        monkeypatch.setattr(files, "_EXCHANGE_BY", {})
    folder = models.copy(SHIPPED / NAMES[0], tmp_path / "mine")
    seen = set()
    with replaced_all_the_time(folder):
        for _ in range(25):
            model = models.load(folder, form="litert")
            found, expected = model.uncalibrated(noise(model)), answers[fingerprint(model)]
            np.testing.assert_allclose(found, expected, atol=1e-5)
            seen.add(fingerprint(model))
    assert len(seen) == 2


@pytest.mark.parametrize("is_summed", [True, False])
def test_a_card_is_never_taken_with_the_network_that_replaced_its_own(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answers: dict[str, np.ndarray],
    is_summed: bool,
) -> None:
    folder = models.copy(SHIPPED / NAMES[0], tmp_path / "mine")
    others = [NAMES[1]]

    def read(path: Path) -> ModelCard:
        card = read_card(path)
        if others:
            models.copy(SHIPPED / others.pop(), folder)
        if is_summed:
            return card
        return replace(card, forms={form: {} for form in card.forms}, model_sha256="")

    monkeypatch.setattr("fer.models.loading.read_card", read)
    model = models.load(folder, form="litert")
    assert not others
    found, expected = model.uncalibrated(noise(model)), answers[fingerprint(model)]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_network_that_is_opened_after_its_model_was_replaced_is_an_error(tmp_path: Path) -> None:
    folder = models.copy(SHIPPED / NAMES[0], tmp_path / "mine")
    model = models.load(folder, form="litert")
    models.copy(SHIPPED / NAMES[1], folder)
    with pytest.raises(ModelError, match=r"was replaced after it was loaded\. Load it again"):
        model.open_network()


def test_what_is_missing_is_named_at_once_whatever_lies_beside_it(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError):
        models.load(tmp_path / "mine")
    left_behind(tmp_path / ".mine-0a1b2c3d", seconds_ago=3)
    (tmp_path / ".mine-2-0a1b2c3d").mkdir()  # of another model, which is being written
    before = time.monotonic()
    with pytest.raises(ModelNotFoundError):
        models.load(tmp_path / "mine")
    assert time.monotonic() - before < 1


def left_behind(folder: Path, *, seconds_ago: float) -> Path:
    """A folder as a process leaves it that is killed while it writes a model."""
    (folder / "mine").mkdir(parents=True)
    os.utime(folder, (time.time() - seconds_ago,) * 2)
    return folder


def test_what_killed_processes_left_goes_when_the_model_is_next_written(tmp_path: Path) -> None:
    old = left_behind(tmp_path / ".mine-0a1b2c3d", seconds_ago=90_000)
    kept = {
        left_behind(tmp_path / ".mine-4e5f6a7b", seconds_ago=600),  # may be at work
        left_behind(tmp_path / ".mine-2-0a1b2c3d", seconds_ago=90_000),
        left_behind(tmp_path / ".mine-of-last-year", seconds_ago=90_000),
    }
    models.copy(SHIPPED / NAMES[0], tmp_path / "mine")
    assert not old.exists()
    assert set(tmp_path.iterdir()) == {tmp_path / "mine", *kept}


def test_of_two_who_make_a_model_of_one_name_one_is_refused_and_nothing_is_mixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready, first_is_done = Event(), Event()
    as_it_was = folders.save_card

    def slowly(card: object, folder: Path) -> None:
        as_it_was(card, folder)  # type: ignore[arg-type]
        if not ready.is_set():
            ready.set()
            first_is_done.wait(10)

    monkeypatch.setattr(folders, "save_card", slowly)
    refused: list[ModelError] = []

    def late() -> None:
        try:
            models.copy(SHIPPED / NAMES[0], tmp_path / "mine", may_replace=False)
        except ModelError as error:
            refused.append(error)

    slow = Thread(target=late)
    slow.start()
    ready.wait(10)
    models.copy(SHIPPED / NAMES[1], tmp_path / "mine", may_replace=False)
    first_is_done.set()
    slow.join()
    assert [str(error) for error in refused] == [
        "There already is a model 'mine'. Choose another name."
    ]
    assert (
        models.load(tmp_path / "mine", form="litert").card.labels
        == read_card(SHIPPED / NAMES[1] / "card.json").labels
    )
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
