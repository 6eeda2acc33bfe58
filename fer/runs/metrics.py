"""Read `metrics.jsonl`, even while it is being written."""

import json
from pathlib import Path
from typing import Any

METRICS_FILE = "metrics.jsonl"


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """The rows of a run so far, each with `kind` (`step` or `epoch`) and `epoch`.

    An incomplete last line, still being written or cut off by a crash, is skipped.
    """
    try:
        text = (folder / METRICS_FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    rows = []
    for line in text.split("\n")[:-1]:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and "kind" in row and "epoch" in row:
            rows.append(row)
    return rows


def epochs_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of finished epochs."""
    return [row for row in rows if row["kind"] == "epoch"]


def steps_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of steps."""
    return [row for row in rows if row["kind"] == "step"]
