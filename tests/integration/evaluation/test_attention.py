import numpy as np

from fer.data import Dataset
from fer.evaluation.attention import mean_attention
from fer.evaluation.predictions import predictions
from fer.models.model import Model
from fer.nets.explain import grad_cam


def test_attention_is_the_mean_over_correctly_classified_faces(
    tiny_model: Model, tiny_dataset: Dataset
) -> None:
    table = predictions(tiny_model, tiny_dataset, "all")
    found = mean_attention(tiny_model, tiny_dataset, table)
    for i, label in enumerate(table.labels):
        right = table.frame[(table.frame["label"] == label) & table.frame["correct"]]
        assert (label in found) == bool(len(right))
        if len(right):
            faces = tiny_dataset.pixels[right["row"]]
            heat = np.mean([grad_cam(tiny_model.network, face, i) for face in faces], axis=0)
            np.testing.assert_allclose(found[label].heat, heat, atol=1e-6)
            assert found[label].images == len(right) <= 40


def test_attention_uses_at_most_the_requested_number_of_faces(
    tiny_model: Model, tiny_dataset: Dataset
) -> None:
    table = predictions(tiny_model, tiny_dataset, "all")
    found = mean_attention(tiny_model, tiny_dataset, table, per_class=3)
    assert found
    assert all(mean.images <= 3 for mean in found.values())
