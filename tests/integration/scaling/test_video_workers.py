import json
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from fer.inference.sample_video import draw_sample
from fer.scaling.results import ResultFolder
from fer.scaling.setup import Setup
from fer.scaling.video_pieces import VideoPiece
from fer.scaling.video_workers import Analyst, Job, join, plan


@pytest.fixture
def job(tmp_path: Path) -> Job:
    setup = Setup.of("ferplus", detector="mtcnn")
    return Job(setup=setup, out=f"{tmp_path}/out", every=12, least=1)


@pytest.fixture
def video(tmp_path: Path) -> str:
    (tmp_path / "one.mp4").write_bytes(draw_sample(keyframe_every=20))
    return f"file://{tmp_path}/one.mp4"


def work(url: str, key: str, piece: VideoPiece | None) -> pa.Table:
    return pa.Table.from_pylist(
        [{"url": url, "key": key, "piece": json.dumps(asdict(piece)) if piece else ""}]
    )


def test_a_piece_that_does_not_fit_the_video_is_told_from_a_good_one(video: str, job: Job) -> None:
    found = plan(video, job)
    first, second, *_ = (VideoPiece(**piece) for piece in found["pieces"])
    analyst = Analyst(job)
    wrong = replace(first, end_pts=int(first.end_pts or 0) + 1)
    [bad] = analyst(work(video, found["key"], wrong)).to_pylist()
    assert not bad["is_good"]
    assert "another than" in bad["problem"]
    for piece in (first, replace(second, end=None, end_pts=None)):
        [good] = analyst(work(video, found["key"], piece)).to_pylist()
        assert good["is_good"]
    assert not join(video, found["key"], [first.first, second.first], job)
    assert "gives another frame" in join(video, found["key"], [first.first] * 2, job)


def test_a_video_that_is_not_cut_is_analysed_by_one_worker(video: str, job: Job) -> None:
    [done] = Analyst(job)(work(video, "one", None)).to_pylist()
    assert done == {"key": "one", "is_good": True, "problem": ""}
    assert list(pd.read_parquet(job.out)["frame"].unique()) == list(range(0, 96, 12))
    assert ResultFolder(job.out).has("one.parquet")


def test_what_is_no_video_is_planned_with_the_reason(tmp_path: Path, job: Job) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    assert "is a text file" in plan(f"file://{tmp_path}/bad.mp4", job)["problem"]
