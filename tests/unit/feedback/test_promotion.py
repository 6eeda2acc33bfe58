import json
from pathlib import Path
from typing import Any

import pytest

from fer import models
from fer.feedback import promotion
from fer.feedback.promotion import FROZEN, HELD_OUT, PHOTOS, SINCE, is_better, refusals
from fer.runs.run import Run

HELD = {
    "difference": -0.02, "difference_ci95": [-0.05, 0.01],
    "recall_difference": -0.01, "recall_difference_ci95": [-0.06, 0.04],
}  # fmt: skip


def test_a_fall_that_chance_explains_is_no_obstacle() -> None:
    assert refusals(HELD) == []


@pytest.mark.parametrize(
    ("key", "what"), [("difference", "accuracy"), ("recall_difference", "mean recall")]
)
def test_a_fall_beyond_the_interval_of_either_figure_is_refused(key: str, what: str) -> None:
    fallen = HELD | {key: -0.03, f"{key}_ci95": [-0.05, -0.01]}
    assert refusals(fallen) == [
        f"On the frozen test, {what} falls by 3.0 points, which is more than chance explains (95% "
        "interval of the difference −5.0 to −1.0)."
    ]


def test_only_a_proven_gain_on_the_held_out_feedback_is_better() -> None:
    assert is_better({"on": {HELD_OUT: {"difference_ci95": [0.01, 0.1]}}})
    assert not is_better({"on": {HELD_OUT: {"difference_ci95": [0.0, 0.1]}}})
    assert not is_better({"on": {HELD_OUT: "There is no held-out feedback."}})


SHOWN: dict[str, Any] = HELD | {
    "first": "a", "second": "b", "images": 9, "first_accuracy": 0.5, "second_accuracy": 0.6,
    "first_recall": 0.5, "second_recall": 0.6, "p_value": 1, "first_leaked": 0, "second_leaked": 0,
}  # fmt: skip
KEPT: dict[str, Any] = {
    "old": {"name": "a", "sha256": "x"}, "new": {"name": "b", "sha256": "x"}, "refusals": [],
    "on": {FROZEN: SHOWN, HELD_OUT: SHOWN, PHOTOS: "No photo is kept."},
}  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(promotion, "_sha256", lambda folder: "x")
    monkeypatch.setattr(models, "find", lambda: tmp_path)
    return Run(tmp_path)


def test_the_comparison_of_these_two_models_is_found_again(run: Run) -> None:
    (run.folder / promotion.FILE).write_text(json.dumps(KEPT))
    assert promotion.kept_comparison(run) == KEPT
    other = KEPT | {"new": {"name": "b", "sha256": "y"}}
    (run.folder / promotion.FILE).write_text(json.dumps(other))
    assert promotion.kept_comparison(run) is None


@pytest.mark.parametrize(
    "damaged",
    [
        [],
        KEPT | {"refusals": [5]},
        KEPT | {"on": {}},
        KEPT | {"on": KEPT["on"] | {"another part": SHOWN}},
        KEPT | {"on": KEPT["on"] | {SINCE: []}},
        KEPT | {"on": KEPT["on"] | {FROZEN: SHOWN | {"difference_ci95": [0.1]}}},
        KEPT | {"on": KEPT["on"] | {FROZEN: SHOWN | {"p_value": "small"}}},
        KEPT | {"new": {"sha256": "x"}},
    ],
)
def test_a_damaged_comparison_is_none(run: Run, damaged: object) -> None:
    (run.folder / promotion.FILE).write_text(json.dumps(damaged))
    assert promotion.kept_comparison(run) is None
