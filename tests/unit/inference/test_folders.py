import csv
import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer.errors import ResultsError, UnreadableImageError
from fer.inference.folders import photos_among, predict_to_csv
from fer.inference.predictor import Predictor
from fer.models.model import Model


@pytest.fixture
def photos(tmp_path: Path, square_frame: Callable[..., np.ndarray]) -> Path:
    folder = tmp_path / "photos"
    (folder / "inner").mkdir(parents=True)
    for number in range(5):
        cv2.imwrite(str(folder / f"{number}.png"), square_frame(20 + number))
    cv2.imwrite(str(folder / "inner" / "wall.png"), square_frame())
    (folder / "inner" / "broken.jpg").write_bytes(b"\xff\xd8 no")
    (folder / "notes.txt").write_text("not a picture")
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_photo_has_its_rows_and_a_bad_one_has_its_reason(
    photos: Path, square_predictor: Predictor, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    report = predict_to_csv(square_predictor, [photos], out, recursive=True)
    assert (report.photos, report.faces, report.failed, report.stopped) == (7, 5, 1, False)
    table = {Path(row["file"]).name: row for row in rows(out)}
    assert (table["2.png"]["face"], table["2.png"]["x"]) == ("1", "22")
    assert float(table["2.png"]["confidence"]) == pytest.approx(
        max(float(table["2.png"][f"p_{label}"]) for label in square_predictor.card.labels)
    )
    assert (table["wall.png"]["face"], table["wall.png"]["error"]) == ("", "")
    assert {row["detector"] for row in table.values()} == {"square"}
    assert "broken.jpg" in table["broken.jpg"]["error"]
    again = predict_to_csv(square_predictor, [photos], out, recursive=True)
    assert again.failed == 1  # what failed before still counts


def test_results_of_another_detector_are_not_resumed(
    photos: Path, square_predictor: Predictor, tiny_model: Model, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    predict_to_csv(square_predictor, [photos], out)
    with pytest.raises(ResultsError, match="of the detector 'square', not of 'none'"):
        predict_to_csv(Predictor(tiny_model, None), [photos], out)


def test_the_answers_are_those_of_one_photo_at_a_time(
    photos: Path, square_predictor: Predictor
) -> None:
    files = photos_among([photos]).files
    together = list(square_predictor.predict_many(files))
    for file, found in zip(files, together, strict=True):
        [face], [alone] = found.faces, square_predictor.predict(file).faces
        assert face.box == alone.box
        assert list(face.probabilities.values()) == pytest.approx(
            list(alone.probabilities.values()), abs=1e-5
        )


def test_resumed_work_ends_like_uninterrupted_work(
    photos: Path, square_predictor: Predictor, tmp_path: Path
) -> None:
    whole, out, stop = tmp_path / "whole.csv", tmp_path / "out.csv", threading.Event()
    predict_to_csv(square_predictor, [photos], whole)

    first = predict_to_csv(square_predictor, [photos / f"{n}.png" for n in range(4)], out)
    stop.set()
    none = predict_to_csv(square_predictor, [photos], out, stop=stop)
    assert (first.photos, none.photos, none.stopped) == (4, 0, True)
    again = predict_to_csv(square_predictor, [photos], out)
    assert again.before + again.photos == 5
    assert again.photos < 5
    assert out.read_text() == whole.read_text()


def test_progress_counts_to_the_end(
    photos: Path, square_predictor: Predictor, tmp_path: Path
) -> None:
    seen: list[tuple[int, int]] = []
    predict_to_csv(
        square_predictor,
        [photos],
        tmp_path / "out.csv",
        progress=lambda done, planned: seen.append((done, planned)),
    )
    assert seen == [(done, 5) for done in range(1, 6)]


def test_a_folder_without_photos_is_an_error_that_names_the_option(
    square_predictor: Predictor, tmp_path: Path
) -> None:
    with pytest.raises(UnreadableImageError, match="--recursive"):
        predict_to_csv(square_predictor, [tmp_path], tmp_path / "out.csv")


def test_bad_files_with_odd_names_keep_their_rows_when_work_resumes(
    photos: Path, square_predictor: Predictor, tmp_path: Path
) -> None:
    odd = [photos / "two\nlines.jpg", photos / "not\udcffutf8.jpg"]
    try:
        for file in odd:
            file.write_text("no picture")
    except OSError:
        pytest.skip("the file system does not take such names")
    out = tmp_path / "out.csv"
    for given in (odd, [*odd, photos / "0.png"], [*odd, photos / "0.png", photos / "1.png"]):
        predict_to_csv(square_predictor, given, out)
    names = [Path(row["file"]).name for row in rows(out)]
    assert names == ["two\\nlines.jpg", "not\\xffutf8.jpg", "0.png", "1.png"]


def test_a_name_like_a_formula_is_no_formula_in_the_table_and_resumes(
    photos: Path, square_predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos)
    (photos / "0.png").rename("=1+1.png")
    out = tmp_path / "out.csv"
    for given in (["=1+1.png"], ["=1+1.png", "1.png"]):
        predict_to_csv(square_predictor, map(Path, given), out)
    lines = out.read_text().splitlines()
    assert [line.partition(",")[0] for line in lines] == ["file", "'=1+1.png", "1.png"]


def test_what_is_no_photo_is_listed_and_what_systems_leave_behind_is_not(photos: Path) -> None:
    (photos / "._0.png").write_bytes(b"\0\5\x16\7")
    (photos / "__MACOSX").mkdir()
    (photos / "__MACOSX" / "._1.png").write_bytes(b"\0\5\x16\7")
    (photos / "Thumbs.db").write_bytes(b"\xd0\xcf")
    found = photos_among([photos])
    assert [file.name for file in found.files] == [f"{number}.png" for number in range(5)]
    assert found.skipped == {
        photos / "notes.txt": "text",
        photos / "inner": "a subfolder, which --recursive reads",
    }
    assert photos_among([photos], recursive=True).skipped == {photos / "notes.txt": "text"}


def test_a_photo_is_known_by_its_content_whatever_its_name(photos: Path) -> None:
    for name in ("subject01.happy", "scan"):
        (photos / name).write_bytes((photos / "0.png").read_bytes())
    names = [file.name for file in photos_among([photos]).files]
    assert names[-2:] == ["scan", "subject01.happy"]


def test_a_folder_without_photos_is_an_error_that_names_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no photo")
    with pytest.raises(UnreadableImageError, match=r"1 file not read: .*notes\.txt is text"):
        photos_among([tmp_path])


def test_folders_in_folders_without_end_are_named_and_not_searched(tmp_path: Path) -> None:
    for depth, name in ((100, "deep"), (150, "too-deep")):
        folder = tmp_path.joinpath(*["x"] * depth)
        folder.mkdir(parents=True)
        cv2.imwrite(str(folder / f"{name}.png"), np.zeros((20, 20), np.uint8))
    found = photos_among([tmp_path], recursive=True)
    assert [file.name for file in found.files] == ["deep.png"]
    assert [*found.skipped.values()] == ["a folder inside 100 others"]
