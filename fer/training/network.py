"""The network of a configuration: from scratch, or from a trained model."""

from collections.abc import Sequence

import keras
import numpy as np

from fer.errors import ConfigError
from fer.models.card import check_shape
from fer.models.model import Model
from fer.nets import architectures
from fer.training.config import TrainingConfig

_WIDENING_NOISE = 0.05


def build(config: TrainingConfig, labels: Sequence[str], start: Model | None) -> keras.Model:
    """The network before its first step; the same seed gives the same weights.

    The last layer of a start model keeps its weights for the labels that it knows; those of new
    ones are initialised.

    Raises:
        ConfigError: If the configuration does not fit the start model.
    """
    keras.utils.set_random_seed(config.seed)
    if start is None:
        return _from_scratch(config, len(labels), config.precision)
    card = start.card
    given, taker = f"'{card.name}' takes", "the configuration requires"
    check_shape(ConfigError, given, card.shape, taker, config.shape, "Set them to the model's.")
    model = start.network
    view = config.options.get("view")
    changes = {
        "other classes": tuple(labels) != card.labels,
        "widen": config.widen != 1,
        "another view": view is not None and view != card.config.get("options", {}).get("view"),
        "logit_adjustment": config.post_hoc_adjustment != 0,
    }
    chosen = [name for name, is_chosen in changes.items() if is_chosen]
    if chosen and all(layer.name != architectures.HEAD for layer in model.layers):
        raise ConfigError(
            f"'{card.name}' comes from elsewhere, so it cannot be trained with "
            f"{' and '.join(chosen)}. Train it on its own classes ({', '.join(card.labels)}), or "
            "start from a network of this project."
        )
    if changes["widen"] or changes["another view"]:
        model = _rebuilt(config, start)
    if tuple(labels) != card.labels:
        model = _relabelled(model, card.labels, labels)
    with_weights = [layer for layer in model.layers if layer.weights]
    for layer in with_weights[: config.frozen_layers]:
        layer.trainable = False
    if not model.trainable_variables:
        raise ConfigError(
            f"frozen_layers is {config.frozen_layers}, and the network has "
            f"{len(with_weights)} layers with weights. Leave at least the last one to be trained."
        )
    return model


def between(
    weights: list[np.ndarray], start: list[np.ndarray], *, start_share: float
) -> list[np.ndarray]:
    """The mean of trained weights and those before training, which has this share of it."""
    if not start_share:
        return weights
    return [
        (1 - start_share) * trained + start_share * before
        for trained, before in zip(weights, start, strict=True)
    ]


def plain(config: TrainingConfig, model: keras.Model, weights: list[np.ndarray]) -> keras.Model:
    """The network with these weights, in float32, with all layers trainable."""
    if config.precision != "float32":
        model = _from_scratch(config, model.output_shape[-1], "float32")
    model.trainable = True
    # The order of `weights` is that of the trained network.
    model.set_weights(weights)
    return model


def adjust_logits(model: keras.Model, shares: np.ndarray, amount: float) -> None:
    """Raise rare classes by the bias of the last layer: logit adjustment, Menon et al. 2021.

    Args:
        model: Changed in place.
        shares: Of each class among the training faces, shape (classes,).
        amount: 0 for nothing, 1 to answer as if all classes were equally frequent.
    """
    if not amount:
        return
    head = model.get_layer(architectures.HEAD)
    *kernel, bias = head.get_weights()
    head.set_weights([*kernel, bias - amount * np.log(np.maximum(shares, 1e-6))])


def uses_xla() -> bool:
    """Whether to compile training with XLA: under TensorFlow it slows small networks on CPUs."""
    return str(keras.backend.backend()) != "tensorflow"


def _from_scratch(config: TrainingConfig, classes: int, precision: str) -> keras.Model:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        return architectures.build(
            config.architecture, config.shape, classes=classes, options=config.options
        )
    finally:
        keras.config.set_dtype_policy(before)


def _rebuilt(config: TrainingConfig, start: Model) -> keras.Model:
    """A network with the configuration's options and the weights of the trained one.

    In a wider one each channel is repeated, and the next layer averages the copies; some noise
    lets them diverge.
    """
    if any(isinstance(layer, keras.layers.Flatten) for layer in start.network.layers):
        raise ConfigError(
            f"'{start.card.name}' cannot be widened: its dense layer depends on positions, not "
            "only on channels. Choose a network that ends in global pooling, such as resnet or vgg."
        )
    model = _from_scratch(config, len(start.card.labels), "float32")
    rng = np.random.default_rng(config.seed)
    for wide, trained in zip(model.layers, start.network.layers, strict=True):
        grown = []
        for new, old in zip(wide.get_weights(), trained.get_weights(), strict=True):
            if new.shape == old.shape:
                grown.append(old)
                continue
            taken = np.arange(new.shape[-1]) % old.shape[-1]
            weights = old[..., taken]
            if new.ndim > 1:
                read = np.arange(new.shape[-2]) % old.shape[-2]
                weights = weights[..., read, :] / np.bincount(read)[read][:, None]
                weights *= 1 + _WIDENING_NOISE * rng.standard_normal(weights.shape)
            grown.append(weights)
        wide.set_weights(grown)
    return model


def _relabelled(
    trained: keras.Model, known_labels: Sequence[str], labels: Sequence[str]
) -> keras.Model:
    """The trained network with a last layer for these classes, filled where they are known."""
    old = trained.get_layer(architectures.HEAD).get_weights()
    model = architectures.with_head(trained, len(labels))
    head = model.get_layer(architectures.HEAD)
    new = head.get_weights()
    for place, label in enumerate(labels):
        if label in known_labels:
            known = known_labels.index(label)
            for fresh, trained in zip(new, old, strict=True):
                fresh[..., place] = trained[..., known]
    head.set_weights(new)
    return model
