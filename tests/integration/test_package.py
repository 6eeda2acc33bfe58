"""The wheel: built, installed away from the checkout, and used without the packages of extras."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pytest
from PIL import Image

from fer import importing, settings

pytestmark = pytest.mark.slow

BARE = f"""
import sys
from importlib.machinery import PathFinder

find = PathFinder.find_spec

def find_none_of_the_extras(name, *rest):
    return None if name.partition(".")[0] in {set(importing.EXTRAS)} else find(name, *rest)

PathFinder.find_spec = find_none_of_the_extras
"""
"""Makes an interpreter find what `pip install fer-workbench` brings, and nothing of its extras."""


class Installation:
    """A folder that the wheel is installed to, and an empty folder to work in."""

    def __init__(self, folder: Path) -> None:
        self.site, self.work, self._bare = (folder / name for name in ("site", "work", "bare"))
        for path in (self.site, self.work, self._bare):
            path.mkdir()
        (self._bare / "sitecustomize.py").write_text(BARE)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--isolated", "install"]
        offline = ["--no-deps", "--no-index", "--no-build-isolation", "--quiet"]
        subprocess.run([*pip, *offline, "--target", self.site, settings.checkout()], check=True)

    def environment(self, *, extras: bool) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name[:4] != "FER_"}
        paths = [self.site] if extras else [self.site, self._bare]
        home = {"FER_HOME": str(self.work / "home"), "COLUMNS": "200"}
        return {**inherited, **home, "PYTHONPATH": os.pathsep.join(map(str, paths))}

    def command(self, *arguments: str | Path) -> list[str]:
        [script] = [path for path in (self.site / "bin").iterdir() if path.stem == "fer"]
        return [str(script), *map(str, arguments)]

    def run(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        """Run the console script, with no package of any extra."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.work,
            env=self.environment(extras=False),
            capture_output=True,
            text=True,
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("installed"))


@pytest.fixture
def photo(installed: Installation, astronaut: np.ndarray) -> Path:
    path = installed.work / "photo.png"
    Image.fromarray(astronaut).save(path)
    return path


def test_the_wheel_holds_the_library_its_types_and_whole_models_and_nothing_beside(
    installed: Installation,
) -> None:
    [about] = installed.site.glob("*.dist-info")
    assert about.name == f"fer_workbench-{settings.VERSION}.dist-info"
    assert {path.name for path in installed.site.iterdir()} == {"fer", "bin", about.name}
    assert (installed.site / "fer" / "py.typed").is_file()
    for name in ("fer2013", "ferplus"):
        shipped = installed.site / "fer" / "_models" / name
        assert {path.name for path in shipped.iterdir()} == {
            "card.json", "README.md", "config.toml",
            "model.keras", "model.tflite", "model.int8.tflite",
        }  # fmt: skip


def test_a_photo_is_predicted_with_no_package_of_any_extra(
    installed: Installation, photo: Path, yunet_file: Path
) -> None:
    assert installed.run("detectors", "add", yunet_file).returncode == 0
    predicted = installed.run("predict", photo.name, "--json")
    [file] = json.loads(predicted.stdout)
    assert [face["emotion"] for face in file["faces"]] == ["happy"]
    installed.run("predict", photo.name, "--csv", "faces.csv")
    assert "happy" in (installed.work / "faces.csv").read_text()
    (installed.work / "home" / "detectors" / yunet_file.name).unlink()


def test_without_the_file_of_yunet_mtcnn_answers(installed: Installation, photo: Path) -> None:
    [file] = json.loads(installed.run("predict", photo.name, "--json").stdout)
    assert file["detector"] == "mtcnn"
    assert [face["emotion"] for face in file["faces"]] == ["happy"]


def test_the_shipped_models_are_listed_without_their_extras(installed: Installation) -> None:
    listed = installed.run("models")
    assert "fer2013" in listed.stdout
    assert "ferplus" in listed.stdout


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        ("predict photo.png --detector none --form keras", "train"),
        ("video video.mp4", "video"),
        ("data list", "data"),
        ("runs list", "data"),
        ("feedback list", "feedback"),
        ("evaluate ferplus synthetic", "train"),
        ("train synthetic --detach", "train"),
        ("architectures", "train"),
        ("app", "app"),
        ("serve", "serve"),
    ],
)
def test_a_command_that_needs_an_extra_names_it(
    installed: Installation, photo: Path, arguments: str, extra: str
) -> None:
    refused = installed.run(*arguments.split())
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert f'pip install "fer-workbench[{extra}]"' in refused.stderr


def test_the_wheel_makes_its_database_of_corrections(installed: Installation) -> None:
    subprocess.run(
        installed.command("feedback", "list"),
        cwd=installed.work,
        env=installed.environment(extras=True),
        check=True,
        capture_output=True,
    )
    assert (installed.work / "home" / "feedback.db").is_file()


def test_training_from_python_names_the_one_extra_that_brings_all_it_needs(
    installed: Installation,
) -> None:
    refused = subprocess.run(
        [sys.executable, "-c", "import fer; fer.train"],
        cwd=installed.work,
        env=installed.environment(extras=False),
        capture_output=True,
        text=True,
    )
    assert 'pip install "fer-workbench[train]"' in refused.stderr


def test_the_installed_app_is_served_from_any_folder(installed: Installation) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = installed.work / "app.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            installed.command("app", "--port", str(port)),
            cwd=installed.work,
            env=installed.environment(extras=True),
            stdout=output,
            stderr=output,
        )
    try:
        assert is_healthy(process, f"http://127.0.0.1:{port}/_stcore/health"), log.read_text()
    finally:
        process.terminate()
        process.wait()


def is_healthy(process: "subprocess.Popen[bytes]", address: str) -> bool:
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        try:
            with urlopen(address, timeout=2):
                return True
        except (URLError, TimeoutError):
            time.sleep(0.1)
    return False
