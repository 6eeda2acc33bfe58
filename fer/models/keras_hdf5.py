"""HDF5 files of Keras: whole networks, and weights in the layouts of Keras 2 and 3."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import h5py

_STATE = "/StateVar:0"
"""Ends the name of a random layer's state, which some versions kept among the weights."""


def configuration_of(path: Path) -> dict[str, Any] | None:
    """The configuration of the network in an HDF5 file, with its versions; None: it has none.

    Raises:
        OSError: If it is no HDF5 file, or cut short.
        ValueError: If the configuration is no JSON.
    """
    import h5py

    with h5py.File(path) as file:
        text = file.attrs.get("model_config")
        if text is None:
            return None
        configuration: dict[str, Any] = json.loads(text)
        for key in ("keras_version", "backend"):
            if value := file.attrs.get(key):
                configuration[key] = value.decode() if isinstance(value, bytes) else value
        return configuration


def holds_weights(path: Path) -> bool:
    """Whether an HDF5 file holds weights of Keras, with or without a network."""
    import h5py

    with h5py.File(path) as file:
        return _is_of_keras2(file) or "layers" in file or "_layer_checkpoint_dependencies" in file


def copy_weights(path: Path, folder: Path) -> Path:
    """Copy weights into a folder, under a name that tells Keras 3 their layout.

    Keras 3 goes by the name, but `save_weights("a.weights.h5")` of Keras 2 wrote either layout.
    """
    import h5py

    with h5py.File(path) as file:
        is_of_keras2 = _is_of_keras2(file)
    copy = folder / ("keras2.h5" if is_of_keras2 else "keras3.weights.h5")
    shutil.copyfile(path, copy)
    if is_of_keras2:
        with h5py.File(copy, "r+") as file:
            file.visititems(lambda _, item: _leave_out_state(item))
    return copy


def _is_of_keras2(file: "h5py.File") -> bool:
    # A long list of names stands in several attributes: layer_names0, layer_names1, …
    return "model_weights" in file or any(key.startswith("layer_names") for key in file.attrs)


def _leave_out_state(item: "h5py.Group | h5py.Dataset") -> None:
    for key in [key for key in item.attrs if key.startswith("weight_names")]:
        names = [name if isinstance(name, bytes) else name.encode() for name in item.attrs[key]]
        kept = [name for name in names if not name.decode().endswith(_STATE)]
        if len(kept) < len(names):
            item.attrs[key] = np.array(kept, "S")
