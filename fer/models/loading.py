"""From a folder to a model, checked against its card.

A model may be replaced at any moment: its card and its network are read again until they belong
together. What is made of them afterwards no longer needs the folder.
"""

import hashlib
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from fer.errors import CardError, ConfigError, ModelError
from fer.files import is_being_replaced
from fer.importing import one_at_a_time
from fer.models import litert, onnx_runtime
from fer.models.card import ModelCard, check_shape, read_card
from fer.models.folder import CARD_FILE, FORMS, find, places, stamp
from fer.models.keras_building import reason
from fer.models.model import Model

if TYPE_CHECKING:
    import keras

_RUNTIMES: Mapping[str, Callable[[bytes, Path], litert.Network | onnx_runtime.Network]] = {
    "litert": litert.Network,
    "litert-int8": litert.Network,
    "onnx": onnx_runtime.Network,
}
"""What runs each form but `keras`."""

_PATIENCE_S, _PAUSE_S = 2.0, 0.01


@dataclass(frozen=True, kw_only=True)
class _Read:
    """A card and the content of a network's file."""

    folder: Path
    card: ModelCard
    form: str
    content: bytes

    @property
    def path(self) -> Path:
        """Where the content came from."""
        return self.folder / FORMS[self.form]


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
    read = _read_together(model, form)
    if read.form == "keras":
        network = _build_keras(read)
        try:
            return Model.of(network, read.card)
        except Exception as error:  # Keras lets any exception of its layers through
            raise ModelError(f"'{read.path}' cannot be run by Keras ({reason(error)}).") from error
    runtime = _RUNTIMES[read.form](read.content, read.path)
    _check_fit(runtime.input_shape, runtime.classes, read.card, read.path)
    open_network = cache(partial(_open_keras, read.folder, read.card))
    return Model(card=read.card, forward=runtime, open_network=open_network, form=read.form)


def _read_together(model: str | Path | None, form: str) -> _Read:
    """A card and a network that belong together, even while the model is replaced."""
    patient_until = time.monotonic() + _PATIENCE_S
    while True:
        before = _stamps(model)
        try:
            read = _read(find(model), form)
        except ModelError:
            is_moving = before != _stamps(model) or any(
                is_being_replaced(place, within_s=_PATIENCE_S) for place in places(model)
            )
            if not is_moving or time.monotonic() > patient_until:
                raise
        else:
            # Without a checksum, only a card that stayed shows that they belong together.
            if _sha256_of(read.form, read.card) or before == _stamps(model):
                return read
        time.sleep(_PAUSE_S)


def _stamps(model: str | Path | None) -> list[tuple[int, int]]:
    return [stamp(place) for place in places(model)]


def _read(folder: Path, form: str) -> _Read:
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
    content = _content(folder / FORMS[form], _sha256_of(form, card))
    return _Read(folder=folder, card=card, form=form, content=content)


def _sha256_of(form: str, card: ModelCard) -> str:
    """The checksum that a card has of a form; "" if none."""
    return card.model_sha256 if form == card.original else str(card.forms[form].get("sha256", ""))


def _content(path: Path, expected: str) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ModelError(
            f"'{path.parent}' has a card but no {path.name}. Restore it or train again."
        ) from None
    except OSError as error:
        raise ModelError(f"'{path}' cannot be read ({error.strerror or error}).") from error
    if expected and hashlib.sha256(content).hexdigest() != expected:
        raise ModelError(
            f"'{path}' is damaged or belongs to another card: its SHA-256 differs from the "
            "card's. Restore both files together, or train the model again."
        )
    return content


def _open_keras(folder: Path, card: ModelCard) -> "keras.Model":
    """The Keras network of a model that runs in another form."""
    if card.original != "keras":
        raise ModelError(
            f"The model '{card.name}' is an ONNX network, which only answers. Training from it, "
            "Grad-CAM, the face map and files of other formats need a Keras network."
        )
    read = _read_together(folder, "keras")
    if read.card.model_sha256 != card.model_sha256:
        raise ModelError(f"'{folder}' was replaced after it was loaded. Load it again.")
    return _build_keras(read)


def _build_keras(read: _Read) -> "keras.Model":
    with one_at_a_time():
        import keras

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / FORMS["keras"]  # Keras reads only files
        copy.write_bytes(read.content)
        try:
            network = keras.saving.load_model(copy, compile=False, safe_mode=True)
            shape, classes = tuple(network.input_shape[1:]), network.output_shape[-1]
        except Exception as error:  # Keras lets any exception of its parts through
            raise ModelError(
                f"'{read.path}' cannot be loaded by Keras ({reason(error)}). Restore it, or train "
                "the model again."
            ) from error
    _check_fit(shape, classes, read.card, read.path)
    return network


def _check_fit(shape: tuple[int, ...], classes: int, card: ModelCard, path: Path) -> None:
    given, taker = f"The network in '{path}' takes", "its card requires"
    check_shape(CardError, given, shape, taker, card.shape, "Restore both files together.")
    if classes != len(card.labels):
        raise CardError(f"The card has {len(card.labels)} labels; '{path}' has {classes} outputs.")
