"""Networks in Keras' own files: `.keras`, `.h5`, and JSON with weights."""

import json
import math
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from fer.errors import ModelError
from fer.files import replace_file, replace_path, way_out
from fer.importing import require
from fer.models import keras2, keras_hdf5
from fer.models.keras_building import build, load_whole, one_sentence

if TYPE_CHECKING:
    import keras

SUFFIXES = (".keras", ".h5", ".json")
"""Files that are written; beside `name.json` lies `name.weights.h5`."""

READ_SUFFIXES = (".keras", ".h5", ".hdf5", ".json")
"""Files that are read, in upper or lower case."""


_PYTORCH = "is a file of PyTorch. Export the network as ONNX there (torch.onnx.export)."
_OTHER_FORMATS = {
    ".pt": _PYTORCH, ".pth": _PYTORCH, ".safetensors": _PYTORCH,
    ".pb": "is a network of TensorFlow. Load it in Python and save it as .keras, or convert it to "
    "ONNX with tf2onnx.",
    ".tflite": "is a network for LiteRT, whose weights were rounded or rearranged. Give the file "
    "that it was made of.",
}  # fmt: skip
"""What files of other programs are, and the way to bring their networks here."""


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
        raise ModelError(
            f"The network cannot be written to '{path}': {error}. {way_out(error)}, or choose "
            "another folder."
        ) from error


def read_network(path: Path, *, weights: Path | None = None) -> "keras.Model":
    """Read a network that any Keras from 2.0 on wrote, without running any code in the file.

    What a file is, its contents tell: Keras before 2.12 wrote HDF5 under the suffix `.keras`, too.

    Args:
        path: The file of the network.
        weights: The weights of a `.json` file. Without it they lie beside `name.json`, in
            `name.weights.h5` or `name.h5`.

    Raises:
        ModelError: If a file is missing, damaged, or holds what Keras 3 cannot build.
    """
    _check_no_other_format(path)
    _check_exists(path)
    require("keras")
    import h5py

    is_archive, is_hdf5 = _is_archive(path), h5py.is_hdf5(path)
    if not (is_archive or is_hdf5):
        _check_suffix(path)
    if weights and (is_archive or is_hdf5):
        raise ModelError(
            f"'{path.name}' has its own weights. Give the weights of .json files only."
        )
    if is_archive:
        return _with_usual_axes(_read_archive(path))
    if is_hdf5:
        return _with_usual_axes(_read_hdf5(path))
    return _with_usual_axes(_read_json(path, weights))


def _is_archive(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        if "config.json" in archive.namelist():
            return True
    raise ModelError(
        f"'{path.name}' is a ZIP archive, but no network of Keras. If it was packed, unpack it and "
        "give the file in it."
    )


def _with_usual_axes(network: "keras.Model") -> "keras.Model":
    """A network that takes faces with an axis of channels, and gives one number a class.

    Some take grey faces as (height, width) or as one row of pixels, and some answer with
    (1, 1, classes).
    """
    from keras import Input, Model, layers

    given, made = network.input_shape, network.output_shape
    if not isinstance(given, tuple) or not isinstance(made, tuple):
        return network
    if len(made) > 2 and None not in made[1:] and max(made[1:]) == math.prod(made[1:]):
        network = Model(network.inputs[0], layers.Flatten()(network.outputs[0]))
    sides = given[1:]
    if len(given) == 2 and sides[0] and (side := math.isqrt(sides[0])) ** 2 == sides[0] > 1:
        sides = (side, side)
    if len(given) not in (2, 3) or len(sides) != 2 or None in sides:
        return network
    faces = Input((*sides, 1))
    return Model(faces, network(layers.Reshape(given[1:])(faces)))


def _read_archive(path: Path) -> "keras.Model":
    with one_sentence(path), tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(path) as archive:
            configuration = json.loads(archive.read("config.json"))
            if "metadata.json" in archive.namelist():
                version = json.loads(archive.read("metadata.json")).get("keras_version")
                configuration["keras_version"] = version
            if keras2.is_old(configuration):
                weights = Path(archive.extract("model.weights.h5", folder))
                return build(configuration, weights, path)
        return load_whole(configuration, path, Path(folder) / "network.keras")


def _read_hdf5(path: Path) -> "keras.Model":
    with one_sentence(path), tempfile.TemporaryDirectory() as folder:
        configuration = keras_hdf5.configuration_of(path)
        if configuration is None:
            raise _no_network(path)
        if keras2.is_old(configuration):
            return build(configuration, path, path)
        return load_whole(configuration, path, Path(folder) / "network.h5")


def _read_json(path: Path, weights: Path | None) -> "keras.Model":
    try:
        configuration = json.loads(path.read_bytes())  # whose encoding it finds out
        if isinstance(configuration, str):  # json.dump(network.to_json(), file)
            configuration = json.loads(configuration)
    except (ValueError, RecursionError):
        raise ModelError(
            f"'{path.name}' is no file of Keras: neither an archive, nor HDF5, nor JSON. It may be "
            "cut short, or the web page or Git LFS pointer of the file; download it again."
        ) from None
    if not isinstance(configuration, dict) or not {"class_name", "config"} <= set(configuration):
        raise ModelError(
            f"'{path.name}' describes no network of Keras: it has no class_name and config."
        )
    with one_sentence(path):
        weights = weights or _weights_beside(path)
        _check_exists(weights)
        return build(configuration, weights, path)


def _no_network(path: Path) -> ModelError:
    if not keras_hdf5.holds_weights(path):
        return ModelError(f"'{path.name}' is an HDF5 file, but holds no network of Keras.")
    return ModelError(
        f"'{path.name}' holds weights alone, not the layers they belong to. Give the .json file "
        "that describes the layers, with this file as its weights; or build the network in "
        "Python, load the weights and save it whole, as .keras."
    )


def _check_no_other_format(path: Path) -> None:
    way_out = _OTHER_FORMATS.get(path.suffix.lower())
    if (path / "saved_model.pb").is_file():
        way_out = _OTHER_FORMATS[".pb"]
    if way_out:
        raise ModelError(f"'{path.name}' {way_out}")


def _check_suffix(path: Path) -> None:
    if path.suffix.lower() not in READ_SUFFIXES:
        ending = f"ends in '{path.suffix}'" if path.suffix else "has no ending"
        known = ", ".join(READ_SUFFIXES)
        raise ModelError(f"'{path.name}' {ending}; expected {known} or .onnx.")


def _check_exists(path: Path) -> None:
    if not path.is_file():
        raise ModelError(f"There is no file '{path}'. Expected a network saved by Keras.")


def _weights_of(path: Path) -> Path:
    return path.with_suffix(".weights.h5")


def _weights_beside(path: Path) -> Path:
    """The weights that go with a `.json` file by their name."""
    named = [_weights_of(path), path.with_suffix(".h5"), path.with_suffix(".hdf5")]
    known = [file.name.lower() for file in named]
    known += [
        f"{path.stem}{joint}weights.{end}".lower() for joint in "_-" for end in ("h5", "hdf5")
    ]
    beside = {file.name.lower(): file for file in path.parent.iterdir() if file.is_file()}
    for name in known:
        if name in beside:
            return beside[name]
    others = sorted(
        file.name for file in path.parent.iterdir() if file.suffix.lower() in READ_SUFFIXES[1:3]
    )
    hint = f" Beside it: {', '.join(others[:5])}." if others else ""
    raise ModelError(
        f"'{path.name}' describes layers without their weights, and there is no '{named[0].name}' "
        f"or '{named[1].name}' beside it. Name the file of the weights (--weights).{hint}"
    )
