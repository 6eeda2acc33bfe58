"""Pictures read here and by helpers: the same, whatever becomes of a helper."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer.data import store
from fer.data.decoding import Crew, Measured, read_all
from fer.data.readers import open_reader
from fer.data.store import Shape, open_stored


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Grey and colour pictures of several formats, and two files that are none."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "train" / "happy"
    folder.mkdir(parents=True)
    for number, suffix in enumerate(("jpg", "png", "bmp", "webp") * 5):
        shape = (30 + number, 40) if number % 3 else (30 + number, 40, 3)
        pixels = rng.integers(0, 256, shape, dtype=np.uint8)
        cv2.imwrite(str(folder / f"{number:02d}.{suffix}"), pixels)
    (folder / "text.jpg").write_text("no picture")
    (folder / "empty.png").touch()
    return sorted(map(str, folder.iterdir()))


@pytest.fixture
def crew() -> Iterator[Crew]:
    with Crew(2, helped=True) as crew:
        yield crew


def wait_for(crew: Crew, places: int) -> None:
    deadline = time.monotonic() + 60
    while crew._free.qsize() < places:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def until_helped(crew: Crew) -> None:
    """Wait for the helper, and take this process's own place away."""
    wait_for(crew, 2)
    assert crew._free.get() is None


def read(crew: Crew, files: list[str]) -> tuple[Measured, np.ndarray]:
    faces = np.zeros((len(files), 24, 24, 1), np.uint8)
    return crew.read(files.__getitem__, faces), faces


def test_a_helper_reads_as_this_process_does(crew: Crew, files: list[str]) -> None:
    until_helped(crew)
    measured, faces = read(crew, files)
    here = np.zeros_like(faces)
    assert measured == read_all(files.__getitem__, here)
    good = [at for at in range(len(files)) if at not in measured.reasons]
    np.testing.assert_array_equal(faces[good], here[good])
    assert len(good) == 20
    assert [Path(files[at]).name for at in measured.reasons] == ["empty.png", "text.jpg"]
    assert "0 bytes" in measured.reasons[files.index(next(f for f in files if "empty" in f))]


def test_what_a_helper_leaves_undone_is_done_here(crew: Crew, files: list[str]) -> None:
    until_helped(crew)
    crew._helpers[0]._process.kill()
    measured, faces = read(crew, files)
    here = np.zeros_like(faces)
    assert measured == read_all(files.__getitem__, here)
    np.testing.assert_array_equal(faces, here)
    assert read(crew, files)[0] == measured  # the place is this process's now


def test_helpers_go_when_the_crew_does(files: list[str]) -> None:
    with Crew(3, helped=True) as crew:
        read(crew, files)
        processes = [helper._process for helper in crew._helpers]
        assert len(processes) == 2
    assert all(process.poll() is not None for process in processes)


@pytest.mark.skipif(os.name != "posix", reason="there is no /bin/false")
def test_helpers_that_do_not_come_leave_their_places_to_threads(
    files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Crew(3, helped=True) as crew:
        wait_for(crew, 3)
        measured, faces = read(crew, files)
    assert measured == read_all(files.__getitem__, np.zeros_like(faces))
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with Crew(3, helped=True) as crew:
        assert crew._free.qsize() == 3


def test_a_store_built_with_helpers_is_the_same(
    tmp_path: Path, files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = Shape(height=24, width=24, channels=3)
    reader = open_reader(tmp_path / "train", custom_classes=False)
    alone = open_stored(tmp_path / "alone", reader, shape)
    monkeypatch.setattr(store, "_HELPED", 1)
    monkeypatch.setattr(store, "_TASK", 3)
    helped = open_stored(tmp_path / "helped", reader, shape)
    assert helped.index.equals(alone.index)
    assert helped.unreadable == alone.unreadable
    assert len(helped.unreadable) == 2
    np.testing.assert_array_equal(helped.pixels, alone.pixels)
