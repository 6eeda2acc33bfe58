"""Models on disk: `<folder>/{model.keras or model.onnx, card.json, README.md}`.

A model that was trained here also has `config.toml`, which `python -m fer train --config` takes;
an exported one has other forms of the network, which run without TensorFlow.
"""

import hashlib
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fer import options, settings
from fer.errors import ModelError, ModelNotFoundError
from fer.files import remove_leftovers, replace_path, way_out, write_text
from fer.models.card import ModelCard, read_card
from fer.models.readme import readme

if TYPE_CHECKING:
    import keras

CARD_FILE = "card.json"
CONFIG_FILE = "config.toml"
FORMS = {
    "keras": "model.keras", "litert": "model.tflite", "litert-int8": "model.int8.tflite",
    "onnx": "model.onnx",
}  # fmt: skip
"""The file of each form that a network can have on disk. Every model has its card's `original`."""

_ABANDONED_AFTER_S = 24 * 3600.0
"""Nobody writes a model for so long: it was begun by a process that was killed."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def list_models() -> list[str]:
    """Names of the models in the folders of models."""
    folders = settings.models_folders()
    return sorted({path.parent.name for root in folders for path in root.glob(f"*/{CARD_FILE}")})


def named(name: str) -> Path:
    """The folder of that name in the models folder; it may not exist yet.

    Raises:
        ModelError: If no folder can have that name.
    """
    if not _NAME.fullmatch(name):
        raise ModelError(
            f"'{name}' cannot be a model's name. Use letters, digits, '.', '_' and '-'."
        )
    return settings.models_folder() / name


def find(model: str | Path | None = None) -> Path:
    """The folder of a model, by name or folder; None finds the default model.

    Raises:
        ModelNotFoundError: If it does not exist.
    """
    name = settings.default_model() if model is None else model
    found = next(filter(_holds_model, places(name)), None)
    return found or find_named(str(name))


def places(model: str | Path | None = None) -> list[Path]:
    """Where a model may lie, by name or folder; the first one that holds a model counts."""
    name = settings.default_model() if model is None else model
    named = [root / name for root in settings.models_folders()]
    with suppress(RuntimeError):  # ~nobody
        return [Path(name).expanduser(), *named]
    return named


def find_named(name: str) -> Path:
    """The folder of that name in the folders of models.

    Raises:
        ModelNotFoundError: If it does not exist.
    """
    for root in settings.models_folders():
        if _holds_model(root / name):
            return root / name
    known = list_models()
    error = ModelNotFoundError(
        f"No model '{name}'. Known: {', '.join(known) or 'none'} (in "
        f"'{settings.models_folder()}'). {'Choose one of these, or train' if known else 'Train'} "
        "one."
    )
    error.add_note("To train one: python -m fer train")
    raise error


def _holds_model(folder: Path) -> bool:
    return any((folder / file).is_file() for file in (CARD_FILE, *FORMS.values()))


def is_shipped(folder: Path) -> bool:
    """Whether a model came with the package, which nothing here changes."""
    return folder.resolve().is_relative_to(settings.PACKAGE)


def is_protected(folder: Path) -> bool:
    """Whether a model came with the package or the checkout: nobody replaces or removes it."""
    project = settings.checkout()
    shipped = [project / "models" / name for name in settings.SHIPPED_MODELS] if project else []
    return is_shipped(folder) or folder.resolve() in shipped


def check_replaceable(folder: Path, *, may_replace: bool = True) -> None:
    """Raise a ModelError if the folder holds anything but a model that may be replaced."""
    if is_protected(folder) and _holds_model(folder):
        raise ModelError(
            f"'{folder.name}' came with the package and stays as it is. Choose another name."
        )
    _check_free(folder, may_replace=may_replace)


def _check_free(folder: Path, *, may_replace: bool) -> None:
    is_full = folder.is_dir() and any(folder.iterdir())
    if is_full and not may_replace:
        raise taken(folder.name)
    if folder.is_file() or (is_full and not (folder / CARD_FILE).is_file()):
        raise ModelError(
            f"'{folder}' exists and is not a model. Choose a new folder for the model."
        )


def taken(name: str) -> ModelError:
    """The error of a model's name that another one has."""
    return ModelError(f"There already is a model '{name}'. Choose another name.")


def save(
    network: "keras.Model | bytes", card: ModelCard, folder: Path, *, may_replace: bool = True
) -> ModelCard:
    """Write a model; a reader sees the old one or the new one, never a mixture.

    Args:
        network: A Keras network, whose optimizer is not kept, or the content of an ONNX file.
        card: Its card, whose `original` fits; the checksum is filled in here.
        folder: Where to write it.
        may_replace: Whether a model that is there is replaced.

    Returns:
        The card as written.

    Raises:
        ModelError: If the folder is not a model's, holds one that may not be replaced, or cannot
            be written.
    """
    check_replaceable(folder, may_replace=may_replace)
    with _replacing(folder, may_replace=may_replace) as new:
        new.mkdir()
        path = new / FORMS[card.original]
        if isinstance(network, bytes):
            path.write_bytes(network)
        else:
            import keras

            # Without its optimizer, which would triple the file's size.
            keras.Model(network.input, network.output, name=network.name).save(path)
        card = replace(card, model_sha256=checksum(path))
        save_card(card, new)
    return card


