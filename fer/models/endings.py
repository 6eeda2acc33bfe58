"""What must follow a foreign network so that its outputs are probabilities."""

import numpy as np

ENDINGS = {
    "": "It gives probabilities.",
    "softmax": "It gives logits; a softmax was added.",
    "shares": "Its outputs do not add up to 1; they are divided by their sum.",
}
"""What an adopted model's card records of each ending."""


def ending_of(outputs: np.ndarray, *, is_sigmoid: bool) -> str:
    """The ending of `ENDINGS` that a network needs.

    A softmax over sigmoids would flatten them: of 0.99 beside six times 0.01 it makes 0.31.

    Args:
        outputs: What it answered to noise, shape (n, classes).
        is_sigmoid: Whether its last layer is a sigmoid a class.
    """
    is_probability = outputs.min() >= 0 and outputs.max() <= 1
    if is_sigmoid and is_probability:
        return "shares"  # even if these few sum to 1: saturated ones do
    if outputs.min() >= 0 and np.allclose(outputs.sum(axis=1), 100, atol=0.1):
        return "shares"  # percentages
    is_distribution = is_probability and np.allclose(outputs.sum(axis=1), 1, atol=1e-3)
    return "" if is_distribution else "softmax"
