"""Files as old versions of Keras wrote them; the oracle is the same network in Keras 3."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from fer import models
from fer.errors import ModelError
from fer.models import adoption, keras_files
from fer.models.keras_files import read_network

LABELS = ("happy", "sad", "surprise")
Configuration = dict[str, Any]


def faces(n: int) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 256, (n, 24, 24, 1), dtype=np.uint8)


def old_layer(kind: str, name: str, **config: object) -> Configuration:
    """A layer as Keras 2 wrote it, with an initializer of TensorFlow 1, which Keras 3 refuses."""
    zeros = {"class_name": "GlorotUniform", "config": {"seed": None, "dtype": "float32"}}
    return {
        "class_name": kind,
        "config": {"name": name, "trainable": True, "kernel_initializer": zeros, **config},
    }


def without_initializer(layer: Configuration) -> Configuration:
    del layer["config"]["kernel_initializer"]
    return layer


def conv(name: str = "conv2d_1", **more: object) -> Configuration:
    return old_layer("Conv2D", name, filters=4, kernel_size=[3, 3], activation="relu", **more)


FLAT = without_initializer(old_layer("Flatten", "flatten_1"))
DENSE = old_layer("Dense", "dense_1", units=3, activation="softmax")
SHAPE = {"batch_input_shape": [None, 24, 24, 1], "dtype": "float32"}


def simple() -> keras.Model:
    return keras.Sequential(
        [layers.Input((24, 24, 1)), layers.Conv2D(4, 3, activation="relu"), layers.Flatten(),
         layers.Dense(3, activation="softmax")]
    )  # fmt: skip


def with_list() -> Configuration:
    """2.0 to 2.2.2: the layers alone."""
    return {"class_name": "Sequential", "keras_version": "2.0.8", "backend": "tensorflow",
            "config": [conv(**SHAPE), FLAT, DENSE]}  # fmt: skip


def without_input() -> Configuration:
    """2.2.3 to 2.2: no InputLayer."""
    return {"class_name": "Sequential", "keras_version": "2.2.4", "backend": "tensorflow",
            "config": {"name": "sequential_1", "layers": [conv(**SHAPE), FLAT, DENSE]}}  # fmt: skip


def with_groups() -> Configuration:
    """TensorFlow 2: layers that inherited `groups`, an axis in a list, a policy for a dtype."""
    policy = {"class_name": "Policy", "config": {"name": "float32"}}
    alpha = {"type": "ndarray", "value": [0.25]}
    norm = without_initializer(old_layer("BatchNormalizationV1", "norm", axis=[3], dtype=policy))
    steps = [
        old_layer("DepthwiseConv2D", "depthwise", kernel_size=[3, 3], groups=1, **SHAPE),
        norm,
        old_layer("SeparableConv2D", "separable", filters=4, kernel_size=[3, 3], groups=1,
                  kernel_regularizer=None, kernel_constraint=None),
        without_initializer(old_layer("LeakyReLU", "leaky", alpha=alpha)),
        old_layer("Conv2DTranspose", "transpose", filters=2, kernel_size=[2, 2], groups=1),
    ]  # fmt: skip
    return {"class_name": "Sequential", "keras_version": "2.4.0", "backend": "tensorflow",
            "config": {"name": "sequential", "layers": [*steps, FLAT, DENSE]}}  # fmt: skip


def grouped() -> keras.Model:
    return keras.Sequential(
        [layers.Input((24, 24, 1)), layers.DepthwiseConv2D(3), layers.BatchNormalization(),
         layers.SeparableConv2D(4, 3), layers.LeakyReLU(0.25), layers.Conv2DTranspose(2, 2),
         layers.Flatten(), layers.Dense(3, activation="softmax")]
    )  # fmt: skip


def with_slashes() -> Configuration:
    """TensorFlow 1: names of scopes; and a network inside, whose first node Keras 2 counts."""

    def at(layer: Configuration, *inputs: list[object]) -> Configuration:
        name = layer["config"]["name"]
        return {
            **layer,
            "name": name,
            "inbound_nodes": [[[*one, {}] for one in inputs]] if inputs else [],
        }

    def entry(name: str, shape: list[int | None]) -> Configuration:
        return at({"class_name": "InputLayer", "config": {"name": name, "batch_input_shape": shape,
                   "dtype": "float32", "sparse": False, "ragged": False}})  # fmt: skip

    inner = {
        "class_name": "Model",
        "config": {
            "name": "base/net", "input_layers": [["in/2", 0, 0]], "output_layers": [["c/2", 0, 0]],
            "layers": [entry("in/2", [None, 24, 24, 1]), at(conv("c/2"), ["in/2", 0, 0])],
        },
    }  # fmt: skip
    end = old_layer("Dense", "out/logits", units=3)
    return {
        "class_name": "Model", "keras_version": "2.2.4-tf", "backend": "tensorflow",
        "config": {
            "name": "model", "input_layers": [["in", 0, 0]],
            "output_layers": [["out/logits", 0, 0]], "layers": [
                entry("in", [None, 24, 24, 1]),
                at(inner, ["in", 0, 0]),
                at(FLAT, ["base/net", 1, 0]),
                at(end, ["flatten_1", 0, 0]),
            ],
        },
    }  # fmt: skip


def nested() -> keras.Model:
    inside = layers.Input((24, 24, 1))
    base = keras.Model(inside, layers.Conv2D(4, 3, activation="relu")(inside))
    inputs = layers.Input((24, 24, 1))
    return keras.Model(inputs, layers.Dense(3)(layers.Flatten()(base(inputs))))


def with_odd_options() -> Configuration:
    """Options that only some versions wrote: numbers as arrays, activations as objects, …"""
    leaky = {"class_name": "LeakyReLU", "config": {"name": "inside", "alpha": 0.25}}
    six, nothing = {"type": "ndarray", "value": 6.0}, {"type": "ndarray", "value": 0.0}
    relu = old_layer("ReLU", "relu", max_value=six, negative_slope=nothing, threshold=nothing)
    norm = old_layer("BatchNormalization", "norm", axis=[3], fused=True, renorm=False)
    steps = [
        old_layer("Conv2D", "conv", filters=4, kernel_size=[3, 3], activation=leaky, **SHAPE),
        without_initializer(relu),
        without_initializer(norm),
        without_initializer(old_layer("SpatialDropout2D", "drop", rate=0.2, noise_shape=None)),
        without_initializer(old_layer("FixedDropout", "fixed", rate=0.2, noise_shape=None)),
        without_initializer(old_layer("ThresholdedReLU", "threshold", theta=0.5)),
        old_layer("Dense", "dense", units=4, activation={"class_name": "function",
                  "config": "softmax_v2"}),
    ]  # fmt: skip
    return {"class_name": "Sequential", "keras_version": "2.6.0", "backend": "tensorflow",
            "config": {"name": "sequential", "layers": [*steps, FLAT, DENSE]}}  # fmt: skip


def odd() -> keras.Model:
    return keras.Sequential(
        [layers.Input((24, 24, 1)), layers.Conv2D(4, 3, activation=layers.LeakyReLU(0.25)),
         layers.ReLU(6.0), layers.BatchNormalization(), layers.SpatialDropout2D(0.2),
         layers.Dropout(0.2), layers.ReLU(threshold=0.5), layers.Dense(4, activation="softmax"),
         layers.Flatten(), layers.Dense(3, activation="softmax")]
    )  # fmt: skip


def with_preprocessing() -> Configuration:
    """TensorFlow 2.4 and later: `preprocess_input` inside, as functions of TensorFlow."""

    def function(name: str, before: str, y: object) -> Configuration:
        config = {"name": f"tf.{name}", "trainable": True, "dtype": "float32", "function": name}
        node = [before, 0, 0, {"y": y, "name": None}]
        return {"class_name": "TFOpLambda", "name": f"tf.{name}", "config": config,
                "inbound_nodes": [node]}  # fmt: skip

    def at(layer: Configuration, before: str) -> Configuration:
        name = layer["config"]["name"]
        return {**layer, "name": name, "inbound_nodes": [[[before, 0, 0, {}]]]}

    entry = {"class_name": "InputLayer", "name": "in", "inbound_nodes": [], "config": {
        "name": "in", "batch_input_shape": [None, 24, 24, 1], "dtype": "float32"}}  # fmt: skip
    return {
        "class_name": "Functional", "keras_version": "2.8.0", "backend": "tensorflow",
        "config": {
            "name": "model", "input_layers": [["in", 0, 0]], "output_layers": [["dense_1", 0, 0]],
            "layers": [
                entry,
                function("math.truediv", "in", 0.5),
                function("math.subtract", "tf.math.truediv", [1.0]),
                at(conv(), "tf.math.subtract"),
                at(FLAT, "conv2d_1"),
                at(DENSE, "flatten_1"),
            ],
        },
    }  # fmt: skip


def preprocessed() -> keras.Model:
    return keras.Sequential(
        [layers.Input((24, 24, 1)), layers.Rescaling(2.0), layers.Rescaling(1.0, offset=-1.0),
         layers.Conv2D(4, 3, activation="relu"), layers.Flatten(),
         layers.Dense(3, activation="softmax")]
    )  # fmt: skip


KINDS = [
    (with_odd_options, odd),
    (with_preprocessing, preprocessed),
    (with_list, simple),
    (without_input, simple),
    (with_groups, grouped),
    (with_slashes, nested),
]


def give_weights(network: keras.Model, seed: int = 0) -> keras.Model:
    rng = np.random.default_rng(seed)
    network.set_weights([np.abs(rng.normal(0.2, 0.3, one.shape)) for one in network.get_weights()])
    return network


def write_weights(network: keras.Model, group: h5py.Group) -> None:
    """Weights as Keras 2 wrote them: trainable before the others, layer by layer."""
    group.attrs["backend"], group.attrs["keras_version"] = b"tensorflow", b"2.2.4"
    group.attrs["layer_names"] = [f"old_{i}".encode() for i, _ in enumerate(network.layers)]
    for i, layer in enumerate(network.layers):
        own = group.create_group(f"old_{i}")
        weights = [*layer.trainable_weights, *layer.non_trainable_weights]
        names = [f"old_{i}/weight_{k}:0" for k, _ in enumerate(weights)]
        own.attrs["weight_names"] = [name.encode() for name in names]
        for name, weight in zip(names, weights, strict=True):
            own[name] = np.asarray(weight)


def write_whole(network: keras.Model, configuration: Configuration, path: Path) -> Path:
    model_config = {key: configuration[key] for key in ("class_name", "config")}
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = configuration["keras_version"].encode()
        file.attrs["backend"] = configuration["backend"].encode()
        file.attrs["model_config"] = json.dumps(model_config).encode()
        write_weights(network, file.create_group("model_weights"))
    return path


def write_parts(
    network: keras.Model, configuration: Configuration, path: Path, weights: str, bom: bytes = b""
) -> Path:
    path.write_bytes(bom + json.dumps(configuration).encode())
    with h5py.File(path.parent / weights, "w") as file:
        write_weights(network, file)
    return path


def check_equal(found: keras.Model, expected: keras.Model) -> None:
    values = np.random.default_rng(1).random((4, 24, 24, 1), dtype=np.float32)
    np.testing.assert_allclose(np.asarray(found(values)), np.asarray(expected(values)), atol=1e-5)


@pytest.mark.parametrize(("write", "make"), KINDS)
def test_whole_networks_of_keras_2_answer_as_they_did(
    tmp_path: Path, write: Callable[[], Configuration], make: Callable[[], keras.Model]
) -> None:
    network = give_weights(make())
    for name in ("network.h5", "network.HDF5", "network.keras"):
        check_equal(read_network(write_whole(network, write(), tmp_path / name)), network)


@pytest.mark.parametrize(("write", "make"), KINDS)
def test_json_and_weights_of_keras_2_answer_as_they_did(
    tmp_path: Path, write: Callable[[], Configuration], make: Callable[[], keras.Model]
) -> None:
    network = give_weights(make())
    path = write_parts(network, write(), tmp_path / "model.JSON", "model_weights.h5")
    check_equal(read_network(path, weights=tmp_path / "model_weights.h5"), network)


@pytest.mark.parametrize("bom", [b"\xef\xbb\xbf", b""])
def test_weights_in_the_layout_of_keras_2_may_have_the_name_of_keras_3(
    tmp_path: Path, bom: bytes
) -> None:
    network = give_weights(simple())
    path = write_parts(network, with_list(), tmp_path / "net.json", "net.weights.h5", bom)
    check_equal(read_network(path), network)


def test_a_whole_file_serves_as_weights_too(tmp_path: Path) -> None:
    network = give_weights(simple())
    path = write_parts(give_weights(simple(), 1), with_list(), tmp_path / "net.json", "no.h5")
    whole = write_whole(network, with_list(), tmp_path / "best.hdf5")
    check_equal(read_network(path, weights=whole), network)


def test_json_of_keras_2_takes_weights_in_the_layout_of_keras_3(tmp_path: Path) -> None:
    network = give_weights(simple())
    network.save_weights(tmp_path / "net.weights.h5")
    (tmp_path / "net.json").write_text(json.dumps(json.dumps(without_input())))
    check_equal(read_network(tmp_path / "net.json"), network)


def test_kernels_that_theano_learnt_are_turned_round(tmp_path: Path) -> None:
    network, original = give_weights(simple()), give_weights(simple())
    kernel = original.layers[0].kernel
    kernel.assign(np.asarray(kernel)[::-1, ::-1])
    file = write_whole(network, {**with_list(), "backend": "theano"}, tmp_path / "network.h5")
    check_equal(read_network(file), original)


def with_numpy(kernel: np.ndarray, bias: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Flatten, and a dense layer with softmax."""
    powers = np.exp(features.reshape(len(features), -1) @ kernel + bias)
    shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return shares


