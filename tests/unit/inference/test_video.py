import csv
import threading
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from fer.errors import DetectorError, ResultsError, VideoError
from fer.inference.annotated_video import annotate, check_target
from fer.inference.predictor import Predictor
from fer.inference.video import VideoFile
from fer.inference.video_csv import analyse_to_csv
from fer.models.model import Model

FRAMES, FPS = 40, 10
Draw = Callable[..., np.ndarray]


def write_film(path: Path, frames: list[np.ndarray], **options: str) -> Path:
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("libx264", rate=FPS, options={"g": "10"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory, square_frame: Draw) -> Path:
    """A square that moves to the right for four seconds."""
    frames = [square_frame(20 + 2 * i) for i in range(FRAMES)]
    return write_film(tmp_path_factory.mktemp("film") / "film.mp4", frames, movflags="faststart")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_film_gives_its_frames_with_their_times(film: Path) -> None:
    with VideoFile(film) as video:
        assert (video.fps, video.duration_s, video.frames_planned) == (FPS, 4.0, FRAMES)
        frames = [(frame.number, frame.at_s) for frame in video.frames(start=5, every=10)]
        assert video.problem is None
    assert frames == [(5, 0.5), (15, 1.5), (25, 2.5), (35, 3.5)]


def test_times_count_from_the_start_whatever_the_films_clock_says(
    film: Path, square_frame: Draw, square_predictor: Predictor, tmp_path: Path
) -> None:
    late = write_film(
        tmp_path / "late.ts", [square_frame(20 + 2 * i) for i in range(20)], output_ts_offset="1000"
    )
    with VideoFile(late) as video:
        assert [round(frame.at_s, 2) for frame in video.frames(every=5)] == [0.0, 0.5, 1.0, 1.5]
        assert video.problem is None
    with VideoFile(late) as video:
        pixels = video.frame_near(1.0)
    assert np.abs(pixels.astype(int) - square_frame(20 + 2 * 10)).mean() < 6
    joined = tmp_path / "joined.ts"
    joined.write_bytes(late.read_bytes() * 2)
    with VideoFile(joined) as video:
        times = [frame.at_s for frame in video.frames()]
    assert len(times) == 40
    np.testing.assert_allclose(np.diff(times), 1 / FPS, atol=0.02)
    analyse_to_csv(joined, square_predictor, tmp_path / "rows.csv", every=5)
    annotate(joined, tmp_path / "rows.csv", tmp_path / "marked.mp4")
    with VideoFile(tmp_path / "marked.mp4") as video:
        assert sum(1 for _ in video.frames()) == 40


def test_the_frame_at_a_moment_can_be_fetched(film: Path, square_frame: Draw) -> None:
    with VideoFile(film) as video:
        pixels = video.frame_near(2.5)
    assert np.abs(pixels.astype(int) - square_frame(20 + 2 * 25)).mean() < 6


def test_a_person_has_a_row_on_each_frame_with_the_same_number(
    film: Path, square_predictor: Predictor, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    report = analyse_to_csv(film, square_predictor, out)
    assert (report.frames, report.people, report.problem, report.stopped) == (40, 1, None, False)
    table = rows(out)
    assert [int(row["frame"]) for row in table] == list(range(FRAMES))
    assert {row["face"] for row in table} == {"1"}
    for row in table:
        assert int(row["x"]) == pytest.approx(20 + 2 * int(row["frame"]), abs=4)


def test_the_same_film_gives_the_same_rows_twice(
    film: Path, square_predictor: Predictor, tmp_path: Path
) -> None:
    texts = []
    for name in ("one.csv", "two.csv"):
        analyse_to_csv(film, square_predictor, tmp_path / name, every=2)
        texts.append((tmp_path / name).read_text())
    assert texts[0] == texts[1]


def test_stopped_work_goes_on_where_it_was_with_the_same_person(
    film: Path, square_predictor: Predictor, tmp_path: Path
) -> None:
    out, stop = tmp_path / "out.csv", threading.Event()

    def stop_at_ten(done: int, planned: int) -> None:
        if done == 10:
            stop.set()

    report = analyse_to_csv(film, square_predictor, out, progress=stop_at_ten, stop=stop)
    assert (report.frames, report.stopped) == (10, True)
    report = analyse_to_csv(film, square_predictor, out)
    assert (report.before, report.frames, report.people) == (9, 31, 1)  # the last is done again
    assert [int(row["frame"]) for row in rows(out)] == list(range(FRAMES))
    with pytest.raises(ResultsError, match="every 1"):
        analyse_to_csv(film, square_predictor, out, every=3)


def test_a_film_that_is_cut_short_gives_what_there_is_and_says_where_it_ends(
    film: Path, square_predictor: Predictor, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.mp4"
    data = film.read_bytes()
    cut.write_bytes(data[: len(data) * 6 // 10])
    report = analyse_to_csv(cut, square_predictor, tmp_path / "out.csv")
    assert 5 < report.frames < FRAMES
    assert report.problem is not None
    assert " s" in report.problem


def test_what_is_no_film_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no film")
    for name in ("text.mp4", "gone.mp4"):
        with pytest.raises(VideoError, match=name):
            VideoFile(tmp_path / name)


def test_a_film_needs_a_detector_and_says_so_before_a_file_is_begun(
    film: Path, tiny_model: Model, tmp_path: Path
) -> None:
    with pytest.raises(DetectorError, match="detector auto"):
        analyse_to_csv(film, Predictor(tiny_model, None), tmp_path / "rows.csv")
    assert not (tmp_path / "rows.csv").exists()


def test_the_annotated_film_shows_the_box_and_keeps_length_and_size(
    film: Path, square_predictor: Predictor, tmp_path: Path, square_frame: Draw
) -> None:
    table, out = tmp_path / "out.csv", tmp_path / "marked.mp4"
    analyse_to_csv(film, square_predictor, table, every=2)
    annotate(film, table, out)
    with VideoFile(out) as video:
        frames = list(video.frames())
    assert len(frames) == FRAMES
    assert frames[-1].at_s == pytest.approx(3.9, abs=0.01)
    plain = square_frame(20).astype(int)
    assert frames[0].pixels.shape == plain.shape
    assert np.abs(frames[0].pixels - plain).max(axis=2)[:110].mean() > 3
    assert [path.name for path in tmp_path.glob(".*part*")] == []


def test_the_annotated_film_never_takes_the_place_of_the_film_or_its_rows(
    film: Path, tmp_path: Path
) -> None:
    source, table, link = tmp_path / "film.mp4", tmp_path / "film.csv", tmp_path / "link.mp4"
    source.write_bytes(film.read_bytes())
    table.write_text("frame\n")
    link.symlink_to(source)
    for out in (source, link, table):
        with pytest.raises(VideoError, match="Choose another name"):
            annotate(source, table, out)
    assert source.read_bytes() == film.read_bytes()
    assert table.read_text() == "frame\n"
    for out in (tmp_path, tmp_path / "gone" / "out.mp4"):
        with pytest.raises(VideoError, match="cannot be written"):
            check_target(out, source=source, results=table)


def test_a_film_whose_name_has_two_lines_can_be_gone_on_with(
    film: Path, square_predictor: Predictor, tmp_path: Path
) -> None:
    source, table = tmp_path / "two\nlines.mp4", tmp_path / "out.csv"
    source.write_bytes(film.read_bytes())
    analyse_to_csv(source, square_predictor, table, every=8)
    assert analyse_to_csv(source, square_predictor, table, every=8).before == FRAMES // 8 - 1
