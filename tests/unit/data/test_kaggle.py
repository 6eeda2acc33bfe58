import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from fer.data import add, load_dataset, registered
from fer.errors import DatasetError

pytestmark = pytest.mark.usefixtures("own_home")


MakeFaces = Callable[..., Path]


@pytest.fixture
def root(make: MakeFaces) -> Path:
    return make("train/happy/a.png", "test/sad/b.png")


def test_without_kagglehub_the_error_explains_what_to_download_and_where_to_put_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(
        DatasetError, match=r"kaggle\.com/datasets/msambare/fer2013.*add it by its path"
    ):
        load_dataset("kaggle:msambare/fer2013")
    with pytest.raises(DatasetError, match="not a Kaggle slug"):
        load_dataset("kaggle:fer2013")


def kagglehub_that(download: Callable[[str], str]) -> ModuleType:
    """kagglehub as it answers, without its network."""
    module = ModuleType("kagglehub")
    module.dataset_download = download  # type: ignore[attr-defined]
    return module


def test_a_data_set_from_kaggle_is_read_where_kagglehub_keeps_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def download(slug: str) -> str:
        asked.append(slug)
        return str(root)

    monkeypatch.setitem(sys.modules, "kagglehub", kagglehub_that(download))
    assert add("kaggle:msambare/fer2013").name == "fer2013"
    assert asked == ["msambare/fer2013"]
    assert len(load_dataset("fer2013")) == 2  # by name, without asking again
    assert asked == ["msambare/fer2013"]


def test_without_a_network_the_error_explains_what_to_download_by_hand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def download(slug: str) -> str:
        raise ConnectionError(f"Max retries exceeded with url: /{slug}")

    monkeypatch.setitem(sys.modules, "kagglehub", kagglehub_that(download))
    with pytest.raises(DatasetError, match=r"Max retries.*by hand.*archive\.zip"):
        add("kaggle:msambare/fer2013")
    assert [source.name for source in registered()] == ["synthetic"]
