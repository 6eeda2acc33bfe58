from copy import deepcopy
from typing import Any

import pytest

from fer.errors import ModelError
from fer.models import keras2

CONV = {
    "class_name": "Conv2D",
    "config": {
        "name": "conv2d_1", "trainable": True, "filters": 4, "kernel_size": [3, 3],
        "data_format": "channels_last", "activation": "relu", "batch_input_shape": [None, 9, 8, 1],
        "kernel_initializer": {"class_name": "VarianceScaling", "config": {"seed": None}},
    },
}  # fmt: skip
DENSE = {"class_name": "Dense", "config": {"name": "dense_1", "units": 3}}


def sequential(*layers: dict[str, Any], version: str = "2.0.8") -> dict[str, Any]:
    return {"class_name": "Sequential", "config": list(layers), "keras_version": version}


def layers(configuration: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = keras2.normalised(configuration)["config"]["layers"]
    return found


def test_a_list_of_layers_becomes_a_network_that_begins_with_its_input() -> None:
    first, conv, _ = layers(sequential(CONV, DENSE))
    assert first["class_name"] == "InputLayer"
    assert first["config"]["batch_shape"] == [None, 9, 8, 1]
    assert (conv["module"], conv["class_name"]) == ("keras.layers", "Conv2D")
    assert not {"batch_input_shape", "kernel_initializer"} & set(conv["config"])


def test_an_input_layer_is_not_doubled() -> None:
    given = {
        "class_name": "InputLayer",
        "config": {"name": "in", "batch_input_shape": [None, 9, 8, 1], "ragged": False},
    }
    found = layers(sequential(given, CONV))
    assert [layer["class_name"] for layer in found] == ["InputLayer", "Conv2D"]
    assert found[0]["config"] == {"name": "in", "batch_shape": [None, 9, 8, 1]}


def test_names_lose_their_slash_everywhere_and_stay_different() -> None:
    def dense(name: str, *inputs: str) -> dict[str, Any]:
        nodes = [[[one, 0, 0, {}] for one in inputs]] if inputs else []
        return {"class_name": "Dense", "name": name, "config": {"name": name, "units": 2},
                "inbound_nodes": nodes}  # fmt: skip

    network = {
        "class_name": "Model",
        "config": {
            "name": "a/net",
            "layers": [dense("a/b"), dense("a_b", "a/b"), dense("c", "a/b", "a_b")],
            "input_layers": [["a/b", 0, 0]],
            "output_layers": [["c", 0, 0]],
        },
    }
    config = keras2.normalised(network)["config"]
    names = [layer["config"]["name"] for layer in config["layers"]]
    assert names == [layer["name"] for layer in config["layers"]] == ["a_b_", "a_b", "c"]
    assert config["layers"][2]["inbound_nodes"] == [[["a_b_", 0, 0, {}], ["a_b", 0, 0, {}]]]
    assert (config["name"], config["input_layers"]) == ("a_net", ["a_b_", 0, 0])


def test_what_is_given_is_not_changed() -> None:
    given = sequential(CONV, DENSE)
    before = deepcopy(given)
    keras2.normalised(given)
    assert given == before


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        ({"class_name": "TFOpLambda", "config": {"function": "math.add"}}, "'math.add'"),
        ({"class_name": "Dense", "config": {"activation": "hard_sigmoid"}}, "another formula"),
        (
            {
                "class_name": "Dense",
                "config": {"activation": {"class_name": "function", "config": "hard_sigmoid"}},
            },
            "another formula",
        ),
        ({"class_name": "BatchNormalization", "config": {"renorm": True}}, "renorm"),
        ({"class_name": "DepthwiseConv2D", "config": {"groups": 2}}, "of 2 groups"),
    ],
)
def test_what_would_answer_differently_is_refused(layer: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelError, match=reason) as error:
        keras2.normalised(sequential(CONV, layer))
    assert len(str(error.value)) < 250


def test_networks_of_keras_1_are_refused() -> None:
    with pytest.raises(ModelError, match=r"Keras 1\.0\.4 wrote this network"):
        keras2.normalised(sequential(CONV, version="1.0.4"))


def test_networks_whose_code_is_elsewhere_are_refused() -> None:
    subclass = {"class_name": "EmotionNet", "config": {"name": "net"}, "keras_version": "2.9.0"}
    with pytest.raises(ModelError, match=r"class of its own, 'EmotionNet'"):
        keras2.normalised(subclass)


def test_versions_are_told_apart() -> None:
    old = [{"keras_version": "2.15.0"}, {"keras_version": "1.2.2"}, {"class_name": "Sequential"}]
    new = [{"keras_version": "3.4.1"}, {"class_name": "Sequential", "module": "keras"}]
    assert [keras2.is_old(one) for one in (*old, *new)] == [True, True, True, False, False]


def test_layers_are_found_inside_networks_and_wrappers() -> None:
    wrapper = {"class_name": "TimeDistributed", "config": {"layer": DENSE}}
    found = keras2.layers_of(sequential(sequential(CONV), wrapper))
    kinds = [layer["class_name"] for layer in found]
    assert kinds == ["Sequential", "Conv2D", "TimeDistributed", "Dense"]
