import numpy as np
import pytest
from sklearn.metrics import log_loss

from fer.evaluation.calibration import (
    coverage_curve,
    expected_calibration_error,
    fit_temperature,
    reliability,
)
from fer.nets.forward import tempered


def honest_faces(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Perfectly calibrated probabilities, and classes drawn from them."""
    generator = np.random.default_rng(seed)
    answers = generator.dirichlet([1, 1, 1], size=n).astype(np.float32)
    targets = (generator.random((n, 1)) > answers.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return answers, targets


def error_of(answers: np.ndarray, targets: np.ndarray) -> float:
    return expected_calibration_error(answers.max(axis=1), answers.argmax(axis=1) == targets)


def test_the_fit_recovers_the_temperature_that_made_a_network_overconfident() -> None:
    answers, targets = honest_faces(20_000)
    too_sure = tempered(answers, 0.5)
    temperature = fit_temperature(too_sure, targets)
    assert temperature == pytest.approx(2, rel=0.05)
    fresh, fresh_targets = honest_faces(5_000, seed=1)
    before = tempered(fresh, 0.5)
    after = tempered(before, temperature)
    assert error_of(after, fresh_targets) < 0.3 * error_of(before, fresh_targets)
    assert log_loss(fresh_targets, after) < log_loss(fresh_targets, before)


def test_bins_hold_equally_many_faces_from_unsure_to_sure() -> None:
    generator = np.random.default_rng(0)
    confidence, correct = generator.random(100), generator.random(100) > 0.5
    bins = reliability(confidence, correct)
    assert [row["images"] for row in bins] == [7] * 10 + [6] * 5
    assert [row["confidence"] for row in bins] == sorted(row["confidence"] for row in bins)


def test_the_calibration_error_is_the_gap_of_the_bins() -> None:
    confidence = np.repeat([0.6, 0.9], 30)
    correct = np.concatenate([np.arange(30) < 15, np.ones(30, bool)])
    bins = reliability(confidence, correct)
    gap = sum(b["images"] * abs(b["confidence"] - b["accuracy"]) for b in bins) / 60
    assert expected_calibration_error(confidence, correct) == pytest.approx(gap)
    sure = expected_calibration_error(np.full(30, 0.75), np.zeros(30, bool))
    assert sure == pytest.approx(0.75)


def test_the_curve_answers_all_faces_at_first_and_fewer_as_the_threshold_rises() -> None:
    confidence = np.array([0.2, 0.4, 0.6, 0.8])
    correct = np.array([False, False, True, True])
    curve = coverage_curve(confidence, correct, points=6)
    assert [(row["threshold"], row["coverage"], row["accuracy"]) for row in curve] == [
        (0.0, 1.0, 0.5),
        (0.2, 1.0, 0.5),
        (0.4, 0.75, pytest.approx(2 / 3)),
        (0.6, 0.5, 1.0),
        (0.8, 0.25, 1.0),
        (1.0, 0.0, None),
    ]