@pytest.mark.parametrize("channels_first", [["pool"], ["conv", "pool"]])
def test_layers_whose_channels_come_first_answer_as_they_did(
    tmp_path: Path, channels_first: list[str]
) -> None:
    form = {name: "channels_first" if name in channels_first else "channels_last"
            for name in ("conv", "pool")}  # fmt: skip
    shape = [None, 1, 24, 24] if "conv" in channels_first else [None, 24, 24, 1]
    first = conv(batch_input_shape=shape, data_format=form["conv"])
    pool = old_layer("MaxPooling2D", "pool", pool_size=[2, 2], data_format=form["pool"])
    configuration = {**with_list(), "config": [first, without_initializer(pool), FLAT, DENSE]}
    size = 4 * 11 * 11 if "conv" in channels_first else 22 * 11 * 2
    network = keras.Sequential(
        [layers.Input((24, 24, 1)), layers.Conv2D(4, 3, activation="relu"), layers.Flatten(),
         layers.Lambda(lambda x: x[:, :size]), layers.Dense(3)]
    )  # fmt: skip
    network.set_weights([np.random.default_rng(0).normal(0, 0.2, w.shape) for w in network.weights])
    values = np.random.default_rng(1).random((4, 24, 24, 1), dtype=np.float32)
    maps = np.asarray(network.layers[0](values))  # (n, 22, 22, 4)
    if "conv" in channels_first:
        maps = maps.transpose(0, 3, 1, 2)
    pooled = maps.reshape(4, maps.shape[1], maps.shape[2] // 2, 2, -1, 2).max(axis=(3, 5))
    expected = with_numpy(*network.layers[-1].get_weights(), pooled)
    found = read_network(write_whole(network, configuration, tmp_path / "network.h5"))
    assert found.input_shape == (None, 24, 24, 1)
    np.testing.assert_allclose(np.asarray(found(values)), expected, atol=1e-5)


def test_what_a_normalization_learnt_counts_inside_an_inner_network_too(tmp_path: Path) -> None:
    norm = layers.Normalization()
    norm.adapt(np.random.default_rng(0).normal(3, 2, (50, 24, 24, 1)))
    network = keras.Sequential(
        [layers.Input((24, 24, 1)), keras.Sequential([norm]), layers.Flatten(), layers.Dense(3)]
    )
    old = without_initializer(old_layer("Normalization", "norm", axis=[-1], **SHAPE))
    inner = {"class_name": "Sequential", "config": {"name": "inner", "layers": [old]}}
    end = old_layer("Dense", "dense_1", units=3)
    configuration = {**with_list(), "config": [inner, FLAT, end]}
    check_equal(read_network(write_whole(network, configuration, tmp_path / "n.h5")), network)


def test_the_state_of_a_random_layer_is_no_weight(tmp_path: Path) -> None:
    network = give_weights(simple())
    file = write_whole(network, with_list(), tmp_path / "network.h5")
    with h5py.File(file, "r+") as inside:
        group = inside["model_weights"]
        names = ["random_flip", "old_0", "old_1", "old_2"]
        group.attrs["layer_names"] = [name.encode() for name in names]
        own = group.create_group("random_flip")
        own.attrs["weight_names"] = [b"random_flip/StateVar:0"]
        own["random_flip/StateVar:0"] = np.arange(3)
    check_equal(read_network(file), network)


def test_weights_alone_are_recognised_and_named(tmp_path: Path) -> None:
    write_parts(simple(), with_list(), tmp_path / "net.json", "model.h5")
    with pytest.raises(ModelError, match=r"weights alone.*Give the \.json file"):
        read_network(tmp_path / "model.h5")
    with pytest.raises(ModelError, match=r"'net\.h5' beside it.*--weights.*Beside it: model\.h5"):
        read_network(tmp_path / "net.json")
    whole = write_whole(simple(), with_list(), tmp_path / "whole.h5")
    with pytest.raises(ModelError, match=r"its own weights"):
        read_network(whole, weights=tmp_path / "model.h5")
    with pytest.raises(ModelError, match=r"'net\.json' holds no weights"):
        read_network(tmp_path / "net.json", weights=tmp_path / "net.json")
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["pixels"] = np.arange(3)
    with pytest.raises(ModelError, match="holds no network"):
        read_network(tmp_path / "data.h5")


def test_weights_of_another_network_are_an_error_of_one_sentence(tmp_path: Path) -> None:
    path = write_parts(nested(), with_list(), tmp_path / "net.json", "net.h5")
    with h5py.File(tmp_path / "net.h5", "r+") as file:
        file.attrs["layer_names"] = [b"old_0", b"old_1"]
    with pytest.raises(ModelError, match="do not fit the network") as error:
        read_network(path)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (without_initializer(old_layer("Lambda", "l", function=["4wEA", None, None])), "never run"),
        (old_layer("CapsuleLayer", "c", num_capsule=7), "'CapsuleLayer', which is not part of"),
        (old_layer("Dense", "d", units=3, activation="my_own"), "my_own"),
    ],
)
def test_what_keras_cannot_build_is_an_error_of_one_sentence(
    tmp_path: Path, layer: Configuration, reason: str
) -> None:
    configuration = with_list()
    configuration["config"].insert(1, layer)
    for path in (
        write_whole(simple(), configuration, tmp_path / "network.h5"),
        write_parts(simple(), configuration, tmp_path / "network.json", "network.weights.h5"),
    ):
        with pytest.raises(ModelError, match=reason) as error:
            read_network(path)
        assert len(str(error.value)) < 300


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs.github.com/spec/v1\n", b"[7]"])
@pytest.mark.parametrize("suffix", [".h5", ".keras", ".json"])
def test_what_is_no_network_is_named_so(tmp_path: Path, suffix: str, content: bytes) -> None:
    file = tmp_path / f"network{suffix}"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"is no file of Keras|describes no network"):
        read_network(file)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("net.pth", "Export the network as ONNX"),
        ("net.tflite", "the file that it was made of"),
        ("net.pb", "save it as .keras, or convert it to ONNX"),
        ("net.zip", "unpack it"),
        ("net.pickle", "expected .keras"),
    ],
)
def test_files_of_other_programs_are_named_with_the_way_out(
    tmp_path: Path, name: str, advice: str
) -> None:
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("inside", b"x" if name == "net.zip" else b"")
    if name == "net.pickle":
        (tmp_path / name).write_bytes(b"\x80\x04.")
    with pytest.raises(ModelError, match=advice):
        read_network(tmp_path / name)


