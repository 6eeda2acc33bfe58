from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pandas as pd

from fer.scaling.photo_results import PhotoResults
from fer.scaling.photos import Scorer
from fer.scaling.setup import Setup
from fer.scaling.sources import pieces


def test_work_resumes_by_content_whatever_came_or_changed_meanwhile(
    ferplus: Setup, photos: Path, make: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"

    def score(*, most: int | None = None) -> Counter[str]:
        folder, counts = PhotoResults(str(out)), Counter[str]()
        with folder.claimed(ferplus.names):
            worker = Scorer(ferplus, folder.url, [folder.done()])
            found = pieces([str(photos)], recursive=False, skipped={}, size=16)
            changed = b""
            for piece in islice(found, most):
                scored = worker.score(piece)
                changed += scored.pop("changed")
                counts.update(scored)
            folder.drop_outdated(changed)
        return counts

    assert score(most=5) == {"before": 0, "photos": 80, "faces": 80, "failed": 0}
    make("0.png", "new.png", root=photos)  # all pieces are others now
    (photos / "050.png").write_bytes((photos / "new.png").read_bytes())
    counts = score()
    assert (counts["before"], counts["photos"]) == (79, 242 - 79)
    table = pd.read_parquet(out)
    assert len(table) == 242
    assert table["file"].is_unique
    assert score()["photos"] == 0


def test_a_photo_that_cannot_be_read_for_a_while_keeps_its_rows(
    ferplus: Setup, make: Callable[..., Path], tmp_path: Path
) -> None:
    photo, out = make("a.png") / "a.png", tmp_path / "out"

    def score() -> tuple[int, int, int]:
        worker = Scorer(ferplus, str(out), [PhotoResults(str(out)).done()])
        [piece] = pieces([str(photo)], recursive=False, skipped={})
        counts = worker.score(piece)
        PhotoResults(str(out)).drop_outdated(counts["changed"])
        return counts["before"], counts["photos"], counts["failed"]

    with PhotoResults(str(out)).claimed(ferplus.names):
        assert score() == (0, 1, 0)
        photo.rename(tmp_path / "away.png")
        assert score() == (1, 0, 0)
        (tmp_path / "away.png").rename(photo)
        assert score() == (1, 0, 0)
    assert pd.read_parquet(out)["error"].isna().all()
