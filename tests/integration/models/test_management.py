from pathlib import Path

import pytest

from fer import models, settings
from fer.errors import ModelError, ModelNotFoundError
from fer.models import management
from fer.models.card import read_card


@pytest.fixture
def mine(tiny_folder: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model called `mine`, in a models folder of its own."""
    monkeypatch.setenv("FER_MODELS", str(own_home / "models"))
    return models.copy(tiny_folder, own_home / "models" / "mine")


@pytest.fixture
def shipped(mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`mine` hides a model of the package that has its name; `other` hides none."""
    package = tmp_path / "fer"
    for name in ("mine", "other"):
        models.copy(mine, package / "_models" / name)
    folders = (mine.parent, package / "_models")
    monkeypatch.setattr(settings, "PACKAGE", package)
    monkeypatch.setattr(settings, "models_folders", lambda: folders)
    return package / "_models"


def test_a_renamed_model_is_the_same_under_its_new_name(mine: Path) -> None:
    checksum = models.load("mine").sha256
    management.rename("mine", "better")
    assert models.list_models() == ["better"]
    assert models.load("better").sha256 == checksum
    assert read_card(models.find("better") / "card.json").name == "better"


def test_the_default_model_stays_the_default_one_when_it_is_renamed(mine: Path) -> None:
    settings.set_default_model("mine")
    management.rename("mine", "better")
    assert settings.default_model() == "better"


def test_a_model_that_the_environment_names_is_not_renamed(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_MODEL", "mine")
    with pytest.raises(ModelError, match="FER_MODEL names 'mine'"):
        management.rename("mine", "better")
    assert models.list_models() == ["mine"]


@pytest.mark.parametrize("name", ["mine", "Mine", "taken", "../up", ""])
def test_an_impossible_or_taken_name_changes_nothing(mine: Path, name: str) -> None:
    (mine.parent / "taken").mkdir()
    with pytest.raises(ModelError):
        management.rename("mine", name)
    assert models.list_models() == ["mine"]


def test_a_removed_model_is_gone(mine: Path) -> None:
    management.remove("mine")
    assert not mine.exists()
    with pytest.raises(ModelNotFoundError):
        management.remove("mine")


@pytest.mark.parametrize("name", ["..", "../models/mine", "/etc"])
def test_only_a_name_can_be_removed(mine: Path, name: str) -> None:
    with pytest.raises(ModelError, match="cannot be a model's name"):
        management.remove(name)
    assert mine.is_dir()


def test_the_default_model_is_not_removed(mine: Path) -> None:
    settings.set_default_model("mine")
    with pytest.raises(ModelError, match="Choose another default model first"):
        management.remove("mine")
    assert mine.is_dir()


def test_what_came_with_the_package_is_neither_renamed_nor_removed(shipped: Path) -> None:
    for change in (management.remove, lambda name: management.rename(name, "new")):
        with pytest.raises(ModelError, match="came with the package"):
            change("other")
    assert (shipped / "other").is_dir()


def test_what_came_with_the_checkout_is_neither_renamed_nor_removed_nor_replaced(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project" / "fer").mkdir(parents=True)
    (tmp_path / "project" / "pyproject.toml").touch()
    monkeypatch.setattr(settings, "PACKAGE", tmp_path / "project" / "fer")
    monkeypatch.delenv("FER_MODELS")
    for name in ("ferplus", "own"):
        models.copy(mine, settings.models_folder() / name)
    for change in (management.remove, lambda name: management.rename(name, "new")):
        with pytest.raises(ModelError, match="came with the package"):
            change("ferplus")
    before = models.find("ferplus").stat().st_ino
    loaded = models.load(mine)
    for replacing in (
        lambda: models.copy(mine, models.find("ferplus")),
        lambda: models.save(loaded.network, loaded.card, models.find("ferplus")),
        lambda: models.check_replaceable(models.find("ferplus")),
    ):
        with pytest.raises(ModelError, match=r"came with the package.*Choose another name"):
            replacing()
    assert models.find("ferplus").stat().st_ino == before
    management.remove("own")
    assert models.list_models() == ["ferplus"]


def test_a_name_never_means_a_folder_beside_the_process(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.copy(mine, tmp_path / "here" / "mine")
    monkeypatch.chdir(tmp_path / "here")
    settings.set_default_model("ferplus")
    management.remove("mine")
    assert (tmp_path / "here" / "mine").is_dir()
    assert not mine.exists()


def test_a_removed_copy_shows_what_came_with_the_package_again(shipped: Path, mine: Path) -> None:
    settings.set_default_model("mine")
    management.remove("mine")
    assert models.find("mine") == shipped / "mine"


def test_a_folder_that_cannot_be_deleted_is_a_sentence(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, to: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(ModelError, match=r"cannot be deleted \(Permission denied\)"):
        management.remove("mine")
