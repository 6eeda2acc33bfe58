"""A trained network on disk: `<folder>/{model.keras, card.json, README.md}`.

A trained one has `config.toml` too, which `python -m fer train --config` takes.
Beside it may lie its LiteRT forms, which answer without TensorFlow.
"""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fer import options, settings
from fer.errors import CardError, ConfigError, ModelError, ModelNotFoundError
from fer.files import write_bytes, write_text
from fer.importing import one_at_a_time
from fer.models import litert
from fer.models.card import ModelCard, read_card
from fer.models.readme import readme
from fer.nets.forward import Forward, compile_forward, tempered

if TYPE_CHECKING:
    import keras

MODEL_FILE = "model.keras"
CARD_FILE = "card.json"
CONFIG_FILE = "config.toml"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

FORMS = ("keras", *litert.FILES)
"""What a network may lie on disk as."""

BATCH = 128
"""Most faces a single call of the network takes; more gains nothing on a CPU."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A loaded network with its card.

    Attributes:
        card: Its contract and record.
        forward: The compiled forward pass, safe to call from several threads. It knows nothing
            of the card's temperature; `classify` does.
        open_network: Gives the network itself; the first call may have to load it.
        form: What `forward` runs: one of `FORMS`.
    """

    card: ModelCard
    forward: Forward
    open_network: Callable[[], "keras.Model"]
    form: str = "keras"

    @classmethod
    def of(cls, model: "keras.Model", card: ModelCard) -> "Model":
        """A network in memory with its card."""
        return cls(card=card, forward=compile_forward(model), open_network=lambda: model)

    @property
    def network(self) -> "keras.Model":
        """The network, for whoever needs more than its answers."""
        return self.open_network()

    @property
    def sha256(self) -> str:
        """Checksum of the file that answers; empty for a network that is only in memory."""
        if self.form == "keras":
            return self.card.model_sha256
        return str(self.card.forms[self.form]["sha256"])

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


def list_models() -> list[str]:
    """Names of the trained models that are known by name."""
    folders = settings.models_folders()
    return sorted({path.parent.name for root in folders for path in root.glob(f"*/{CARD_FILE}")})


def named(name: str) -> Path:
    """The folder in the models folder for a model of a name, there or not.

    Raises:
        ModelError: If the name cannot be a folder's.
    """
    if not _NAME.fullmatch(name):
        raise ModelError(
            f"'{name}' cannot be a model's name. Use letters, digits, '.', '_' and '-'."
        )
    return settings.models_folder() / name


def find(model: str | Path | None = None) -> Path:
    """The folder of a model, given its name, its folder, or nothing for the default.

    Raises:
        ModelNotFoundError: If there is none.
    """
    name = settings.default_model() if model is None else model
    places = [root / name for root in settings.models_folders()]
    with suppress(RuntimeError):  # ~nobody
        places.insert(0, Path(name).expanduser())
    for folder in places:
        if (folder / CARD_FILE).is_file() or (folder / MODEL_FILE).is_file():
            return folder
    known = ", ".join(list_models()) or "none"
    raise ModelNotFoundError(
        f"No model '{name}'. Known: {known} (in '{settings.models_folder()}'). "
        "Give a name or a folder, or train one with `python -m fer train`."
    )


def save(model: "keras.Model", card: ModelCard, folder: Path) -> ModelCard:
    """Write a model; a reader sees the old one or the new one, never a mixture.

    Args:
        model: The network; its optimizer is not kept.
        card: Its card; the checksum is filled in here.
        folder: Where to; replaced if it is a model.

    Returns:
        The card as written.

    Raises:
        ModelError: If the folder is something else, or cannot be written.
    """
    with _replacing(folder) as made:
        made.mkdir()
        _without_optimizer(model).save(made / MODEL_FILE)
        card = replace(card, model_sha256=checksum(made / MODEL_FILE))
        save_card(card, made)
    return card


