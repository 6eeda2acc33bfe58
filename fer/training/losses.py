"""The losses that training minimises."""

import keras
import numpy as np
from keras import ops

from fer.nets.architectures import Tensor
from fer.training.config import TrainingConfig


class BalancedSoftmax(keras.losses.CategoricalCrossentropy):
    """Cross-entropy of softmax(log p + amount * log shares), where p is the network's output.

    The loss accounts for how frequent each class is, so the network does not learn to: balanced
    softmax (Ren et al. 2020), also known as the logit-adjusted loss (Menon et al. 2021).

    Args:
        shares: Share of each class in the training targets, shape (classes,); they sum to 1.
        amount: 0 for plain cross-entropy, 1 for a network that treats all classes as equally
            frequent.
        label_smoothing: Share of every target that is spread over all classes.
    """

    def __init__(self, shares: np.ndarray, *, amount: float, label_smoothing: float = 0.0) -> None:
        super().__init__(from_logits=True, label_smoothing=label_smoothing)
        self._shift = (amount * np.log(np.maximum(shares, 1e-6))).astype(np.float32)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Loss of each face, from targets and probabilities of shape (n, classes)."""
        logits = ops.log(ops.maximum(y_pred, keras.config.epsilon()))
        return super().call(y_true, logits + self._shift)


def loss_function(config: TrainingConfig, shares: np.ndarray) -> keras.losses.Loss:
    """The loss that a configuration names; `shares` is as for `BalancedSoftmax`."""
    if config.loss == "focal":
        return keras.losses.CategoricalFocalCrossentropy(
            alpha=1.0, gamma=config.focal_gamma, label_smoothing=config.label_smoothing
        )
    if config.loss == "balanced-softmax":
        return BalancedSoftmax(
            shares, amount=config.logit_adjustment, label_smoothing=config.label_smoothing
        )
    return keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing)