def copy(source: Path, folder: Path, *, may_replace: bool = True) -> Path:
    """Copy a model and name it after its new folder.

    Args:
        source: The folder of the model.
        folder: Its new folder.
        may_replace: Whether a model that is there is replaced.

    Raises:
        ModelError: If the folder is not a model's, holds one that may not be replaced, or cannot
            be written, or if the source was replaced in the meantime.
        CardError: If the source's card is damaged.
    """
    check_replaceable(folder, may_replace=may_replace)
    before = stamp(source)
    card = replace(read_card(source / CARD_FILE), name=folder.resolve().name)
    with _replacing(folder, may_replace=may_replace) as new:
        shutil.copytree(source, new)
        if stamp(source) != before:
            raise ModelError(f"'{source}' changed while it was copied. Copy it again.")
        save_card(card, new)
    return folder.resolve()


def stamp(folder: Path) -> tuple[int, int]:
    """Changes when a model is replaced or its card is written again."""
    try:
        found = (folder / CARD_FILE).stat()
    except OSError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns


def writable(folder: Path) -> Path:
    """Where to write changes to a model: its folder, or a copy if it came with the package.

    The copy is made here, in the models folder, where it takes precedence over the original. In a
    checkout, whose models folder holds the original itself, the copy has a name of its own.

    Raises:
        ModelError: If there already is a copy, or it cannot be written.
    """
    if not is_protected(folder):
        return folder
    mine = named(folder.name)
    if mine.resolve() == folder.resolve():
        mine = named(f"{folder.name}-copy")
    if (mine / CARD_FILE).is_file():
        raise ModelError(
            f"'{folder}' came with the package and stays as it is. Use your copy of it, '{mine}'."
        )
    return copy(folder, mine)


def save_forms(files: Mapping[str, bytes], card: ModelCard, folder: Path) -> ModelCard:
    """Write other forms of the network, and list them and the original in the card.

    They take the place of all other forms that were there.

    Args:
        files: The content of each form's file.
        card: The model's.
        folder: The model's.

    Returns:
        The card as written.

    Raises:
        ModelError: If the folder cannot be written, or another network took the place of the
            card's in the meantime.
    """
    others = [file for form, file in FORMS.items() if form != card.original]
    with _replacing(folder) as new:
        shutil.copytree(folder, new, ignore=shutil.ignore_patterns(*others))
        for form, content in files.items():
            (new / FORMS[form]).write_bytes(content)
        paths = {form: new / FORMS[form] for form in (card.original, *files)}
        forms = {
            form: {"file": path.name, "bytes": path.stat().st_size, "sha256": checksum(path)}
            for form, path in paths.items()
        }
        card = replace(card, forms=forms)
        save_card(card, new)
        _check_same_network(card, folder)
    return card


def save_card(card: ModelCard, folder: Path) -> None:
    """Write a card beside its network, with the README and the configuration made from it.

    Raises:
        ModelError: If the folder cannot be written, or another network took the place of the
            card's in the meantime.
    """
    if (folder / CARD_FILE).is_file():
        _check_same_network(card, folder)
    with _writing(folder):
        write_text(folder / CARD_FILE, card.to_json())
        write_text(folder / "README.md", readme(card))
        if card.config:
            write_text(folder / CONFIG_FILE, options.to_toml(card.config))


def _check_same_network(card: ModelCard, folder: Path) -> None:
    if read_card(folder / CARD_FILE).model_sha256 != card.model_sha256:
        raise ModelError(
            f"'{folder}' was replaced after it was loaded, so nothing was written. Do this again "
            "for the model that is there now."
        )


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _replacing(folder: Path, *, may_replace: bool = True) -> Iterator[Path]:
    folder = folder.resolve()
    _check_free(folder, may_replace=may_replace)
    with _writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            with replace_path(folder, may_replace=may_replace) as new:
                yield new
            remove_leftovers(folder, older_than_s=_ABANDONED_AFTER_S)
        except OSError:
            _check_free(folder, may_replace=may_replace)  # somebody else was faster
            raise


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.args[0][0][2] if isinstance(error, shutil.Error) else error
        raise ModelError(
            f"The model cannot be written to '{folder}': {reason}. {way_out(error)}, or set "
            "FER_MODELS to another folder."
        ) from error
