"""What every test shares: a home of its own, and real data where this machine has it."""

import getpass
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import numpy as np
import pytest

# A busy machine has slow moments; what hangs is caught by pytest's timeout.
hypothesis.settings.register_profile("patient", hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("patient")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by fixture, so that no test can forget to."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "fer2013_folder" in fixtures:
            item.add_marker(pytest.mark.real_data)
        if {"page", "server", "serve"} & set(fixtures):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module", autouse=True)
def fer_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty home for each module, and none of the user's settings."""
    home = tmp_path_factory.mktemp("fer_home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_HOME", str(home))
        patch.setenv("FER_RUNS", str(home / "runs"))
        patch.delenv("FER_MODELS", raising=False)
        patch.delenv("FER_MODEL", raising=False)
        yield home


@pytest.fixture(scope="session")
def fer2013_folder() -> Path:
    """FER-2013 in Kaggle's layout: FER_DATA, or the archive beside the checkout, unpacked once."""
    if named := os.environ.get("FER_DATA"):
        folder = Path(named).expanduser().resolve()
        if not (folder / "train").is_dir():
            pytest.fail(f"FER_DATA is '{named}', but there is no folder '{folder / 'train'}'.")
        return folder
    archive = SHARED_DATA / "fer2013.tar.xz"
    if not archive.is_file():
        pytest.skip(f"no FER-2013: FER_DATA is not set and there is no {archive}")
    return _unpacked(archive) / "fer2013"


def _unpacked(archive: Path) -> Path:
    found = archive.stat()
    key = f"fer2013-{getpass.getuser()}-{found.st_size}-{found.st_mtime_ns}"
    folder = Path(tempfile.gettempdir()) / key
    if not folder.is_dir():
        # Unpacked beside and moved: a run that was cut short leaves nothing that looks whole.
        with tempfile.TemporaryDirectory(prefix="fer2013-") as beside:
            inside = Path(beside) / "whole"
            inside.mkdir()
            # tar, because Python 3.11 before 3.11.4 has no safe filter and 3.12 demands one.
            subprocess.run(["tar", "-xJf", archive, "-C", inside], check=True)
            inside.rename(folder)
    return folder


@pytest.fixture(scope="session")
def yunet_file() -> Path:
    """YuNet's weights: FER_YUNET, or the file beside the checkout."""
    default = SHARED_DATA / "face_detection_yunet_2023mar.onnx"
    file = Path(os.environ.get("FER_YUNET") or default).expanduser().resolve()
    if not file.is_file():
        pytest.skip(f"no YuNet: FER_YUNET is not set to a file and there is no {default}")
    return file


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """A NASA photo of Eileen Collins, smiling: RGB, shape (512, 512, 3), uint8, read-only."""
    from skimage.data import astronaut

    photo: np.ndarray = astronaut()
    photo.flags.writeable = False
    return photo
