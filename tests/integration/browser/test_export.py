import json
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from fer import models, settings
from fer.browser import export
from fer.errors import ConfigError, DetectorError, ModelError
from fer.faces import yunet_file as file_of_yunet


def built(folder: Path) -> Path:
    """What stands for a built page."""
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    for name in ("index.html", "parity.html", "assets/page-1.js", "assets/parity-1.js"):
        (folder / name).write_text(name)
    (folder / "sw.js").write_text('const VERSION = "__VERSION__"')
    return folder


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = built(tmp_path / "build")
    monkeypatch.setattr(settings, "page_build", lambda: folder)
    return folder


@pytest.fixture(scope="module")
def exported(
    tiny_folder: Path, yunet_file: Path, fer_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A page of what stands for a build; writing the network takes seconds."""
    folder = tmp_path_factory.mktemp("exported")
    file_of_yunet.install(yunet_file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "page_build", lambda: built(folder / "build"))
        export.write(tiny_folder, folder / "page")
    return folder / "page"


@pytest.fixture
def page(exported: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(exported, tmp_path / "page"))


def listed(page: Path) -> dict[str, str]:
    files = json.loads((page / "export.json").read_text())["files"]
    return {file["path"]: file["sha256"] for file in files}


def test_a_page_has_all_that_it_needs_and_lists_it_with_checksums(
    page: Path, tiny_folder: Path
) -> None:
    files = listed(page)
    assert set(files) == {
        "index.html", "assets/page-1.js", "network.onnx", "yunet.onnx", "settings.json"
    }  # fmt: skip
    for path, digest in files.items():
        assert sha256((page / path).read_bytes()).hexdigest() == digest
    card = models.load(tiny_folder).card
    given = json.loads((page / "settings.json").read_text())
    assert [one["label"] for one in given["emotions"]] == list(card.labels)
    assert given["framing"] == dict(card.framing)
    assert given["temperature"] == card.temperature


def test_the_network_of_a_page_answers_as_the_model(page: Path, tiny_folder: Path) -> None:
    faces = np.random.default_rng(0).integers(0, 256, (3, 24, 24, 1), dtype=np.uint8)
    session = onnxruntime.InferenceSession(page / "network.onnx")
    [found] = session.run(None, {session.get_inputs()[0].name: faces})
    expected = models.load(tiny_folder).uncalibrated(faces)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_detector_of_a_page_takes_images_of_any_size(page: Path) -> None:
    session = onnxruntime.InferenceSession(page / "yunet.onnx")
    for height, width in ((224, 160), (320, 320)):
        image = np.zeros((1, 3, height, width), np.float32)
        scores = session.run(["cls_8"], {"input": image})[0]
        assert scores.shape == (1, height * width // 64, 1)


def test_an_export_with_other_content_is_another_version(
    page: Path, build: Path, tiny_folder: Path
) -> None:
    first = json.loads((page / "export.json").read_text())["version"]
    assert f'"{first}"' in (page / "sw.js").read_text()
    (build / "assets" / "page-1.js").write_text("changed")
    export.write(tiny_folder, page)
    second = json.loads((page / "export.json").read_text())["version"]
    assert second != first
    assert f'"{second}"' in (page / "sw.js").read_text()


def test_what_was_measured_of_a_page_becomes_part_of_it(page: Path) -> None:
    before = json.loads((page / "export.json").read_text())
    export.add_parity(page, {"same_answer": 0.5})
    after = json.loads((page / "export.json").read_text())
    assert after["parity"] == {"same_answer": 0.5}
    assert after["version"] != before["version"]
    assert f'"{after["version"]}"' in (page / "sw.js").read_text()
    assert after["files"] == before["files"]


def test_a_folder_of_other_files_stays(page: Path, tiny_folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "export.json").write_text('{"kind": "something else"}')
    with pytest.raises(ModelError, match="is no page that was exported before"):
        export.write(tiny_folder, mine)
    assert [path.name for path in mine.iterdir()] == ["export.json"]


def test_a_page_that_is_not_built_is_explained(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "page_build", lambda: tmp_path / "none")
    with pytest.raises(ConfigError, match="Build it with `make web`"):
        export.write(tiny_folder, tmp_path / "page")
    assert not (tmp_path / "page").exists()


def test_a_missing_yunet_is_explained(
    build: Path, own_home: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(DetectorError, match="fer detectors download"):
        export.write(tiny_folder, tmp_path / "page")
    assert not (tmp_path / "page").exists()
