import shutil
from pathlib import Path

import pytest

from fer import models
from fer.browser import chromium, export, parity
from fer.errors import ConfigError
from fer.faces import yunet_file as file_of_yunet


def test_a_page_in_chromium_answers_as_python(
    page_build: Path,
    yunet_file: Path,
    tiny_folder: Path,
    own_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parity, "PHOTOS", 12)
    monkeypatch.setattr(parity, "_FRAMES", 3)
    file_of_yunet.install(yunet_file)
    export.write(tiny_folder, tmp_path / "page")
    found = parity.measure(tmp_path / "page", models.load(tiny_folder), None)
    assert (found["photos"], found["faces"], found["same_answer"]) == (12, 12, 1.0)
    assert found["largest_difference"] < 0.02
    assert found["synthetic"]


def test_without_chromium_the_page_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ConfigError, match="There is no Chromium"):
        chromium.answers_of("parity.html", [])
