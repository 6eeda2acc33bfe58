"""What every test shares: a home of its own, and real data where this machine has it."""

import getpass
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen
from uuid import uuid4

import cv2
import hypothesis
import numpy as np
import pandas as pd
import pytest
from filelock import FileLock
from PIL import Image

from fer import settings
from fer.data import Dataset
from fer.data.synthetic import draw_face, face_seeds
from fer.faces.face import Face
from fer.feedback.records import Correction, now
from fer.inference.predictor import Predictor
from fer.models.model import Model

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
        for setting in (
            "FER_MODELS", "FER_MODEL", "FER_DATABASE_URL", "FER_FEEDBACK_DAYS", "FER_STUDIES_URL",
            "FER_ALLOWED_HOSTS", "FER_ADMINS", "FER_EDITORS", "FER_VIEWERS", "FER_ROLE_CLAIM",
        ):  # fmt: skip
            patch.delenv(setting, raising=False)
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
    with FileLock(f"{folder}.lock"):  # of the processes that share the tests, one unpacks
        if folder.is_dir():
            return folder
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
def page_build() -> Path:
    """The page for the visitor's own browser, as `make web` builds it."""
    build = settings.page_build()
    if not (build / "index.html").is_file():
        if os.environ.get("CI"):
            pytest.fail("`make web` was not run; in CI the page's tests must run")
        pytest.skip("the page is not built: run `make web`")
    return build


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """A NASA photo of Eileen Collins, smiling: RGB, shape (512, 512, 3), uint8, read-only."""
    from skimage.data import astronaut

    photo: np.ndarray = astronaut()
    photo.flags.writeable = False
    return photo


@pytest.fixture(autouse=True)
def runs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs of tests, and what tests make the machine remember, stay in the test's folder."""
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture(scope="session")
def tiny_dataset() -> Dataset:
    """Two emotions of drawn 24×24 faces in three parts."""
    labels = ("happy", "surprise")
    targets = np.arange(80) % 2
    faces = np.stack(
        [
            draw_face(labels[target], seed=seed, size=24)
            for target, seed in zip(targets, face_seeds(80, seed=0), strict=True)
        ]
    )[..., None]
    index = pd.DataFrame(
        {
            "path": [f"{i}.png" for i in range(len(faces))],
            "label": [labels[target] for target in targets],
            "split": np.resize(["train", "train", "train", "validation", "test"], len(faces)),
            "width": 24,
            "height": 24,
            "hash": [str(i) for i in range(len(faces))],
        }
    )
    return Dataset(
        name="tiny", index=index, pixels=faces, labels=labels, split_rule="by hand", synthetic=True
    )


@pytest.fixture(scope="session")
def face_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn faces of two emotions, as a folder of folders."""
    import cv2

    from fer.data.synthetic import draw_face

    root = tmp_path_factory.mktemp("faces")
    for label in ("happy", "surprise"):
        for part, count in (("train", 16), ("test", 4)):
            folder = root / part / label
            folder.mkdir(parents=True)
            for seed in range(count):
                cv2.imwrite(str(folder / f"{seed}.png"), draw_face(label, seed=seed, size=24))
    return root


MakeFaces = Callable[..., Path]


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def make(tmp_path: Path) -> MakeFaces:
    """Write random pictures below a folder, `set` in the test's own, and give that folder."""
    rng = np.random.default_rng(0)

    def make(
        *names: str, root: Path | None = None, size: tuple[int, int] = (48, 48), mode: str = "L"
    ) -> Path:
        folder = root or tmp_path / "set"
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shape = size if mode == "L" else (*size, 3)
            Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8), mode).save(path)
        return folder

    return make


class BrightSquare:
    """Finds the bright square of a dark picture, as a detector finds a face."""

    name = "square"

    def __init__(self) -> None:
        self.calls = 0

    def detect(self, photo: np.ndarray) -> list[Face]:
        self.calls += 1
        rows, columns = np.nonzero(photo[:, :, 0] > 128)
        if not len(rows):
            return []
        x, y = int(columns.min()), int(rows.min())
        return [face_at(x, y, max(int(columns.max()) - x + 1, 12))]


def face_at(x: int, y: int, side: int) -> Face:
    """A face whose landmarks lie as on a face seen from the front."""
    landmarks = [(0.31, 0.4), (0.69, 0.4), (0.5, 0.6), (0.35, 0.78), (0.65, 0.78)]
    return Face(
        box=(x, y, side, side),
        score=0.9,
        landmarks=np.array([(x + u * side, y + v * side) for u, v in landmarks], np.float32),
    )


@pytest.fixture
def square_detector() -> BrightSquare:
    return BrightSquare()


@pytest.fixture
def square_predictor(tiny_model: Model, square_detector: BrightSquare) -> Predictor:
    return Predictor(tiny_model, square_detector)


@pytest.fixture(scope="session")
def square_frame() -> Callable[..., np.ndarray]:
    """A textured square of 60 px on a dark ground, 200 × 160 px; without a place, the ground."""
    texture = np.random.default_rng(0).integers(140, 256, (10, 10, 3), dtype=np.uint8)
    square = texture.repeat(6, axis=0).repeat(6, axis=1)

    def draw(x: int | None = None, y: int = 50) -> np.ndarray:
        frame = np.full((160, 200, 3), 20, np.uint8)
        if x is not None:
            frame[y : y + 60, x : x + 60] = square
        return frame

    return draw


make_face = pytest.fixture(scope="session")(lambda: face_at)


def correction_of(seed: int = 0, **given: Any) -> Correction:
    """A correction of a face of random pixels, and what is given instead."""
    pixels = np.random.default_rng(seed).integers(0, 256, (48, 48), dtype=np.uint8)
    usual = {
        "id": str(uuid4()),
        "created": now(),
        "contributor": "somebody",
        "consent": "first",
        "source": "predict",
        "model": "tiny",
        "model_sha256": "0" * 64,
        "labels": ("happy", "surprise"),
        "probabilities": (0.25, 0.75),
        "verdict": "happy",
        "crop": cv2.imencode(".png", pixels)[1].tobytes(),
    }
    return Correction(**(usual | given))


make_correction = pytest.fixture(scope="session")(lambda: correction_of)


PEOPLE = {
    "vic": {"email": "vic@example.org", "email_verified": True},
    "eve": {"email": "eve@example.org", "email_verified": True, "groups": ["staff"]},
    "ada": {"email": "ada@example.org", "email_verified": True, "groups": ["staff", "fer-admins"]},
    "mal": {"email": "eve@example.org", "email_verified": False},
}
"""Those whom the provider knows, with what it states about them."""


@pytest.fixture(scope="module")
def openid_provider() -> Iterator[str]:
    """The address of an OpenID provider on this machine."""
    for package in ("authlib", "httpx", "oidc_provider_mock"):
        if find_spec(package) is None:  # importing them warns
            pytest.skip(f"no {package}: install requirements-dev.txt")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    for name, claims in PEOPLE.items():
        command += ["--user-claims", json.dumps({"sub": name, **claims})]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/.well-known/openid-configuration")
        yield address
    finally:
        process.terminate()
        process.wait()


def _wait_for(address: str, within_s: float = 30) -> None:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            with urlopen(address, timeout=2):
                return
        except (URLError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"{address} does not answer.")