@pytest.mark.parametrize("name", ["emotion.model", "emotion", "best.HDF", "weights.best.bin"])
def test_the_content_of_a_network_counts_not_its_suffix(tmp_path: Path, name: str) -> None:
    network = give_weights(simple())
    network.save(tmp_path / "network.h5")
    (tmp_path / "network.h5").rename(tmp_path / name)
    check_equal(read_network(tmp_path / name), network)


@pytest.mark.parametrize("name", ["net.H5", "net_weights.h5", "Net-Weights.hdf5"])
def test_weights_beside_a_network_are_found_by_the_usual_names(tmp_path: Path, name: str) -> None:
    network = give_weights(simple())
    write_parts(network, without_input(), tmp_path / "net.json", name)
    check_equal(read_network(tmp_path / "net.json"), network)


@pytest.mark.parametrize("shape", [(24, 24), (24 * 24,)])
def test_faces_without_an_axis_of_channels_get_one(tmp_path: Path, shape: tuple[int, ...]) -> None:
    network = give_weights(
        keras.Sequential([layers.Input(shape), layers.Flatten(), layers.Dense(3)])
    )
    network.save(tmp_path / "network.keras")
    found = read_network(tmp_path / "network.keras")
    assert found.input_shape == (None, 24, 24, 1)
    values = np.random.default_rng(1).random((4, 24, 24, 1), dtype=np.float32)
    expected = np.asarray(network(values.reshape(4, *shape)))
    np.testing.assert_allclose(np.asarray(found(values)), expected, atol=1e-5)


