import pytest

from fer.feedback.promotion import HELD_OUT, is_better, refusals

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
