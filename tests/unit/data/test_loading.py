import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from fer import settings
from fer.data import add, load_dataset
from fer.errors import ConfigError, DatasetError

MakeFaces = Callable[..., Path]


@pytest.mark.parametrize(
    "how",
    [
        {"height": 0},
        {"width": 24.0},
        {"channels": 2},
        {"validation_fraction": 2},
        {"validation_fraction": float("nan")},
        {"seed": -1},
    ],
)
def test_an_impossible_number_is_refused_by_name(how: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=f"{next(iter(how))} is .*; it must be"):
        load_dataset("synthetic", **how)  # type: ignore[arg-type]


@pytest.mark.usefixtures("own_home")
@pytest.mark.parametrize("members", [{"hungry/a.png": b""}, {"happy/a.jpg": bytes(100_000)}])
def test_an_archive_that_is_no_data_set_leaves_nothing(
    tmp_path: Path, members: dict[str, bytes]
) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in members.items():
            pack.writestr(name, content)
    with pytest.raises(DatasetError) as error:
        add(tmp_path / "bomb.zip", name="bomb")
    assert "bomb.zip" in str(error.value)
    assert "unpacked" not in str(error.value)
    assert not [file for file in settings.datasets_folder().rglob("*") if file.is_file()]
    assert list((settings.datasets_folder() / "unpacked").iterdir()) == []


@pytest.mark.usefixtures("own_home")
def test_what_was_stored_before_stays_when_the_source_is_damaged_later(make: MakeFaces) -> None:
    folder = load_dataset(root := make("happy/a.png", "sad/b.png")).folder
    for file in root.rglob("*.png"):
        file.unlink()
    with pytest.raises(DatasetError):
        load_dataset(root)
    assert folder is not None
    assert list(folder.glob("*.pixels"))