def test_answers_with_axes_of_one_are_made_flat(tmp_path: Path) -> None:
    network = give_weights(
        keras.Sequential([layers.Input((24, 24, 1)), layers.Conv2D(3, 24, activation="sigmoid")])
    )
    network.save(tmp_path / "network.h5")
    found = read_network(tmp_path / "network.h5")
    assert found.output_shape == (None, 3)
    values = np.random.default_rng(1).random((4, 24, 24, 1), dtype=np.float32)
    np.testing.assert_allclose(
        np.asarray(found(values)), np.asarray(network(values))[:, 0, 0], atol=1e-6
    )
    card = adoption.adopt(tmp_path / "network.h5", LABELS, out=tmp_path / "mine")
    assert "divided by their sum" in card.remarks[0]


@pytest.mark.parametrize("suffix", keras_files.SUFFIXES)
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5:UserWarning")
def test_a_model_goes_out_and_comes_back_in_every_format(
    tiny_folder: Path, tmp_path: Path, suffix: str
) -> None:
    network = models.load(tiny_folder).network
    written = keras_files.write_network(network, tmp_path / f"network{suffix}")
    assert all(file.is_file() for file in written)
    card = adoption.adopt(written[0], ("happy", "surprise"), out=tmp_path / "back", scale="0-255")
    back, before = models.load(tmp_path / "back"), models.load(tiny_folder)
    np.testing.assert_allclose(
        back.uncalibrated(faces(5)), before.uncalibrated(faces(5)), atol=1e-5
    )
    assert (card.labels, card.multiply_adds) == (before.card.labels, before.card.multiply_adds)


