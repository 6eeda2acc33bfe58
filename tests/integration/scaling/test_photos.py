import io
import os
import signal
from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fer.inference.folders import predict_to_csv
from fer.scaling.photos import Scorer, predict_to_parquet
from fer.scaling.results import ResultFolder
from fer.scaling.setup import Setup
from fer.scaling.sources import pieces

PHOTOS = 240
MakeFaces = Callable[..., Path]


@pytest.fixture(scope="module")
def ferplus() -> Setup:
    return Setup.of("ferplus", detector="none")


@pytest.fixture
def photos(make: MakeFaces) -> Path:
    """A folder of photos, one of them broken, and a table with more of them."""
    folder = make(*[f"{number:03}.png" for number in range(PHOTOS - 41)])
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 no")
    more = make(*[f"{number}.png" for number in range(40)], root=folder.parent / "more")
    files = sorted(more.iterdir())
    pq.write_table(
        pa.table(
            {"path": [file.name for file in files], "photo": [file.read_bytes() for file in files]}
        ),
        folder / "more.parquet",
    )
    return folder


def rows(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder).sort_values("file", ignore_index=True)


def test_a_killed_worker_and_a_killed_node_lose_nothing_and_double_nothing(
    three_nodes: Any, ferplus: Setup, photos: Path, tmp_path: Path
) -> None:
    killed: list[str] = []

    def kill(done: int, planned: int) -> None:
        if done >= planned / 6 and not killed:
            killed.append("worker")
            os.kill(a_worker(), signal.SIGKILL)
        elif done >= planned / 3 and len(killed) == 1:
            killed.append("node")
            three_nodes.remove_node(next(iter(three_nodes.worker_nodes)), allow_graceful=False)

    report = predict_to_parquet(
        ferplus, [str(photos)], str(tmp_path / "out"), piece=8, progress=kill
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


def check_like_csv(table: pd.DataFrame, ferplus: Setup, photos: Path, tmp_path: Path) -> None:
    predict_to_csv(ferplus.load(), [photos], tmp_path / "out.csv")
    expected = pd.read_csv(tmp_path / "out.csv").sort_values("file", ignore_index=True)
    assert list(table.columns) == list(expected.columns)
    as_text = pd.read_csv(io.StringIO(table.to_csv(index=False)))
    columns = [name for name in expected if name != "error"]  # which calls bytes "the image"
    pd.testing.assert_frame_equal(as_text[columns], expected[columns])


def a_worker() -> int:
    """The process of a worker that scores."""
    titles = {
        int(file.parent.name): file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline")
    }
    return next(process for process, title in titles.items() if b"ray::MapWorker" in title)


def test_work_resumes_by_content_whatever_came_or_changed_meanwhile(
    ferplus: Setup, photos: Path, make: MakeFaces, tmp_path: Path
) -> None:
    out = tmp_path / "out"

    def score(*, most: int | None = None) -> Counter[str]:
        folder, counts = ResultFolder(str(out)), Counter[str]()
        with folder.claimed(ferplus.names):
            worker = Scorer(ferplus, folder.url, [folder.done()])
            found = pieces([str(photos)], recursive=False, skipped={}, most=16)
            for piece in islice(found, most):
                [row] = worker(piece).to_pylist()
                counts.update(row)
        return counts

    assert score(most=5) == {"before": 0, "photos": 80, "faces": 80, "failed": 0}
    make("0.png", "new.png", root=photos)  # all pieces are others now
    (photos / "050.png").write_bytes((photos / "new.png").read_bytes())
    counts = score()
    assert (counts["before"], counts["photos"]) == (79, PHOTOS + 2 - 79)
    twice = rows(out)["file"].value_counts()
    assert list(twice[twice > 1].index) == [str(photos / "050.png")], "its old row stays"
    assert len(twice) == PHOTOS + 2
    assert score()["photos"] == 0
