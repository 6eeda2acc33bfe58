import json
from pathlib import Path

from fer.runs.metrics import METRICS_FILE, read_metrics


def test_an_incomplete_line_of_metrics_is_skipped(tmp_path: Path) -> None:
    row = {"kind": "step", "epoch": 1, "step": 1}
    (tmp_path / METRICS_FILE).write_text(json.dumps(row) + "\n" + json.dumps(row)[:9])
    assert read_metrics(tmp_path) == ([row], [])
    damaged = ("nonsense", "[1]", "2", '"epoch"', '{"kind": "step"}', '{"epoch": 1, "kind": [1]}')
    lines = (*damaged, json.dumps(row))
    (tmp_path / METRICS_FILE).write_text("".join(f"{line}\n" for line in lines))
    assert read_metrics(tmp_path) == ([row], [])


def test_the_metrics_of_a_run_that_has_not_begun_are_empty(tmp_path: Path) -> None:
    assert read_metrics(tmp_path) == ([], [])
