import csv
import threading
from pathlib import Path

import pytest

from fer.errors import DetectorError, ResultsError
from fer.inference.predictor import Predictor
from fer.inference.video_csv import analyse_to_csv
from fer.models.model import Model

FRAMES = 40


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_person_has_a_row_on_each_frame_with_the_same_number(
    video_file: Path, square_predictor: Predictor, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    report = analyse_to_csv(video_file, square_predictor, out)
    assert (report.frames, report.people, report.problem, report.stopped) == (40, 1, None, False)
    table = rows(out)
    assert [int(row["frame"]) for row in table] == list(range(FRAMES))
    assert {row["face"] for row in table} == {"1"}
    for row in table:
        assert int(row["x"]) == pytest.approx(20 + 2 * int(row["frame"]), abs=4)


def test_the_same_video_gives_the_same_rows_twice(
    video_file: Path, square_predictor: Predictor, tmp_path: Path
) -> None:
    texts = []
    for name in ("one.csv", "two.csv"):
        analyse_to_csv(video_file, square_predictor, tmp_path / name, every=2)
        texts.append((tmp_path / name).read_text())
    assert texts[0] == texts[1]


def test_stopped_work_resumes_where_it_was_with_the_same_person(
    video_file: Path, square_predictor: Predictor, tmp_path: Path
) -> None:
    out, stop = tmp_path / "out.csv", threading.Event()

    def stop_at_ten(done: int, planned: int) -> None:
        if done == 10:
            stop.set()

    report = analyse_to_csv(video_file, square_predictor, out, progress=stop_at_ten, stop=stop)
    assert (report.frames, report.stopped) == (10, True)
    report = analyse_to_csv(video_file, square_predictor, out)
    assert (report.before, report.frames, report.people) == (9, 31, 1)  # the last is done again
    assert [int(row["frame"]) for row in rows(out)] == list(range(FRAMES))
    with pytest.raises(ResultsError, match="every 1"):
        analyse_to_csv(video_file, square_predictor, out, every=3)


def test_a_truncated_video_gives_the_frames_there_are_and_states_where_it_ends(
    video_file: Path, square_predictor: Predictor, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.mp4"
    data = video_file.read_bytes()
    cut.write_bytes(data[: len(data) * 6 // 10])
    report = analyse_to_csv(cut, square_predictor, tmp_path / "out.csv")
    assert 5 < report.frames < FRAMES
    assert report.problem is not None
    assert " s" in report.problem


def test_a_video_needs_a_detector_which_is_checked_before_a_file_is_created(
    video_file: Path, tiny_model: Model, tmp_path: Path
) -> None:
    with pytest.raises(DetectorError, match="detector auto"):
        analyse_to_csv(video_file, Predictor(tiny_model, None), tmp_path / "rows.csv")
    assert not (tmp_path / "rows.csv").exists()


def test_a_video_whose_name_has_two_lines_can_be_resumed(
    video_file: Path, square_predictor: Predictor, tmp_path: Path
) -> None:
    source, table = tmp_path / "two\nlines.mp4", tmp_path / "out.csv"
    source.write_bytes(video_file.read_bytes())
    analyse_to_csv(source, square_predictor, table, every=8)
    assert analyse_to_csv(source, square_predictor, table, every=8).before == FRAMES // 8 - 1


def test_a_file_of_a_version_without_reliability_is_refused_with_the_column(
    video_file: Path, square_predictor: Predictor, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    analyse_to_csv(video_file, square_predictor, out, every=8)
    now = ",".join(("reliable", "unreliable_because"))
    out.write_text(out.read_text().replace(f",{now}", "").replace(",true,", ""))
    with pytest.raises(ResultsError, match="has no column 'reliable'"):
        analyse_to_csv(video_file, square_predictor, out, every=8)
