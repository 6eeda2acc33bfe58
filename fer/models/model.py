"""A network with its card, ready to classify faces."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fer.errors import ModelError
from fer.models.card import ModelCard
from fer.nets.forward import Forward, compile_forward, tempered

if TYPE_CHECKING:
    import keras

BATCH = 128
"""Most faces in one call of the network; larger batches gain nothing on a CPU."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A network with its card.

    Attributes:
        card: Its contract and record.
        forward: The compiled forward pass, safe to call from several threads. It ignores the
            card's temperature; `classify` applies it.
        open_network: Gives the Keras network; the first call may have to load it. A ModelError if
            the model has none.
        form: What `forward` runs: one of `fer.models.FORMS`.
        most: Faces that `uncalibrated` is best given at a time, where there are many.
    """

    card: ModelCard
    forward: Forward
    open_network: Callable[[], "keras.Model"]
    form: str = "keras"
    most: int = 1024

    @classmethod
    def of(cls, network: "keras.Model", card: ModelCard) -> "Model":
        """A network in memory with its card."""
        return cls(card=card, forward=compile_forward(network), open_network=lambda: network)

    @property
    def network(self) -> "keras.Model":
        """The Keras network, for callers that need more than its probabilities.

        Raises:
            ModelError: If the model has none, or its file is missing or damaged.
        """
        return self.open_network()

    @property
    def sha256(self) -> str:
        """Checksum of the file behind `forward`; empty for a network that is only in memory."""
        if self.form == self.card.original:
            return self.card.model_sha256
        return str(self.card.forms[self.form]["sha256"])

    def classify(self, faces: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of many faces, computed in batches.

        Args:
            faces: Shape (n, height, width, channels) as in the card, uint8.

        Returns:
            Shape (n, classes), float32, rows sum to 1.
        """
        return tempered(self.uncalibrated(faces), self.card.temperature)

    def uncalibrated(self, faces: np.ndarray) -> np.ndarray:
        """Like `classify`, at temperature 1.

        Raises:
            ModelError: If an answer is no number, as that of damaged weights is.
        """
        if not len(faces):
            return np.empty((0, len(self.card.labels)), np.float32)
        parts = [self.forward(faces[i : i + BATCH]) for i in range(0, len(faces), BATCH)]
        probabilities = parts[0] if len(parts) == 1 else np.concatenate(parts)
        if not np.isfinite(probabilities).all():
            raise ModelError(
                f"The model '{self.card.name}' answers with what is no number (NaN): its weights "
                "are damaged. Restore its file, or use another model."
            )
        return probabilities
