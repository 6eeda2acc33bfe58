from pathlib import Path

import keras
import pytest

import fer
from fer.errors import ModelError
from fer.evaluation.contract import search_contract


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
        search_contract(network, shades)
