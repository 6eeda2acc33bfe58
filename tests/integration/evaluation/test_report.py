import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer.data import Dataset
from fer.errors import FerError
from fer.evaluation.comparison import compare
from fer.evaluation.figures import figures
from fer.evaluation.predictions import predictions
from fer.evaluation.report import full_figures, write_report
from fer.evaluation.report_html import html
from fer.models.model import Model


def test_a_report_holds_all_of_it_and_needs_nothing_else(
    tiny_model: Model, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    table = predictions(tiny_model, tiny_dataset, "all")
    measured = figures(table)
    file = tmp_path / "report.html"
    full = full_figures(tiny_model, tiny_dataset, table, measured, compare(table, table))
    write_report(full, tiny_model.card, file)
    page = file.read_text(encoding="utf-8")
    parts = ("Confusion matrix", "Classes", "Calibration", "Accuracy by confidence", "Slices",
             "Where it looks", "label errors", "Comparison with tiny")  # fmt: skip
    for part in parts:
        assert part in page
    assert f"{measured['accuracy']:.1%}" in page
    assert "The model was trained on these faces" in page
    assert "Where the network looks for happy" in page
    assert not re.search(r"(src|href)=\"(?!data:)|@import|url\(", page)
    kept = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert kept["accuracy"] == measured["accuracy"]
    assert sum(row["images"] for row in kept["reliability"]) == len(tiny_dataset)
    assert {"coverage", "slices", "label_errors", "leak_free", "ece", "votes"} <= kept.keys()
    assert kept["attention"]["happy"]["images"] > 0
    assert np.shape(kept["attention"]["happy"]["heat"]) == (16, 16)
    assert kept["comparison"]["p_value"] == 1
    assert kept["ci95"].keys() >= {"roc_auc", "ece", "macro_f1"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]


@pytest.mark.parametrize("name", ["report.txt", "gone/report.html"])
def test_an_impossible_place_is_a_sentence(name: str, tmp_path: Path) -> None:
    from fer.evaluation.report import check_target

    with pytest.raises(FerError, match=r"must end in \.html|folder that is there"):
        check_target(tmp_path / name)


def test_a_network_without_places_has_a_report_without_them(
    tiny_model: Model, tiny_dataset: Dataset
) -> None:
    import keras

    flat = keras.Sequential(
        [keras.Input((24, 24, 1)), keras.layers.Flatten(), keras.layers.Dense(2, "softmax")]
    )
    blind = replace(tiny_model, open_network=lambda: flat)
    table = predictions(tiny_model, tiny_dataset, "test")
    full = full_figures(blind, tiny_dataset, table, figures(table))
    assert full["attention"] == {}
    assert "no places to show" in html(full, blind.card)
    assert "Comparison" not in html(full, blind.card)
