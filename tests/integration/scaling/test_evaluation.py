from pathlib import Path

import cv2
import numpy as np
import pytest

from fer import api
from fer.data.synthetic import draw_face
from fer.errors import DatasetError, ResultsError
from fer.scaling.evaluation import figures_of
from fer.scaling.photo_results import PhotoResults
from fer.scaling.photos import CROP, Scorer
from fer.scaling.setup import Setup
from fer.scaling.sources import pieces


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Photos in folders, some of them of no use, or in a folder of no emotion."""
    folder = tmp_path / "labelled"
    for label in ("happy", "sad", "contempt", "walls"):
        (folder / label).mkdir(parents=True)
        for seed in range(4):
            face = draw_face(label if label in ("happy", "sad") else "fear", seed=seed, size=96)
            cv2.imwrite(str(folder / label / f"{seed}.png"), face)
    cv2.imwrite(str(folder / "happy" / "again.png"), draw_face("happy", seed=0, size=96))
    cv2.imwrite(str(folder / "sad" / "flat.png"), np.full((96, 96), 128, np.uint8))
    (folder / "sad" / "broken.jpg").write_bytes(b"\xff\xd8 no")
    return folder


def answered(setup: Setup, source: Path, out: Path) -> int:
    """Answer the photos as workers do; gives how many there are."""
    folder = PhotoResults(str(out))
    with folder.claimed(setup.names):
        worker = Scorer(setup, folder.url, [folder.done()], [CROP])
        found = pieces([str(source)], recursive=True, skipped={}, size=5)
        counts = [worker.score(piece) for piece in found]
    return sum(row["before"] + row["photos"] for row in counts)


@pytest.mark.parametrize("detector", ["none", "mtcnn"])
def test_figures_are_those_of_the_same_photos_on_one_machine(
    detector: str, labelled: Path, tmp_path: Path
) -> None:
    setup, out = Setup.of("ferplus", detector=detector), tmp_path / "out"
    photos = answered(setup, labelled, out)
    found = figures_of(setup, str(labelled), str(out), photos=photos, skipped={})
    expected = api.evaluate_photos("ferplus", labelled, detector=detector)
    for figures in (found, expected):
        del figures["measured"]
        figures["skipped"] = {photo["path"]: photo["reason"] for photo in figures["skipped"]}
        figures["unanswered"].sort(key=lambda photo: photo["path"])
        figures["wrong"].sort(key=lambda photo: photo["path"])
    assert found.pop("skipped").keys() >= {"sad/broken.jpg", "walls/0.png", "contempt/0.png"}
    del expected["skipped"]
    assert found == expected


def test_photos_that_are_gone_since_need_a_new_folder(labelled: Path, tmp_path: Path) -> None:
    setup, out = Setup.of("ferplus", detector="none"), tmp_path / "out"
    answered(setup, labelled, out)
    (labelled / "sad" / "0.png").unlink()
    photos = answered(setup, labelled, out)
    with pytest.raises(ResultsError, match="are gone from"):
        figures_of(setup, str(labelled), str(out), photos=photos, skipped={})


def test_photos_without_labels_are_an_error(labelled: Path, tmp_path: Path) -> None:
    setup, out = Setup.of("ferplus", detector="none"), tmp_path / "out"
    photos = answered(setup, labelled / "walls", out)
    with pytest.raises(DatasetError, match="has a label and an answer"):
        figures_of(setup, str(labelled), str(out), photos=photos, skipped={})
