from pathlib import Path

import pytest

from fer import settings
from fer.browser import export, served
from fer.browser.served import Pages
from fer.faces import yunet_file as file_of_yunet

WRITTEN: list[str] = []


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pages:
    """Pages whose files are written at once."""
    build = tmp_path / "build"
    build.mkdir()
    (build / "index.html").write_text("page")

    def write(model: str, folder: Path) -> None:
        (folder / "assets").mkdir(parents=True)
        for name in ("index.html", "sw.js", "assets/page.js"):
            (folder / name).write_text(f"{name} of {model}")
        WRITTEN.append(model)

    WRITTEN.clear()
    monkeypatch.setattr(settings, "page_build", lambda: build)
    monkeypatch.setattr(export, "write", write)
    return Pages()


def test_a_page_is_made_once_and_gives_only_its_own_files(pages: Pages) -> None:
    key = pages.make("ferplus")
    assert pages.make("ferplus") == key
    assert WRITTEN == ["ferplus"]
    for name in ("index.html", "assets/page.js", "sw.js"):
        assert pages.file(key, name) == f"{name} of ferplus".encode()
    for name in ("other.txt", "../index.html", "/etc/passwd", "assets", "assets/", "."):
        assert pages.file(key, name) is None
    assert pages.file("0" * 32, "index.html") is None


def test_a_changed_build_or_another_model_gets_a_page_of_its_own(pages: Pages) -> None:
    first = pages.make("ferplus")
    assert pages.make("fer2013") != first
    (settings.page_build() / "style.css").write_text("new")
    assert pages.make("ferplus") != first
    assert len(WRITTEN) == 3


def test_of_many_pages_those_used_last_are_kept(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "_KEPT", 2)
    first = pages.make("ferplus")
    second = pages.make("fer2013")
    assert pages.file(first, "index.html")
    (settings.page_build() / "style.css").write_text("new")
    third = pages.make("ferplus")
    there = [pages.file(key, "index.html") for key in (first, second, third)]
    assert [one is not None for one in there] == [True, False, True]


def test_what_is_lacking_is_named(
    pages: Pages, own_home: Path, yunet_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "YuNet" in served.lacking()
    file_of_yunet.install(yunet_file)
    assert served.lacking() == ""
    monkeypatch.setattr(served, "find_spec", lambda name: None if name == "tf2onnx" else object())
    assert "need tf2onnx: install the extra 'onnx'" in served.lacking()
    (settings.page_build() / "index.html").unlink()
    assert "make web" in served.lacking()
