"""Faces on a photo → what the network sees → probabilities."""

from collections.abc import Sequence

import numpy as np

from fer.faces.alignment import Framing, frame_face
from fer.faces.face import Face
from fer.images import to_network_input
from fer.models.card import ModelCard
from fer.models.model import Model
from fer.nets import explain


class FaceClassifier:
    """A model with the framing that its card asks for; safe to share between threads."""

    def __init__(self, model: Model) -> None:
        """Read the framing from the card."""
        self._model = model
        self._framing = Framing.from_dict(model.card.framing)

    @property
    def card(self) -> ModelCard:
        """The model's contract and record."""
        return self._model.card

    def frame(self, photo: np.ndarray, faces: Sequence[Face]) -> np.ndarray:
        """Crop and align faces the way the network was trained.

        Args:
            photo: RGB, shape (h, w, 3), uint8.
            faces: Faces on it.

        Returns:
            Network input, shape (faces, height, width, channels), uint8.
        """
        size = {"height": self.card.height, "width": self.card.width}
        return self._inputs([frame_face(photo, face, self._framing, **size) for face in faces])

    def frame_whole(self, photo: np.ndarray) -> np.ndarray:
        """Take a whole photo as one tight face; as `frame` returns it."""
        return self._inputs([photo])

    def classify(self, inputs: np.ndarray) -> np.ndarray:
        """Probabilities of what `frame` returned, shape (faces, labels), float32."""
        return self._model.classify(inputs)

    def grad_cam(self, crop: np.ndarray, label: str) -> np.ndarray:
        """Which pixels of one network input speak for a label; see `fer.nets.explain.grad_cam`."""
        return explain.grad_cam(self._model.network, crop, self.card.labels.index(label))

    def _inputs(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        height, width, channels = self.card.height, self.card.width, self.card.channels
        inputs = np.empty((len(crops), height, width, channels), np.uint8)
        for i, crop in enumerate(crops):
            inputs[i] = to_network_input(crop, height=height, width=width, channels=channels)
        return inputs
