import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from plotly.offline import get_plotlyjs

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
    measured = {**figures(table), "comparison": compare(table, table)}
    file = tmp_path / "report.html"
    full = full_figures(tiny_model, tiny_dataset, table, measured)
    write_report(full, tiny_model.card, file)
    page = file.read_text(encoding="utf-8")
    parts = ("Confusion matrix", "Classes", "Calibration", "Accuracy by confidence", "Slices",
             "What the network relies on", "label errors", "Comparison with tiny")  # fmt: skip
    for part in parts:
        assert part in page
    assert f"{measured['accuracy']:.1%}" in page
    assert "The model was trained on these faces" in page
    assert "What the network relies on for happy" in page
    assert page.count(get_plotlyjs()) == 1
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert not re.search(r"(src|href)=\"(?!data:)|@import|url\(|<link", markup)
    assert not re.search(r"<script[^>]+src=", page)
    kept = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert kept["accuracy"] == measured["accuracy"]
    assert sum(row["images"] for row in kept["reliability"]) == len(tiny_dataset)
    assert {"coverage", "slices", "label_errors", "leak_free", "ece", "votes"} <= kept.keys()
    assert kept["attention"]["happy"]["images"] > 0
    assert np.shape(kept["attention"]["happy"]["heat"]) == (16, 16)
    assert kept["comparison"]["p_value"] == 1
    assert kept["ci95"].keys() >= {"balanced_accuracy", "ece", "macro_f1"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]


def test_names_that_look_like_html_stay_text(tiny_model: Model, tiny_dataset: Dataset) -> None:
    attack = "</script><img src=x onerror=alert(1)>"
    table = predictions(tiny_model, tiny_dataset, "test")
    table = replace(table, model=attack, dataset=attack)
    measured = {**figures(table), "comparison": compare(table, table)}
    full = full_figures(tiny_model, tiny_dataset, table, measured)
    full["label_errors"] = [
        {
            "path": attack,
            "label": attack,
            "predicted": attack,
            "label_quality": 0.1,
            "by_hand": attack,
        }
    ]
    full["slices"] = [
        {"by": attack, "value": attack, "images": 20, "accuracy": 0.5, "accuracy_ci95": [0.3, 0.7]}
    ]
    full["labels"] = [attack, "surprise"]
    full["per_class"] = {attack: full["per_class"]["happy"]}
    full["attention"] = {attack: full["attention"]["happy"]}
    page = html(full, replace(tiny_model.card, name=attack, created=attack, data={"name": attack}))
    assert "<img src=x" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") >= 12


@pytest.mark.parametrize("name", ["report.txt", "gone/report.html"])
def test_a_report_that_cannot_be_written_is_an_error(name: str, tmp_path: Path) -> None:
    from fer.evaluation.report import check_target

    with pytest.raises(FerError, match=r"must end in \.html|folder that exists"):
        check_target(tmp_path / name)


def test_a_network_without_convolutions_has_a_report_without_heat_maps(
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
    assert "Grad-CAM does not apply" in html(full, blind.card)
    assert "Comparison" not in html(full, blind.card)