def copy(source: Path, folder: Path) -> Path:
    """Copy a model under the new folder's name; a model that is there is replaced.

    Raises:
        ModelError: If the folder is something else, or cannot be written.
        CardError: If the source's card is damaged.
    """
    card = replace(read_card(source / CARD_FILE), name=folder.resolve().name)
    with _replacing(folder) as made:
        shutil.copytree(source, made)
        save_card(card, made)
    return folder.resolve()


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """Gives a place to make a model in, and then moves it to where it belongs."""
    folder = folder.resolve()
    check_replaceable(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as name:
            made = Path(name) / "new"
            yield made
            if folder.exists():
                folder.replace(Path(name) / "old")
            made.replace(folder)
    except OSError as error:
        reason = error.args[0][0][2] if isinstance(error, shutil.Error) else error
        raise ModelError(f"The model cannot be written to '{folder}': {reason}.") from error


def save_forms(files: Mapping[str, bytes], card: ModelCard, folder: Path) -> ModelCard:
    """Write LiteRT forms beside the network that is there, and name all forms in its card.

    Args:
        files: By form, as `fer.models.litert.convert` gives them.
        card: The model's card.
        folder: Its folder.

    Returns:
        The card as written.

    Raises:
        ModelError: If the folder cannot be written.
    """
    try:
        for form, content in files.items():
            write_bytes(folder / litert.FILES[form], content)
    except OSError as error:
        raise ModelError(f"'{folder}' cannot be written: {error}.") from error
    paths = {"keras": folder / MODEL_FILE, **{name: folder / litert.FILES[name] for name in files}}
    forms = {
        form: {"file": path.name, "bytes": path.stat().st_size, "sha256": checksum(path)}
        for form, path in paths.items()
    }
    card = replace(card, forms=forms)
    save_card(card, folder)
    return card


def save_card(card: ModelCard, folder: Path) -> None:
    """Write a new card beside the network that is there.

    Raises:
        ModelError: If the folder cannot be written.
    """
    try:
        write_text(folder / CARD_FILE, card.to_json())
        write_text(folder / "README.md", readme(card))
        if card.config:
            write_text(folder / CONFIG_FILE, options.to_toml(card.config))
    except OSError as error:
        raise ModelError(f"The card cannot be written to '{folder}': {error}.") from error


def _without_optimizer(model: "keras.Model") -> "keras.Model":
    """The same layers without what training needs, which would treble the file."""
    import keras

    return keras.Model(model.input, model.output, name=model.name)


def check_replaceable(folder: Path) -> None:
    """Refuse a folder that holds anything but a model, before work is spent on it.

    Raises:
        ModelError: If it does.
    """
    if folder.is_file() or (
        folder.is_dir() and any(folder.iterdir()) and not (folder / CARD_FILE).is_file()
    ):
        raise ModelError(
            f"'{folder}' is there already and is not a model. Choose a new folder for the model."
        )


def load(model: str | Path | None = None, *, form: str = "keras") -> Model:
    """Load a model and check that its card fits it.

    Args:
        model: A name in the models folder, a folder, or None for the default.
        form: One of `FORMS`, or `auto`: LiteRT where it is there, which needs no TensorFlow.

    Raises:
        ModelNotFoundError: If there is no such model.
        CardError: If the card is damaged, newer, or does not fit the network.
        ModelError: If the network's file is missing or damaged.
        ConfigError: If the form is unknown.
    """
    folder = find(model)
    card = read_card(folder / CARD_FILE)
    if form == "auto":
        form = "litert" if "litert" in card.forms and litert.is_installed() else "keras"
    if form not in FORMS:
        raise ConfigError(f"Unknown form '{form}'. Known: auto, {', '.join(FORMS)}.")
    open_network = cache(partial(_open_keras, folder, card))
    if form == "keras":
        return Model(card=card, forward=compile_forward(open_network()), open_network=open_network)
    if form not in card.forms:
        raise ModelError(
            f"'{folder}' is not there as {form}. Make it with: python -m fer export {card.name} "
            "DATASET"
        )
    path = folder / litert.FILES[form]
    _check_sha256(path, card.forms[form].get("sha256"))
    network = litert.Network(path)
    _check_fit(network.input_shape, network.classes, card, path)
    return Model(card=card, forward=network, open_network=open_network, form=form)


def _open_keras(folder: Path, card: ModelCard) -> "keras.Model":
    path = folder / MODEL_FILE
    _check_sha256(path, card.model_sha256)
    with one_at_a_time():
        import keras

    try:
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises what its parts raise; all of it means this.
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
            f"'{path}' is damaged or not the network of its card: its SHA-256 differs from the "
            "card's. Restore both files together, or train the model again."
        )


def _check_fit(shape: tuple[int, ...], classes: int, card: ModelCard, path: Path) -> None:
    expected = (card.height, card.width, card.channels)
    if shape != expected:
        raise CardError(
            f"The card says that '{path}' takes (height, width, channels) {expected}; "
            f"the network takes {shape}."
        )
    if classes != len(card.labels):
        raise CardError(f"The card has {len(card.labels)} labels; '{path}' has {classes} outputs.")


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
