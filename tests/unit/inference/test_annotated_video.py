from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer.errors import VideoError
from fer.inference.annotated_video import annotate, check_target
from fer.inference.predictor import Predictor
from fer.inference.video import VideoFile
from fer.inference.video_csv import analyse_to_csv

FRAMES = 40
Draw = Callable[..., np.ndarray]
WriteVideo = Callable[..., Path]


def test_the_annotated_video_shows_the_box_and_keeps_length_and_size(
    video_file: Path, square_predictor: Predictor, tmp_path: Path, square_frame: Draw
) -> None:
    table, out = tmp_path / "out.csv", tmp_path / "marked.mp4"
    analyse_to_csv(video_file, square_predictor, table, every=2)
    annotate(video_file, table, out)
    with VideoFile(out) as video:
        frames = list(video.frames())
    assert len(frames) == FRAMES
    assert frames[-1].at_s == pytest.approx(3.9, abs=0.01)
    plain = square_frame(20).astype(int)
    assert frames[0].pixels.shape == plain.shape
    assert np.abs(frames[0].pixels - plain).max(axis=2)[:110].mean() > 3
    assert {path.name for path in tmp_path.iterdir()} == {"out.csv", "marked.mp4"}


def test_the_annotated_video_never_replaces_the_video_or_its_rows(
    video_file: Path, tmp_path: Path
) -> None:
    source, table, link = tmp_path / "video.mp4", tmp_path / "video.csv", tmp_path / "link.mp4"
    source.write_bytes(video_file.read_bytes())
    table.write_text("frame\n")
    link.symlink_to(source)
    for out in (source, link, table):
        with pytest.raises(VideoError, match="Choose another name"):
            annotate(source, table, out)
    assert source.read_bytes() == video_file.read_bytes()
    assert table.read_text() == "frame\n"
    for out in (tmp_path, tmp_path / "gone" / "out.mp4"):
        with pytest.raises(VideoError, match="cannot be written"):
            check_target(out, source=source, results=table)


def test_a_place_in_a_folder_that_cannot_be_entered_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, **options: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", refuse)
    out = tmp_path / "closed" / "out.mp4"
    with pytest.raises(VideoError, match="there is no folder"):
        check_target(out, source=tmp_path / "in.mp4", results=tmp_path / "in.csv")


def test_a_video_whose_clock_restarts_is_annotated_to_its_end(
    write_video: WriteVideo, square_frame: Draw, square_predictor: Predictor, tmp_path: Path
) -> None:
    part = write_video(
        tmp_path / "part.ts", [square_frame(20 + 2 * i) for i in range(20)], output_ts_offset="1000"
    )
    joined, table, out = tmp_path / "joined.ts", tmp_path / "rows.csv", tmp_path / "marked.mp4"
    joined.write_bytes(part.read_bytes() * 2)
    analyse_to_csv(joined, square_predictor, table, every=5)
    annotate(joined, table, out)
    with VideoFile(out) as video:
        assert sum(1 for _ in video.frames()) == 40
