import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from fer.browser import chromium
from fer.cli.main import app
from fer.faces import yunet_file as file_of_yunet
from fer.models import copy
from fer.models.card import read_card


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_models_lists_what_is_there(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = copy(tiny_folder, tmp_path / "tiny") / "card.json"
    figures = {
        "accuracy": 0.5, "accuracy_ci95": [0.4, 0.6], "images": 40, "balanced_accuracy": 0.5,
        "macro_f1": 0.5, "per_class": {},
    }  # fmt: skip
    metrics = {"metrics": {"public_test": figures}}
    file.write_text(json.dumps(json.loads(file.read_text()) | metrics))
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    result = run("models")
    assert "tiny" in result.stdout
    assert "24×24×1" in result.stdout
    assert "PublicTest 50.0%" in result.stdout


def test_adopt_refuses_a_name_that_leads_elsewhere(tmp_path: Path) -> None:
    result = run("adopt", tmp_path / "a.keras", "--name", "../up", "--labels", "happy,sad")
    assert result.exit_code == 1
    assert "cannot be a model's name" in result.stderr


@pytest.fixture
def network_file(shade_network: keras.Model, tmp_path: Path) -> Path:
    shade_network.save(tmp_path / "network.keras")
    return tmp_path / "network.keras"


@pytest.fixture
def models_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def test_adopt_finds_the_scale_and_the_labels_on_a_data_set(
    network_file: Path, shades: Path, models_folder: Path
) -> None:
    result = run("adopt", network_file, "--name", "mine", "--check", shades)
    assert result.exit_code == 0, result.stderr
    assert "On 30 validation faces" in result.stdout
    assert "Scale 0-255, labels sad,happy: no other contract fits better." in result.stdout
    assert read_card(models_folder / "mine" / "card.json").labels == ("sad", "happy")


def test_adopt_adds_no_network_whose_labels_look_exchanged(
    network_file: Path, shades: Path, models_folder: Path
) -> None:
    result = run(
        "adopt", network_file, "--name", "mine", "--labels", "happy,sad", "--scale", "0-1",
        "--check", shades,
    )  # fmt: skip
    assert result.exit_code == 1
    assert "scale 0-255 fits better than 0-1: 100.0% against" in result.stderr
    result = run(
        "adopt", network_file, "--name", "mine", "--labels", "happy,sad", "--scale", "0-255",
        "--check", shades,
    )  # fmt: skip
    assert "look exchanged: with sad, happy, accuracy is 100.0%, with yours 0.0%" in result.stderr
    assert not models_folder.exists()


def test_adopt_without_labels_or_a_check_names_both_ways(network_file: Path) -> None:
    result = run("adopt", network_file, "--name", "mine")
    assert result.exit_code == 1
    assert "--labels a,b,…" in result.stderr
    assert "--check DATASET" in result.stderr


def test_adopt_replaces_a_model_of_that_name_only_where_it_is_asked_to(
    network_file: Path, models_folder: Path
) -> None:
    adopt = ("adopt", network_file, "--name", "mine", "--scale", "0-255", "--labels")
    assert run(*adopt, "happy,sad").exit_code == 0
    card = models_folder / "mine" / "card.json"
    refused = run(*adopt, "sad,happy")
    assert refused.exit_code == 1
    assert "There already is a model 'mine'" in refused.stderr
    assert read_card(card).labels == ("happy", "sad")
    assert run(*adopt, "sad,happy", "--replace").exit_code == 0
    assert read_card(card).labels == ("sad", "happy")


def test_adopt_takes_weights_of_any_name_and_warns_of_an_unchecked_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    network = keras.Sequential(
        [keras.layers.Input((24, 24, 1)), keras.layers.Flatten(), keras.layers.Dense(2)]
    )
    (tmp_path / "structure.json").write_text(network.to_json())
    network.save_weights(tmp_path / "best.weights.h5")
    adopt = ("adopt", tmp_path / "structure.json", "--name", "mine", "--labels", "happy,sad")
    without = run(*adopt)
    assert without.exit_code == 1
    assert "(--weights)" in " ".join(without.stderr.split())
    result = run(*adopt, "--weights", tmp_path / "best.weights.h5")
    assert result.exit_code == 0, result.stderr
    assert "never checked" in " ".join(result.stdout.split())
    assert "`python -m fer check mine DATASET`" in " ".join(result.stdout.split())


def test_what_too_few_faces_cannot_decide_is_added_unchecked_and_only_if_it_is_given(
    network_file: Path, few_shades: Path, models_folder: Path
) -> None:
    adopt = ("adopt", network_file, "--name", "mine", "--check", few_shades)
    adopt = (*adopt, "--labels", "sad,happy")
    found = run(*adopt)
    assert found.exit_code == 1
    assert "cannot decide on the order of the labels" in found.stderr
    assert "unchecked, add --scale 0-255 --labels sad,happy to" in " ".join(found.stderr.split())
    assert not models_folder.exists()
    given = run(*adopt, "--scale", "0-255")
    assert given.exit_code == 0, given.stderr
    assert "cannot decide on the order of the labels" in given.stdout
    assert "fits better" not in given.stdout
    assert read_card(models_folder / "mine" / "card.json").is_unchecked
    checked = run("check", "mine", few_shades)
    assert checked.exit_code == 1
    assert "The model's card stays as it is." in checked.stderr


def test_scales_that_fit_equally_well_are_named_with_the_options_that_add_the_first_at_once(
    shade_network: keras.Model, shades: Path, models_folder: Path, tmp_path: Path
) -> None:
    network = keras.models.clone_model(shade_network)
    limit = 0.4  # between dark and bright under two scales
    network.layers[-1].set_weights([np.array([[100, -100]]), np.array([-limit, limit]) * 100])
    network.save(tmp_path / "either.keras")
    adopt = ("adopt", tmp_path / "either.keras", "--name", "mine", "--check", shades)
    found = run(*adopt)
    assert found.exit_code == 1
    message = " ".join(found.stderr.split())
    assert "so 0-1 and -1-1 are left" in message
    assert "unchecked, add --scale 0-1 --labels sad,happy to the command" in message
    assert not models_folder.exists()
    for scale in ("0-1", "-1-1"):
        given = run(*adopt, "--scale", scale, "--labels", "sad,happy", "--replace")
        assert given.exit_code == 0, given.stderr
        card = read_card(models_folder / "mine" / "card.json")
        assert (card.contract, card.labels) == ({"scale": scale}, ("sad", "happy"))


@pytest.fixture
def few_shades(shades: Path, tmp_path: Path) -> Path:
    """`shades` with 10 validation faces of each class, and 20 of a third one."""
    few = Path(shutil.copytree(shades, tmp_path / "few"))
    (few / "validation" / "fear").mkdir()
    for label in ("happy", "sad"):
        files = sorted((few / "validation" / label).glob("*.png"))
        for file in files[10:20]:
            file.rename(few / "validation" / "fear" / f"{label}-{file.name}")
        for file in files[20:]:
            file.unlink()
    return few


def test_export_without_a_data_set_or_a_folder_for_a_page_names_both(tiny_folder: Path) -> None:
    result = run("export", tiny_folder)
    assert result.exit_code == 1
    assert "Name one, or 'synthetic', or add --web DIR" in " ".join(result.stderr.split())


def test_export_keeps_a_folder_that_is_no_page(tiny_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    result = run("export", tiny_folder, "--web", tmp_path)
    assert result.exit_code == 1
    assert "no page that was exported before" in " ".join(result.stderr.split())
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_export_writes_a_page_and_mentions_that_its_answers_were_not_compared(
    page_build: Path,
    yunet_file: Path,
    own_home: Path,
    tiny_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file_of_yunet.install(yunet_file)
    monkeypatch.setattr(chromium, "_NAMES", ("no-browser",))
    result = run("export", tiny_folder, "--web", tmp_path / "page")
    assert result.exit_code == 0, result.stderr
    words = " ".join(result.stdout.split())
    assert "not compared with Python's. There is no Chromium: none of no-browser" in words
    assert (tmp_path / "page" / "index.html").is_file()
    assert not (tmp_path / "page" / "parity.html").exists()


def test_export_finds_no_data_set_before_it_writes_a_page(
    page_build: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    result = run("export", tiny_folder, tmp_path / "none", "--web", tmp_path / "page")
    assert result.exit_code == 1
    assert not (tmp_path / "page").exists()
