"""Read `metrics.jsonl`, even while it is being written."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

METRICS_FILE = "metrics.jsonl"

Rows = list[dict[str, Any]]


def read_metrics(folder: Path) -> tuple[Rows, Rows]:
    """The steps and the finished epochs of a run so far.

    An incomplete last line, still being written or cut off by a crash, is skipped.
    """
    rows: dict[str, Rows] = {"step": [], "epoch": []}
    with suppress(OSError, UnicodeDecodeError):
        text = (folder / METRICS_FILE).read_text(encoding="utf-8")
        for line in text.split("\n")[:-1]:
            with suppress(ValueError, TypeError, KeyError):  # it is no row
                if "epoch" in (row := json.loads(line)):
                    rows[row["kind"]].append(row)
    return rows["step"], rows["epoch"]
