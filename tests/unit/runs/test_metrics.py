import json
from pathlib import Path

from fer.runs.metrics import METRICS_FILE, read_metrics


def test_an_incomplete_line_of_metrics_is_skipped(tmp_path: Path) -> None:
    row = {"kind": "step", "epoch": 1, "step": 1}
    (tmp_path / METRICS_FILE).write_text(json.dumps(row) + "\n" + json.dumps(row)[:9])
    assert read_metrics(tmp_path) == [row]
    (tmp_path / METRICS_FILE).write_text("nonsense\n[1]\n" + json.dumps(row) + "\n")
    assert read_metrics(tmp_path) == [row]
