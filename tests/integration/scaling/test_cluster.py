import io
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pandas as pd

from fer import models
from fer.inference.folders import predict_to_csv
from fer.inference.sample_video import draw_sample
from fer.inference.video_csv import analyse_to_csv
from fer.scaling.faces import RayModel
from fer.scaling.photos import predict_to_parquet
from fer.scaling.setup import Setup
from fer.scaling.videos import videos_to_parquet

PHOTOS = 240
MakeFaces = Callable[..., Path]


def rows(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder).sort_values("file", ignore_index=True)


def test_a_killed_worker_and_a_killed_node_lose_nothing_and_double_nothing(
    three_nodes: Any, ferplus: Setup, photos: Path, tmp_path: Path
) -> None:
    killed: list[str] = []

    def kill(done: int, planned: int) -> None:
        if done >= planned / 6 and not killed:
            killed.append("worker")
            os.kill(a_worker(three_nodes), signal.SIGKILL)
        elif done >= planned / 3 and len(killed) == 1:
            killed.append("node")
            three_nodes.remove_node(next(iter(three_nodes.worker_nodes)), allow_graceful=False)

    report = predict_to_parquet(
        ferplus, [str(photos)], str(tmp_path / "out"), size=8, progress=kill
    )
    assert killed == ["worker", "node"]
    assert (report.photos, report.failed, report.stopped) == (PHOTOS, 1, False)
    table = rows(tmp_path / "out")
    assert len(table) == PHOTOS
    assert table["file"].is_unique
    [error] = table["error"].dropna()
    assert "damaged" in error
    again = predict_to_parquet(ferplus, [str(photos)], str(tmp_path / "out"))
    assert (again.before, again.photos) == (PHOTOS, 0)
    check_like_csv(table[table["file"].str.startswith("/")], ferplus, photos, tmp_path)


def test_a_photo_that_changed_has_the_rows_of_its_present_content_alone(
    three_nodes: Any, ferplus: Setup, make: MakeFaces, tmp_path: Path
) -> None:
    folder, out = make(*[f"{number}.png" for number in range(20)]), tmp_path / "out"
    lost = tmp_path / "lost.png"

    def predict() -> tuple[int, int, pd.DataFrame]:
        report = predict_to_parquet(ferplus, [str(folder), str(lost)], str(out), size=8)
        return report.before, report.photos, rows(out).set_index("file")

    before, new, first = predict()
    assert (before, new) == (0, 21)
    assert "no file" in first["error"][str(lost)]
    make("5.png", root=folder)
    make("lost.png", root=tmp_path)
    before, new, second = predict()
    assert (before, new) == (19, 2)
    assert sorted(second.index) == sorted(first.index)
    assert second["error"].isna().all()
    changed = second["p_happy"] != first["p_happy"]
    assert set(changed[changed].index) == {str(folder / "5.png"), str(lost)}


def check_like_csv(table: pd.DataFrame, ferplus: Setup, photos: Path, tmp_path: Path) -> None:
    predict_to_csv(ferplus.load(), [photos], tmp_path / "out.csv")
    expected = pd.read_csv(tmp_path / "out.csv").sort_values("file", ignore_index=True)
    assert list(table.columns) == list(expected.columns)
    as_text = pd.read_csv(io.StringIO(table.to_csv(index=False, float_format="%.4f")))
    columns = [name for name in expected if name != "error"]  # which calls bytes "the image"
    pd.testing.assert_frame_equal(as_text[columns], expected[columns])


def a_worker(cluster: Any) -> int:
    """A process of the cluster that answers photos; another cluster of this machine has others."""
    ours = {
        process.process.pid
        for node in cluster.list_all_nodes()
        for process in node.all_processes["raylet"]
    }
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            title = (folder / "cmdline").read_bytes()
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if b"ray::MapWorker" in title and parent in ours:
                return int(folder.name)
    raise AssertionError("no worker")


def test_a_video_in_pieces_has_the_rows_that_it_has_in_one(
    three_nodes: Any, tmp_path: Path
) -> None:
    setup = Setup.of("ferplus", detector="mtcnn")
    videos = tmp_path / "videos"
    videos.mkdir()
    (videos / "one.mp4").write_bytes(draw_sample(keyframe_every=20))
    (videos / "broken.mp4").write_bytes(b"no video")
    out, csv = tmp_path / "out", tmp_path / "one.csv"
    report = videos_to_parquet(setup, str(videos), str(out), every=3, least=6)
    assert (report.videos, report.before, list(report.problems)) == (1, 0, ["broken.mp4"])
    assert not (out / "_pieces").exists()
    analyse_to_csv(videos / "one.mp4", setup.load(), csv, every=3)
    as_text = pd.read_csv(io.StringIO(pd.read_parquet(out).to_csv(index=False)))
    pd.testing.assert_frame_equal(as_text, pd.read_csv(csv))
    assert videos_to_parquet(setup, f"{videos}/o*.mp4", str(out), every=3).before == 1


def test_videos_that_cannot_be_cut_have_the_rows_that_they_have_elsewhere(
    three_nodes: Any, tmp_path: Path
) -> None:
    setup = Setup.of("ferplus", detector="mtcnn")
    videos, out, csv = tmp_path / "videos", tmp_path / "out", tmp_path / "rows.csv"
    videos.mkdir()
    (videos / "seams.ts").write_bytes(with_seams_that_differ(draw_sample()))
    (videos / "short.mp4").write_bytes(draw_sample())
    seen: list[tuple[int, int]] = []
    report = videos_to_parquet(
        setup, str(videos), str(out), every=16, least=1, progress=lambda *done: seen.append(done)
    )
    assert (report.videos, report.problems) == (2, {})
    assert max(seen)[1] > 3, "the stream was cut first"
    assert seen[-2:] == [(1, 2), (2, 2)]
    for video in videos.iterdir():
        csv.unlink(missing_ok=True)
        analyse_to_csv(video, setup.load(), csv, every=16)
        [found] = out.glob(f"{video.stem}-*.parquet")
        as_text = pd.read_csv(io.StringIO(pd.read_parquet(found).to_csv(index=False)))
        pd.testing.assert_frame_equal(as_text, pd.read_csv(csv))
        assert len(as_text) >= 6


def with_seams_that_differ(video: bytes) -> bytes:
    """The video as an MPEG transport stream, whose frames follow from those before a keyframe."""
    stream = io.BytesIO()
    with av.open(io.BytesIO(video)) as source, av.open(stream, "w", format="mpegts") as target:
        shown = source.streams.video[0]
        written = target.add_stream("mpeg2video", rate=24, options={"g": "12", "bf": "2"})
        written.width, written.height, written.pix_fmt = shown.width, shown.height, "yuv420p"
        for number, frame in enumerate(source.decode(shown)):
            frame.pts, frame.time_base = number, Fraction(1, 24)
            target.mux(written.encode(frame))
        target.mux(written.encode())
    return stream.getvalue()


def test_faces_of_a_data_set_get_the_answers_that_they_get_here(three_nodes: Any) -> None:
    faces = np.random.default_rng(0).integers(0, 256, (1200, 48, 48, 1), dtype=np.uint8)
    model = RayModel.load("ferplus", form="litert")
    expected = models.load("ferplus", form="litert").uncalibrated(faces)
    np.testing.assert_allclose(model.uncalibrated(faces), expected, atol=1e-6)
    assert model.uncalibrated(faces[:0]).shape == (0, 7)
