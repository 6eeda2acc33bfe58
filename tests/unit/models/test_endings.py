import numpy as np
import pytest

from fer.models.endings import ending_of

SIGMOIDS = np.array([[0.99, 0.01, 0.6], [0.2, 0.1, 0.05]], np.float32)


@pytest.mark.parametrize(
    ("outputs", "is_sigmoid", "ending"),
    [
        (SIGMOIDS, True, "shares"),
        (SIGMOIDS, False, "softmax"),
        (SIGMOIDS * 8 - 4, True, "softmax"),
        (SIGMOIDS / SIGMOIDS.sum(axis=1, keepdims=True), False, ""),
        (np.eye(2, 3), True, "shares"),
        (100 * SIGMOIDS / SIGMOIDS.sum(axis=1, keepdims=True), False, "shares"),
        (np.array([[2.0, -1.0, 0.0]]), False, "softmax"),
    ],
)
def test_an_ending_depends_on_what_the_outputs_are(
    outputs: np.ndarray, is_sigmoid: bool, ending: str
) -> None:
    assert ending_of(outputs, is_sigmoid=is_sigmoid) == ending
