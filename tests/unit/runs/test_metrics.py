import csv
import json
import math
from pathlib import Path

import pandas as pd
import pytest

from fer import runs
from fer.runs.metrics import METRICS_FILE, curves_csv, read_curves, read_metrics, smoothed
from fer.training.config import TrainingConfig

NUMBERS = {"epoch": 1, "loss": 2.0, "accuracy": 0.5}
STEP = {"kind": "step", "step": 200, "learning_rate": 0.1, **NUMBERS}
EPOCH = {
    "kind": "epoch", "val_loss": 1.2, "val_accuracy": 0.4, "recall": {"happy": 0.5, "sad": 0.5},
    "confusion": [[1, 1], [1, 1]], **NUMBERS,
}  # fmt: skip


def test_an_incomplete_line_of_metrics_is_skipped(tmp_path: Path) -> None:
    row = STEP
    (tmp_path / METRICS_FILE).write_text(json.dumps(row) + "\n" + json.dumps(row)[:9])
    assert read_metrics(tmp_path) == ([row], [])
    damaged = (
        *("nonsense", "[1]", "2", '"epoch"', '{"kind": "step"}', '{"epoch": 1, "kind": [1]}'),
        *(json.dumps(EPOCH | {"confusion": "none"}), json.dumps(STEP | {"loss": "low"})),
    )
    lines = (*damaged, json.dumps(row))
    (tmp_path / METRICS_FILE).write_text("".join(f"{line}\n" for line in lines))
    assert read_metrics(tmp_path) == ([row], [])


def test_a_loss_that_is_no_number_any_more_is_kept(tmp_path: Path) -> None:
    lines = [json.dumps(row | {"loss": float("nan")}) for row in (STEP, EPOCH)]
    (tmp_path / METRICS_FILE).write_text("".join(f"{line}\n" for line in lines))
    [[step], [epoch]] = read_metrics(tmp_path)
    assert math.isnan(step["loss"])
    assert math.isnan(epoch["loss"])


def test_the_metrics_of_a_run_that_has_not_begun_are_empty(tmp_path: Path) -> None:
    assert read_metrics(tmp_path) == ([], [])


def a_run(*rows: dict[str, object]) -> runs.Run:
    run = runs.create(TrainingConfig())
    run.write_status(**run.stored_status(), batches=400)
    (run.folder / METRICS_FILE).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return run


def test_a_step_in_the_first_epoch_lies_at_its_part_of_the_epoch() -> None:
    steps, epochs = read_curves(a_run(STEP | {"step": 100}))
    assert steps["at"].tolist() == [0.25]
    assert epochs.empty


def test_smoothing_weighs_the_past_and_begins_with_the_first_value() -> None:
    # As TensorBoard does: (0.5 × 0.5 × 0 + 0.5 × 8) / (1 - 0.5²)
    assert smoothed(pd.Series([0.0, 8.0]), 0.5).tolist() == pytest.approx([0, 16 / 3])
    assert smoothed(pd.Series([0.0, 8.0]), 0.0).tolist() == [0, 8]


def test_a_spreadsheet_takes_no_name_of_a_run_for_a_formula() -> None:
    run = a_run(STEP)
    [row] = csv.DictReader(curves_csv({"=1+1": run}).splitlines())
    assert row["run"] == "'=1+1"


def test_the_curves_of_several_runs_are_one_table() -> None:
    one = a_run(STEP, EPOCH)
    rows = list(
        csv.DictReader(curves_csv({"one": one, "two": a_run(STEP), "none": a_run()}).splitlines())
    )
    assert [(row["run"], row["kind"], row["epoch"], row["val_loss"]) for row in rows] == [
        ("one", "step", "0.5", ""), ("one", "epoch", "1.0", "1.2"), ("two", "step", "0.5", ""),
    ]  # fmt: skip
