"""Networks in Keras' own files: `.keras`, `.h5`, and JSON with weights."""

from pathlib import Path
from typing import TYPE_CHECKING

from fer.errors import ModelError
from fer.files import replace_file, replace_path
from fer.importing import extras
from fer.models.loading import load

if TYPE_CHECKING:
    import keras

SUFFIXES = (".keras", ".h5", ".json")
"""Files that are written and read; beside `name.json` lies `name.weights.h5`."""


@extras()
def save(model: str | Path, file: str | Path) -> list[Path]:
    """Write a model's network for other programs: `.keras`, `.h5`, or `.json` with its weights.

    Args:
        model: A model's name or folder.
        file: The file to write; its suffix selects the format.

    Returns:
        The files written.

    Raises:
        FerError: If the model cannot be used, or the file cannot be written.
    """
    path = Path(file).expanduser()
    _check_suffix(path)
    return write_network(load(model).network, path)


def write_network(network: "keras.Model", path: Path) -> list[Path]:
    """Write a network in the form that the file's suffix names, and list the files written.

    Raises:
        ModelError: If a file cannot be written; what was there stays.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix != ".json":
            with replace_path(path) as new:
                network.save(new)
            return [path]
        with replace_path(_weights_of(path)) as new, replace_file(path) as text:
            network.save_weights(new)
            text.write(network.to_json().encode())
        return [path, _weights_of(path)]
    except OSError as error:
        raise ModelError(f"The network cannot be written to '{path}': {error}.") from error


def read_network(path: Path, *, weights: Path | None = None) -> "keras.Model":
    """Read a network without running any code in the file.

    Args:
        path: The file of the network.
        weights: The weights of a `.json` file. Without it they lie beside `name.json`, in
            `name.weights.h5` or `name.h5`.

    Raises:
        ModelError: If a file is missing, or Keras cannot read it.
    """
    _check_suffix(path)
    import keras

    files = [path]
    if path.suffix == ".json":
        named = [weights] if weights else [_weights_of(path), path.with_suffix(".h5")]
        files.append(next((file for file in named if file.is_file()), named[0]))
    if missing := [file for file in files if not file.is_file()]:
        raise ModelError(f"There is no file '{missing[0]}'. Expected a network saved by Keras.")
    try:
        if path.suffix != ".json":
            return keras.saving.load_model(path, compile=False, safe_mode=True)
        model = keras.models.model_from_json(path.read_text(encoding="utf-8"))
        model.load_weights(files[1])
    except Exception as error:  # Keras lets any exception of its parts through
        raise ModelError(f"'{path}' cannot be loaded by Keras: {error}") from error
    return model


def _check_suffix(path: Path) -> None:
    if path.suffix not in SUFFIXES:
        raise ModelError(f"'{path.name}' ends in '{path.suffix}'; expected {', '.join(SUFFIXES)}.")


def _weights_of(path: Path) -> Path:
    return path.with_suffix(".weights.h5")
