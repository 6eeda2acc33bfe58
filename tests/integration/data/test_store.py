import os
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

from fer.data import load_dataset

PICTURES = 3000


def test_a_build_that_is_killed_leaves_nothing_that_is_read(tmp_path: Path, own_home: Path) -> None:
    folder = tmp_path / "set" / "train" / "happy"
    folder.mkdir(parents=True)
    face = tmp_path / "face.png"
    Image.new("L", (12, 12), 9).save(face)
    for number in range(PICTURES):
        os.link(face, folder / f"{number}.png")
    root, shape = tmp_path / "set", {"height": 128, "width": 128, "validation_fraction": 0}
    code = f"import fer; fer.load_dataset({str(root)!r}, **{shape})"
    child = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 60
    while not list(own_home.rglob("building*/*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.005)
    child.kill()
    child.wait()
    assert list(own_home.rglob("building*/*.parquet"))
    reports: list[int] = []
    dataset = load_dataset(
        root,
        height=128,
        width=128,
        validation_fraction=0,
        progress=lambda done, _: reports.append(done),
    )
    assert len(dataset) == PICTURES
    assert (dataset.pixels == 9).all()
    assert not reports or min(reports) > 900
    assert not list(own_home.rglob("building*"))
