from dataclasses import replace

import numpy as np
import pytest

from fer.errors import ModelError
from fer.models.model import BATCH, Model


def faces(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 24, 24, 1), dtype=np.uint8)


def test_the_compiled_pass_agrees_with_the_network(tiny_model: Model) -> None:
    given = faces(5)
    expected = np.asarray(tiny_model.network(given, training=False))
    np.testing.assert_allclose(tiny_model.uncalibrated(given), expected, atol=1e-6)


def test_the_temperature_of_the_card_divides_the_logits(tiny_model: Model) -> None:
    given = faces(5)
    plain = tiny_model.uncalibrated(given)
    card = replace(tiny_model.card, temperature=2.5)
    logits = np.log(plain) / 2.5
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = replace(tiny_model, card=card).classify(given)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_many_faces_are_classified_in_batches_in_their_order(tiny_model: Model) -> None:
    given = faces(BATCH * 2 + 3)
    together = tiny_model.classify(given)
    assert together.shape == (len(given), 2)
    for i in (0, BATCH, len(given) - 1):
        np.testing.assert_allclose(together[i], tiny_model.classify(given[i : i + 1])[0], atol=1e-6)
    assert tiny_model.classify(given[:0]).shape == (0, 2)


def test_damaged_weights_are_named_where_they_would_answer_with_no_number(
    tiny_model: Model,
) -> None:
    def broken(given: np.ndarray) -> np.ndarray:
        return np.full((len(given), 2), np.nan, np.float32)

    with pytest.raises(ModelError, match=r"answers with what is no number.*weights are damaged"):
        replace(tiny_model, forward=broken).classify(faces(3))
