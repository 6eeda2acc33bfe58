"""Networks of Keras 3 from the configurations and weights of any version, running no code."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fer.errors import ModelError
from fer.models import keras2, keras_hdf5

if TYPE_CHECKING:
    import keras


def build(configuration: dict[str, Any], weights: Path, path: Path) -> "keras.Model":
    """A network of a configuration of any version, with its weights.

    Raises:
        ModelError: If Keras 3 cannot build it, or the weights are not its own.
    """
    import h5py
    import keras

    is_old = keras2.is_old(configuration)
    new = keras2.normalised(configuration) if is_old else configuration
    _check_layers(new)
    network = keras.models.model_from_json(json.dumps(new))
    if not network.built:
        raise ModelError(f"'{path.name}' does not give the shape of the network's input.")
    if not h5py.is_hdf5(weights):
        raise ModelError(f"'{weights.name}' holds no weights: it is no HDF5 file of Keras.")
    with tempfile.TemporaryDirectory() as folder:
        try:
            network.load_weights(keras_hdf5.copy_weights(weights, Path(folder)))
        except Exception as error:  # Keras lets any exception of its parts through
            raise ModelError(
                f"The weights in '{weights.name}' do not fit the network in '{path.name}' "
                f"({reason(error)})."
            ) from error
    _finish(network, mirrored=configuration.get("backend") == "theano")
    return network


def load_whole(configuration: dict[str, Any], path: Path, copy: Path) -> "keras.Model":
    """A network that Keras 3 wrote whole, from a copy whose suffix Keras knows."""
    import keras

    _check_layers(configuration)
    if path.suffix != copy.suffix:
        path = Path(shutil.copyfile(path, copy))
    return keras.saving.load_model(path, compile=False, safe_mode=True)


def _finish(network: "keras.Model", *, mirrored: bool) -> None:
    """Do what Keras 2 did after it loaded weights, in every layer of a network."""
    from keras import layers

    for layer in network.layers:
        if hasattr(layer, "layers"):
            _finish(layer, mirrored=mirrored)
        elif isinstance(layer, layers.Normalization):
            layer.finalize_state()  # which Keras 3 leaves out inside inner networks
        elif mirrored and isinstance(layer, layers.Conv2D | layers.Conv2DTranspose):
            layer.kernel.assign(np.asarray(layer.kernel)[::-1, ::-1])  # Theano convolves


def _check_layers(configuration: dict[str, Any]) -> None:
    """Raise a ModelError if a network has layers that are not part of Keras."""
    from keras import layers

    for layer in keras2.layers_of(configuration):
        kind = layer["class_name"]
        if kind == "Lambda":
            raise ModelError(
                "The network has a Lambda layer: Python code, which is never run from a file. "
                "Rebuild it with layers of Keras, and save that."
            )
        module = str(layer.get("module", ""))
        is_other = module.split(".")[0] == "keras" and module != "keras.layers"  # an operation
        if not (hasattr(layers, kind) or is_other or kind in ("Functional", "Sequential")):
            raise ModelError(
                f"The network has a layer '{kind}', which is not part of Keras 3. Rebuild it with "
                "layers of Keras, and save that."
            )


@contextmanager
def one_sentence(path: Path) -> Iterator[None]:
    """Turn whatever Keras and its parts raise over a file into one sentence."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:  # Keras lets any exception of its parts through
        import keras

        raise ModelError(
            f"Keras {keras.__version__} cannot read '{path.name}' ({reason(error)}). Save the "
            "network again with the Keras that made it, as .keras or .h5."
        ) from error


def reason(error: Exception) -> str:
    """The innermost reason of an error of Keras, without the configuration that it quotes."""
    text = str(error).rpartition("Exception encountered: ")[2].strip() or type(error).__name__
    first = re.split(r"\. |\n|: \{|config=", text, maxsplit=1)[0].strip(" .:")
    return first if len(first) <= 160 else f"{first[:160]} …"
