from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pandas as pd

from fer.scaling.photos import Scorer
from fer.scaling.results import ResultFolder
from fer.scaling.setup import Setup
from fer.scaling.sources import pieces


def test_work_resumes_by_content_whatever_came_or_changed_meanwhile(
    ferplus: Setup, photos: Path, make: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"

    def score(*, most: int | None = None) -> Counter[str]:
        folder, counts = ResultFolder(str(out)), Counter[str]()
        with folder.claimed(ferplus.names):
            worker = Scorer(ferplus, folder.url, [folder.done()])
            found = pieces([str(photos)], recursive=False, skipped={}, size=16)
            for piece in islice(found, most):
                counts.update(worker.score(piece))
        return counts

    assert score(most=5) == {"before": 0, "photos": 80, "faces": 80, "failed": 0}
    make("0.png", "new.png", root=photos)  # all pieces are others now
    (photos / "050.png").write_bytes((photos / "new.png").read_bytes())
    counts = score()
    assert (counts["before"], counts["photos"]) == (79, 242 - 79)
    twice = pd.read_parquet(out)["file"].value_counts()
    assert list(twice[twice > 1].index) == [str(photos / "050.png")], "its old row stays"
    assert len(twice) == 242
    assert score()["photos"] == 0
