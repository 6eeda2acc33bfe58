"""A trained network on disk: `<folder>/{model.keras, card.json, README.md}`."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fer import settings
from fer.errors import ArtefactError, CardError, ModelNotFoundError
from fer.nets.card import ModelCard, read_card
from fer.nets.readme import readme

if TYPE_CHECKING:
    import keras

MODEL_FILE = "model.keras"
CARD_FILE = "card.json"

Forward = Callable[[np.ndarray], np.ndarray]
"""uint8 (n, height, width, channels) → probabilities (n, classes), float32."""

BATCH = 128
"""Most faces a single call of the network takes; more gains nothing on a CPU."""


@dataclass(frozen=True, kw_only=True)
class Artefact:
    """A loaded network with its card.

    Attributes:
        model: The network.
        card: Its contract and record.
        forward: The compiled forward pass, safe to call from several threads. It knows nothing
            of the card's temperature; `classify` does.
    """

    model: "keras.Model"
    card: ModelCard
    forward: Forward

    def classify(self, faces: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of many faces, a batch at a time.

        Args:
            faces: Shape (n, height, width, channels) as the card says, uint8.

        Returns:
            Shape (n, classes), float32, rows sum to 1.
        """
        return tempered(self.uncalibrated(faces), self.card.temperature)

    def uncalibrated(self, faces: np.ndarray) -> np.ndarray:
        """As `classify`, at temperature 1."""
        if not len(faces):
            return np.empty((0, len(self.card.labels)), np.float32)
        parts = [self.forward(faces[i : i + BATCH]) for i in range(0, len(faces), BATCH)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities after their logits are divided by a temperature (Guo et al. 2017).

    Args:
        probabilities: Shape (n, classes), float32, rows sum to 1.
        temperature: Over 1 makes them less sure, under 1 surer; the order stays.

    Returns:
        Shape (n, classes), float32, rows sum to 1.
    """
    if temperature == 1:
        return probabilities
    logits = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def list_models() -> list[str]:
    """Names of the trained models in the models folder."""
    return sorted(path.parent.name for path in settings.models_folder().glob(f"*/{CARD_FILE}"))


def find(model: str | Path | None = None) -> Path:
    """The folder of a model, given its name, its folder, or nothing for the default.

    Raises:
        ModelNotFoundError: If there is none.
    """
    name = settings.default_model() if model is None else model
    for folder in (Path(name).expanduser(), settings.models_folder() / name):
        if (folder / CARD_FILE).is_file() or (folder / MODEL_FILE).is_file():
            return folder
    known = ", ".join(list_models()) or "none"
    raise ModelNotFoundError(
        f"No model '{name}'. Known: {known} (in '{settings.models_folder()}'). "
        "Give a name or a folder, or train one with `python -m fer train`."
    )


def save(model: "keras.Model", card: ModelCard, folder: Path) -> ModelCard:
    """Write an artefact; a reader sees the old one or the new one, never a mixture.

    Args:
        model: The network; its optimizer is not kept.
        card: Its card; the checksum is filled in here.
        folder: Where to; replaced if it is an artefact.

    Returns:
        The card as written.

    Raises:
        ArtefactError: If the folder is something else, or cannot be written.
    """
    folder = folder.resolve()
    check_replaceable(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as name:
            made = Path(name) / "new"
            made.mkdir()
            _without_optimizer(model).save(made / MODEL_FILE)
            card = replace(card, model_sha256=_sha256(made / MODEL_FILE))
            (made / CARD_FILE).write_text(card.to_json(), encoding="utf-8")
            (made / "README.md").write_text(readme(card), encoding="utf-8")
            if folder.exists():
                folder.replace(Path(name) / "old")
            made.replace(folder)
    except OSError as error:
        raise ArtefactError(f"The model cannot be written to '{folder}': {error}.") from error
    return card


def copy(source: Path, folder: Path) -> Path:
    """Copy an artefact under the new folder's name; an artefact that is there is replaced.

    Raises:
        ArtefactError: If the folder is something else, or cannot be written.
        CardError: If the source's card is damaged.
    """
    folder = folder.resolve()
    check_replaceable(folder)
    card = replace(read_card(source / CARD_FILE), name=folder.name)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as name:
            made = Path(name) / "new"
            shutil.copytree(source, made)
            (made / CARD_FILE).write_text(card.to_json(), encoding="utf-8")
            (made / "README.md").write_text(readme(card), encoding="utf-8")
            if folder.exists():
                folder.replace(Path(name) / "old")
            made.replace(folder)
    except OSError as error:
        raise ArtefactError(f"The model cannot be written to '{folder}': {error}.") from error
    return folder


def save_card(card: ModelCard, folder: Path) -> None:
    """Write a new card beside the network that is there.

    Raises:
        ArtefactError: If the folder cannot be written.
    """
    try:
        for name, text in ((CARD_FILE, card.to_json()), ("README.md", readme(card))):
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", dir=folder, prefix=f".{name}-", delete=False
            ) as file:
                file.write(text)
            Path(file.name).chmod(0o644)  # a temporary file is its owner's alone
            Path(file.name).replace(folder / name)
    except OSError as error:
        raise ArtefactError(f"The card cannot be written to '{folder}': {error}.") from error


def _without_optimizer(model: "keras.Model") -> "keras.Model":
    """The same layers without what training needs, which would treble the file."""
    import keras

    return keras.Model(model.input, model.output, name=model.name)


def check_replaceable(folder: Path) -> None:
    """Refuse a folder that holds anything but an artefact, before work is spent on it.

    Raises:
        ArtefactError: If it does.
    """
    if folder.is_file() or (
        folder.is_dir() and any(folder.iterdir()) and not (folder / CARD_FILE).is_file()
    ):
        raise ArtefactError(
            f"'{folder}' is there already and is not a model. Choose a new folder for the model."
        )


def load(model: str | Path | None = None) -> Artefact:
    """Load a model and check that its card fits it.

    Args:
        model: A name in the models folder, a folder, or None for the default.

    Raises:
        ModelNotFoundError: If there is no such model.
        CardError: If the card is damaged, newer, or does not fit the network.
        ArtefactError: If the network's file is missing or damaged.
    """
    folder = find(model)
    card = read_card(folder / CARD_FILE)
    path = folder / MODEL_FILE
    if not path.is_file():
        raise ArtefactError(
            f"'{folder}' has a card but no {MODEL_FILE}. Restore it or train again."
        )
    if card.model_sha256 and _sha256(path) != card.model_sha256:
        raise ArtefactError(
            f"'{path}' is damaged or not the network of its card: its SHA-256 differs from the "
            "card's. Restore both files together, or train the model again."
        )
    import keras

    try:
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises what its parts raise; all of it means this.
        raise ArtefactError(f"'{path}' cannot be loaded by Keras: {error}") from error
    _check_fit(network, card, path)
    return Artefact(model=network, card=card, forward=compile_forward(network))


def _check_fit(network: "keras.Model", card: ModelCard, path: Path) -> None:
    expected = (card.height, card.width, card.channels)
    found = tuple(network.input_shape[1:])
    if found != expected:
        raise CardError(
            f"The card says that '{path}' takes (height, width, channels) {expected}; "
            f"the network takes {found}."
        )
    if network.output_shape[-1] != len(card.labels):
        raise CardError(
            f"The card has {len(card.labels)} labels; '{path}' has {network.output_shape[-1]} "
            "outputs."
        )


def compile_forward(model: "keras.Model") -> Forward:
    """Compile the forward pass of a network once, for any number of faces.

    Under TensorFlow, a call costs about 0.5 ms; `model.predict` costs some 50 ms.
    """
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        signature = tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)
        function = tf.function(
            lambda faces: model(faces, training=False), input_signature=[signature], autograph=False
        )
        graph = function.get_concrete_function()
        return lambda faces: graph(tf.constant(faces)).numpy()
    return lambda faces: model.predict_on_batch(faces)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