def test_code_in_a_foreign_network_is_not_run(tmp_path: Path) -> None:
    model = keras.Sequential(
        [layers.Input((20, 24, 1)), layers.Flatten(), layers.Lambda(lambda x: x[:, :3])]
    )
    model.save(tmp_path / "network.keras")
    (tmp_path / "network.json").write_text(json.dumps(json.loads(model.to_json())))
    (tmp_path / "network.weights.h5").touch()
    for name in ("network.keras", "network.json"):
        with pytest.raises(ModelError, match="never run"):
            adoption.adopt(tmp_path / name, LABELS, out=tmp_path / "mine")


def test_code_in_an_activation_is_not_run(tmp_path: Path) -> None:
    code = {"class_name": "Lambda", "config": {"name": "code", "function": ["4wEAAAA=", None, None],
            "function_type": "lambda", "module": "__main__"}}  # fmt: skip
    configuration = with_list()
    configuration["config"][0]["config"]["activation"] = code
    path = write_whole(give_weights(simple()), configuration, tmp_path / "network.h5")
    with pytest.raises(ModelError, match=r"Lambda|lambda") as error:
        read_network(path)
    assert len(str(error.value)) < 400


def test_a_network_that_cannot_be_written_whole_leaves_the_old_file(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, file = models.load(tiny_folder).network, tmp_path / "network.keras"
    file.write_bytes(b"the old one")

    def breaks_off(self: keras.Model, path: Path) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.Model, "save", breaks_off)
    with pytest.raises(ModelError, match="No space left"):
        keras_files.write_network(network, file)
    assert file.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [file]


def test_json_in_json_without_end_is_no_network(tmp_path: Path) -> None:
    (tmp_path / "net.json").write_bytes(b'{"class_name": ' + b"[" * 100_000)
    with pytest.raises(ModelError, match="is no file of Keras"):
        keras_files.read_network(tmp_path / "net.json")
