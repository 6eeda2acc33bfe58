"""From a folder to a model, checked against its card."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from fer.errors import CardError, ConfigError, ModelError
from fer.importing import one_at_a_time
from fer.models import litert, onnx_runtime
from fer.models.card import ModelCard, check_shape, read_card
from fer.models.folder import CARD_FILE, FORMS, checksum, find
from fer.models.model import Model

if TYPE_CHECKING:
    import keras

_RUNTIMES: Mapping[str, Callable[[Path], litert.Network | onnx_runtime.Network]] = {
    "litert": litert.Network,
    "litert-int8": litert.Network,
    "onnx": onnx_runtime.Network,
}
"""What runs each form but `keras`."""


def load(model: str | Path | None = None, *, form: str = "original") -> Model:
    """Load a model and check its network against its card.

    Args:
        model: A name in the models folder, a folder, or None for the default.
        form: One of `FORMS`, `original` for the one that the model was trained or adopted in, or
            `auto`: LiteRT where the model has it, which needs no TensorFlow, else the original.

    Raises:
        ModelNotFoundError: If there is no such model.
        CardError: If the card is damaged, newer, or does not fit the network.
        ModelError: If the network's file is missing or damaged.
        ConfigError: If the form is unknown.
    """
    folder = find(model)
    card = read_card(folder / CARD_FILE)
    if form == "auto":
        form = "litert" if "litert" in card.forms and litert.is_installed() else "original"
    if form == "original":
        form = card.original
    if form not in FORMS:
        raise ConfigError(f"Unknown form '{form}'. Known: auto, original, {', '.join(FORMS)}.")
    if form not in (card.original, *card.forms):
        raise ModelError(
            f"'{folder}' has no form '{form}'. Make it with: python -m fer export {card.name} "
            "DATASET"
            if card.original == "keras"
            else f"'{folder}' was adopted as {card.original}, its only form. Use that or 'auto'."
        )
    if form == "keras":
        return Model.of(_open_keras(folder, card), card)
    path = folder / FORMS[form]
    is_original = form == card.original
    _check_sha256(path, card.model_sha256 if is_original else card.forms[form].get("sha256"))
    network = _RUNTIMES[form](path)
    _check_fit(network.input_shape, network.classes, card, path)
    open_network = cache(partial(_open_keras, folder, card))
    return Model(card=card, forward=network, open_network=open_network, form=form)


def _open_keras(folder: Path, card: ModelCard) -> "keras.Model":
    if card.original != "keras":
        raise ModelError(
            f"The model '{card.name}' is an ONNX network, which only answers. Training from it, "
            "Grad-CAM, the face map and files of other formats need a Keras network."
        )
    path = folder / FORMS["keras"]
    _check_sha256(path, card.model_sha256)
    with one_at_a_time():
        import keras

    try:
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras lets any exception of its parts through
        raise ModelError(f"'{path}' cannot be loaded by Keras: {error}") from error
    _check_fit(tuple(network.input_shape[1:]), network.output_shape[-1], card, path)
    return network


def _check_sha256(path: Path, expected: str | None) -> None:
    if not path.is_file():
        raise ModelError(
            f"'{path.parent}' has a card but no {path.name}. Restore it or train again."
        )
    if expected and checksum(path) != expected:
        raise ModelError(
            f"'{path}' is damaged or belongs to another card: its SHA-256 differs from the "
            "card's. Restore both files together, or train the model again."
        )


def _check_fit(shape: tuple[int, ...], classes: int, card: ModelCard, path: Path) -> None:
    given, taker = f"The network in '{path}' takes", "its card requires"
    check_shape(CardError, given, shape, taker, card.shape, "Restore both files together.")
    if classes != len(card.labels):
        raise CardError(f"The card has {len(card.labels)} labels; '{path}' has {classes} outputs.")
