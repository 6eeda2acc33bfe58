"""Faces whose label is likely wrong, by confident learning (Northcutt et al. 2021)."""

from typing import Any

import numpy as np
import pandas as pd

from fer.evaluation.predictions import PredictionTable


def label_errors(table: PredictionTable) -> pd.DataFrame:
    """How likely each label is right.

    Most reliable on faces that the network was not trained on: a network that has memorised a
    wrong label does not doubt it.

    Returns:
        In the table's order: `label_quality` (0–1, low if the label is likely wrong) and
        `label_issue` (whether confident learning considers it wrong).
    """
    from cleanlab.filter import find_label_issues  # seconds to import
    from cleanlab.rank import get_label_quality_scores

    targets = table.targets
    present = np.unique(targets)
    if len(present) < 2:
        quality, issue = table.probabilities[:, present[0]], np.zeros(len(table), bool)
    else:
        # cleanlab wants every class to have a face.
        answers = table.probabilities[:, present].astype(np.float64)
        answers = (answers + 1e-12) / (answers + 1e-12).sum(axis=1, keepdims=True)
        given = np.searchsorted(present, targets)
        quality = get_label_quality_scores(given, answers)
        issue = find_label_issues(given, answers, n_jobs=1)
    return pd.DataFrame({"label_quality": quality, "label_issue": issue})


def listed_errors(table: PredictionTable, doubts: pd.DataFrame) -> list[dict[str, Any]]:
    """Faces whose label is likely wrong, the likeliest first; `doubts` are its `label_errors`.

    Returns:
        `path`, `label`, `predicted` and `label_quality` of each, and `by_hand`: what was annotated
        since, `excluded` or the label set by hand, "" for nothing.
    """
    rated = table.frame[["path", "label", "predicted"]].join(doubts)
    rated["by_hand"] = table.frame["label_by_hand"].where(~table.frame["excluded"], "excluded")
    issues = rated[rated["label_issue"]].sort_values("label_quality").drop(columns="label_issue")
    return [{str(name): value for name, value in row.items()} for row in issues.to_dict("records")]
