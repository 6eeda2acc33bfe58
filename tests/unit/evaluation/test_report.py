import json
import re
from pathlib import Path

import pytest

from fer.data import Dataset
from fer.errors import FerError
from fer.evaluation.evaluate import figures
from fer.evaluation.predictions import predictions
from fer.evaluation.report import full_figures, write_report
from fer.nets.artefact import Artefact


def test_a_report_holds_all_of_it_and_needs_nothing_else(
    tiny_artefact: Artefact, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    table = predictions(tiny_artefact, tiny_dataset, "all")
    measured = figures(table)
    file = tmp_path / "report.html"
    write_report(full_figures(table, tiny_dataset, measured), tiny_artefact.card, file)
    page = file.read_text(encoding="utf-8")
    for part in ("Confusion matrix", "Classes", "Calibration", "Slices", "label errors"):
        assert part in page
    assert f"{measured['accuracy']:.1%}" in page
    assert "The model was trained on these faces" in page
    assert not re.search(r"(src|href)=|@import|url\(", page)
    kept = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert kept["accuracy"] == measured["accuracy"]
    assert sum(row["images"] for row in kept["reliability"]) == len(tiny_dataset)
    assert {"coverage", "slices", "label_errors", "leak_free", "ece"} <= kept.keys()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]


@pytest.mark.parametrize("name", ["report.txt", "gone/report.html"])
def test_an_impossible_place_is_a_sentence(name: str, tmp_path: Path) -> None:
    from fer.evaluation.report import check_target

    with pytest.raises(FerError, match=r"must end in \.html|folder that is there"):
        check_target(tmp_path / name)
