from dataclasses import replace
from pathlib import Path

import keras
import pytest

import fer
from fer import models
from fer.errors import ModelError
from fer.evaluation.contract_search import search_network
from fer.models.card import ModelCard, read_card


def test_a_file_is_searched_with_its_data_set_in_its_own_shape(
    shade_network: keras.Model, shades: Path, tmp_path: Path
) -> None:
    shade_network.save(tmp_path / "network.h5")
    seen: list[tuple[int, int]] = []
    search = fer.search_contract(
        tmp_path / "network.h5", shades, progress=lambda done, planned: seen.append((done, planned))
    )
    best = search.fits()[0]
    assert (best.scale, best.labels, best.accuracy) == ("0-255", ("sad", "happy"), 1.0)
    assert seen[-1] == (4 * 60, 4 * 60)


def test_a_network_that_gives_no_classes_is_an_error(shades: Path) -> None:
    network = keras.Sequential([keras.layers.Input((16, 16, 1)), keras.layers.Conv2D(2, 3)])
    with pytest.raises(ModelError, match=r"expected \(None, height, width, channels\)"):
        search_network(network, shades)


def card_of(folder: Path) -> ModelCard:
    return read_card(folder / models.CARD_FILE)


@pytest.fixture
def network_file(shade_network: keras.Model, tmp_path: Path) -> Path:
    shade_network.save(tmp_path / "network.keras")
    return tmp_path / "network.keras"


def test_an_adopted_model_is_unchecked_until_its_contract_proves_right(
    network_file: Path, shades: Path, tmp_path: Path
) -> None:
    fer.adopt(network_file, ("sad", "happy"), out=tmp_path / "mine", scale="0-255")
    assert card_of(tmp_path / "mine").is_unchecked
    search = fer.check_contract(tmp_path / "mine", shades)
    assert set(search.answers) == {"0-1", "-1-1", "0-255", "per-image"}
    card = card_of(tmp_path / "mine")
    assert not card.is_unchecked
    assert card.contract["checked"]["accuracy"] == 1
    assert card.contract["checked"]["images"] == 30
    assert models.load(tmp_path / "mine").card == card


def test_an_adopted_model_whose_contract_is_wrong_stays_unchecked(
    network_file: Path, shades: Path, tmp_path: Path
) -> None:
    fer.adopt(network_file, ("happy", "sad"), out=tmp_path / "mine", scale="0-255")
    search = fer.check_contract(tmp_path / "mine", shades)
    [sentence] = search.objections("0-255", ("happy", "sad"))
    assert "look exchanged: with sad, happy" in sentence
    assert card_of(tmp_path / "mine").is_unchecked


def test_the_labels_of_a_model_without_its_own_network_inside_are_searched(
    shade_network: keras.Model, shades: Path, tmp_path: Path
) -> None:
    inputs = keras.layers.Input((16, 16, 1), dtype="uint8")
    values = keras.layers.Rescaling(1)(inputs)
    for layer in shade_network.layers:
        values = layer(values)
    card = ModelCard(
        name="flat", labels=("happy", "sad"), height=16, width=16, channels=1, framing={}, data={}
    )
    models.save(keras.Model(inputs, values), card, tmp_path / "flat")
    search = fer.check_contract(tmp_path / "flat", shades)
    assert list(search.answers) == ["as it is"]
    assert search.fits()[0].labels == ("sad", "happy")
    models.save(
        keras.Model(inputs, values), replace(card, labels=("sad", "happy")), tmp_path / "flat"
    )
    fer.check_contract(tmp_path / "flat", shades)
    assert "Only its own scale was tried." in (tmp_path / "flat" / "README.md").read_text()


def test_a_model_that_was_trained_here_is_not_checked(shades: Path, tiny_folder: Path) -> None:
    before = card_of(tiny_folder)
    with pytest.raises(ModelError, match="was trained here"):
        fer.check_contract(tiny_folder, shades)
    assert card_of(tiny_folder) == before
