"""Which parts of the face a network relies on when it predicts a class correctly."""

from dataclasses import dataclass

import numpy as np

from fer.data import Dataset
from fer.evaluation.predictions import PredictionTable
from fer.models.model import Model
from fer.nets.explain import grad_cam


@dataclass(frozen=True, kw_only=True, eq=False)
class MeanAttention:
    """The means of a class's faces and of their Grad-CAM maps.

    Attributes:
        face: Shape (height, width, channels), uint8.
        heat: Shape (height, width), float32, 0–1.
        images: Number of faces.
    """

    face: np.ndarray
    heat: np.ndarray
    images: int


def mean_attention(
    model: Model, dataset: Dataset, table: PredictionTable, *, per_class: int = 40
) -> dict[str, MeanAttention]:
    """Mean Grad-CAM of correctly classified faces by class; a class without any is skipped.

    Args:
        model: The model.
        dataset: The data set of the faces.
        table: The model's predictions on them.
        per_class: Most faces per class, drawn at random.

    Raises:
        ModelError: If Grad-CAM does not apply to the network.
    """
    generator = np.random.default_rng(0)
    attention = {}
    for i, label in enumerate(table.labels):
        is_correct = (table.frame["label"] == label) & table.frame["correct"]
        rows = table.frame["row"][is_correct].to_numpy()
        rows = np.sort(generator.choice(rows, min(len(rows), per_class), replace=False))
        if len(rows):
            faces = dataset.pixels[rows]
            heat = np.mean([grad_cam(model.network, face, i) for face in faces], axis=0)
            attention[label] = MeanAttention(
                face=faces.mean(axis=0).astype(np.uint8), heat=heat, images=len(rows)
            )
    return attention
