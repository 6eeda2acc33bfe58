import keras
import numpy as np
import pytest

from fer.training.config import TrainingConfig
from fer.training.losses import BalancedSoftmax, loss_function

SHARES = np.array([0.7, 0.25, 0.05], np.float32)
RNG = np.random.default_rng(0)
TARGETS = RNG.dirichlet([0.5, 0.5, 0.5], 20).astype(np.float32)
ANSWERS = RNG.dirichlet([1, 1, 1], 20).astype(np.float32)


def cross_entropies(targets: np.ndarray, answers: np.ndarray) -> np.ndarray:
    return -(targets * np.log(answers)).sum(axis=1)


def test_the_focal_loss_is_that_of_its_paper() -> None:
    config = TrainingConfig(loss="focal", focal_gamma=3, label_smoothing=0)
    targets, given = np.eye(3, dtype=np.float32), np.full((3, 3), 0.3, np.float32)
    given[np.arange(3), np.arange(3)] = 0.4
    expected = -((1 - 0.4) ** 3) * np.log(0.4)  # Lin et al. 2017, without the weight of classes
    assert float(loss_function(config, SHARES)(targets, given)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("amount", [0.5, 1.0])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_balanced_softmax_multiplies_probabilities_by_class_shares(
    amount: float, smoothing: float
) -> None:
    config = TrainingConfig(
        loss="balanced-softmax", logit_adjustment=amount, label_smoothing=smoothing
    )
    weighed = ANSWERS * SHARES**amount
    weighed /= weighed.sum(axis=1, keepdims=True)
    each = cross_entropies((1 - smoothing) * TARGETS + smoothing / 3, weighed)
    loss = loss_function(config, SHARES)
    assert float(loss(TARGETS, ANSWERS)) == pytest.approx(each.mean(), rel=1e-5)
    weights = np.linspace(0.5, 2, len(each), dtype=np.float32)
    assert float(loss(TARGETS, ANSWERS, weights)) == pytest.approx(
        (weights * each).mean(), rel=1e-5
    )


def test_balanced_softmax_with_amount_0_is_cross_entropy() -> None:
    plain = keras.losses.CategoricalCrossentropy()
    found = BalancedSoftmax(SHARES, amount=0)(TARGETS, ANSWERS)
    assert float(found) == pytest.approx(float(plain(TARGETS, ANSWERS)), rel=1e-5)


def test_balanced_softmax_is_lowest_for_a_network_that_ignores_class_frequencies() -> None:
    targets = np.repeat(np.eye(3, dtype=np.float32), (SHARES * 100).astype(int), axis=0)
    loss = BalancedSoftmax(SHARES, amount=1)
    uniform, learnt = (np.tile(row, (len(targets), 1)) for row in (np.full(3, 1 / 3), SHARES))
    nearly = np.tile(np.array([0.36, 0.32, 0.32]), (len(targets), 1))
    assert float(loss(targets, uniform)) < float(loss(targets, nearly))
    assert float(loss(targets, nearly)) < float(loss(targets, learnt))


def test_balanced_softmax_is_finite_for_a_probability_of_0() -> None:
    targets, sure = np.eye(3, dtype=np.float32)[:1], np.eye(3, dtype=np.float32)[1:2]
    assert np.isfinite(float(BalancedSoftmax(SHARES, amount=1)(targets, sure)))
