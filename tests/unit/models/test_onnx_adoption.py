import sys
from pathlib import Path

import numpy as np
import pytest

from fer import models
from fer.errors import MissingPackageError, ModelError
from fer.models import adoption
from fer.models.pixel_scales import SCALES

onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

from fer.models import onnx_reading  # noqa: E402

LABELS = ("happy", "sad", "surprise")
SIDE = 16


def faces(n: int, channels: int) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 256, (n, SIDE, SIDE, channels), dtype=np.uint8)


def network(
    channels: int = 1,
    *,
    batch: int | str = "batch",
    ending: str = "",
    opset: int = 17,
    is_channels_last: bool = False,
    number: int = TensorProto.FLOAT,
    flatten: tuple[int, ...] = (0, -1),
) -> "onnx.ModelProto":
    """What PyTorch exports: a convolution, ReLU, pooling, a dense layer, and perhaps an ending."""
    random = np.random.default_rng(0)
    kind = helper.tensor_dtype_to_np_dtype(number) if number != TensorProto.UINT8 else np.float32
    weights = {
        "conv.weight": random.normal(0, 0.3, (4, channels, 3, 3)),
        "fc.weight": random.normal(0, 0.3, (3, 4 * 7 * 7)),
        "fc.bias": random.normal(0, 1, 3),
    }
    tensors = [numpy_helper.from_array(one.astype(kind), name) for name, one in weights.items()]
    tensors.append(numpy_helper.from_array(np.array(flatten), "flat.shape"))
    start = [helper.make_node("Cast", ["input"], ["float"], to=TensorProto.FLOAT)]
    if number != TensorProto.UINT8:
        start = [helper.make_node("Identity", ["input"], ["float"])]
    if is_channels_last:
        start.append(helper.make_node("Transpose", ["float"], ["first"], perm=[0, 3, 1, 2]))
    nodes = [
        *start,
        helper.make_node("Conv", ["first" if is_channels_last else "float", "conv.weight"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("MaxPool", ["b"], ["c"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Reshape", ["c", "flat.shape"], ["d"]),
        helper.make_node("Gemm", ["d", "fc.weight", "fc.bias"], ["logits"], transB=1),
    ]
    output = "logits"
    if ending:
        attributes = {"axis": 1} if ending == "Softmax" else {}
        nodes.append(helper.make_node(ending, ["logits"], ["output"], **attributes))
        output = "output"
    sides = (SIDE, SIDE, channels) if is_channels_last else (channels, SIDE, SIDE)
    out = number if number != TensorProto.UINT8 else TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "main_graph",
        [helper.make_tensor_value_info("input", number, (batch, *sides))],
        [helper.make_tensor_value_info(output, out, (batch, 3))],
        tensors,
    )
    made = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset)], producer_name="pytorch"
    )
    made.ir_version = 8
    return made


def answers(
    proto: "onnx.ModelProto", scaled: np.ndarray, *, is_channels_last: bool = False
) -> np.ndarray:
    """What the network itself gives each face alone, computed without ONNX Runtime."""
    inputs = scaled if is_channels_last else scaled.transpose(0, 3, 1, 2)
    evaluator = ReferenceEvaluator(proto)
    return np.concatenate(
        [evaluator.run(None, {"input": inputs[i : i + 1]})[0] for i in range(len(inputs))]
    )


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return shares


def adopted(proto: "onnx.ModelProto", folder: Path, scale: str = "0-1") -> models.Model:
    onnx.save(proto, folder / "network.onnx")
    adoption.adopt(folder / "network.onnx", LABELS, out=folder / "mine", scale=scale)
    return models.load(folder / "mine")


@pytest.mark.parametrize("scale", SCALES)
def test_a_colour_network_gets_its_scale_and_a_softmax(tmp_path: Path, scale: str) -> None:
    proto = network(3)
    model = adopted(proto, tmp_path, scale)
    expected = softmax(answers(proto, SCALES[scale].apply(faces(5, 3))))
    np.testing.assert_allclose(model.uncalibrated(faces(5, 3)), expected, atol=1e-5)
    assert model.form == model.card.original == "onnx"


@pytest.mark.parametrize("opset", [7, 13, 18, 21])
def test_grey_networks_of_old_and_new_opsets_are_standardised_image_by_image(
    tmp_path: Path, opset: int
) -> None:
    proto = network(opset=opset)
    model = adopted(proto, tmp_path, "per-image")
    expected = softmax(answers(proto, SCALES["per-image"].apply(faces(5, 1))))
    np.testing.assert_allclose(model.uncalibrated(faces(5, 1)), expected, atol=1e-5)


def test_channels_may_come_last(tmp_path: Path) -> None:
    proto = network(3, is_channels_last=True)
    model = adopted(proto, tmp_path)
    scaled = SCALES["0-1"].apply(faces(4, 3))
    expected = softmax(answers(proto, scaled, is_channels_last=True))
    np.testing.assert_allclose(model.uncalibrated(faces(4, 3)), expected, atol=1e-5)


@pytest.mark.parametrize("flatten", [(1, -1), (1, 4 * 7 * 7)])
def test_a_network_for_one_face_at_a_time_takes_any_number(
    tmp_path: Path, flatten: tuple[int, ...]
) -> None:
    proto = network(batch=1, flatten=flatten, opset=8)
    model = adopted(proto, tmp_path)
    expected = softmax(answers(proto, SCALES["0-1"].apply(faces(130, 1))))
    np.testing.assert_allclose(model.uncalibrated(faces(130, 1)), expected, atol=1e-5)


def test_a_network_that_cannot_be_opened_to_several_faces_runs_on_each(tmp_path: Path) -> None:
    """As a transformer does whose class token was exported for one face."""
    proto = network(batch=1)
    graph = proto.graph
    graph.initializer.append(numpy_helper.from_array(np.ones((1, 3), np.float32), "token"))
    graph.node.append(helper.make_node("Concat", ["logits", "token"], ["joined"], axis=0))
    graph.node.append(helper.make_node("ReduceMean", ["joined"], ["mixed"], axes=[0], keepdims=1))
    graph.output[0].name = "mixed"
    model = adopted(proto, tmp_path)
    expected = softmax(answers(proto, SCALES["0-1"].apply(faces(5, 1))))
    np.testing.assert_allclose(model.uncalibrated(faces(5, 1)), expected, atol=1e-5)


def test_probabilities_stay_as_they_are(tmp_path: Path) -> None:
    proto = network(ending="Softmax")
    model = adopted(proto, tmp_path)
    expected = answers(proto, SCALES["0-1"].apply(faces(4, 1)))
    np.testing.assert_allclose(model.uncalibrated(faces(4, 1)), expected, atol=1e-5)


def test_one_sigmoid_a_class_is_divided_by_their_sum(tmp_path: Path) -> None:
    proto = network(ending="Sigmoid")
    model = adopted(proto, tmp_path)
    alone = answers(proto, SCALES["0-1"].apply(faces(4, 1)))
    expected = alone / alone.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.uncalibrated(faces(4, 1)), expected, atol=1e-5)
    assert "divided by their sum" in model.card.remarks[0]


def test_half_precision_and_whole_numbers_are_fed_as_they_expect(tmp_path: Path) -> None:
    proto = network(number=TensorProto.FLOAT16)
    model = adopted(proto, tmp_path)
    scaled = SCALES["0-1"].apply(faces(4, 1)).astype(np.float16)
    found = model.uncalibrated(faces(4, 1))
    np.testing.assert_allclose(found, softmax(answers(proto, scaled).astype(np.float32)), atol=5e-3)

    proto = network(number=TensorProto.UINT8)
    with pytest.raises(ModelError, match="Choose scale 0-255"):
        adopted(proto, tmp_path)
    model = adopted(proto, tmp_path, "0-255")
    expected = softmax(answers(proto, faces(4, 1)))
    np.testing.assert_allclose(model.uncalibrated(faces(4, 1)), expected, atol=1e-5)


def test_an_adopted_network_is_adopted_again_from_its_own_file(tmp_path: Path) -> None:
    first = adopted(network(3), tmp_path, "caffe-bgr")
    file = tmp_path / "mine" / "model.onnx"
    adoption.adopt(file, LABELS, out=tmp_path / "again", scale="0-255")
    again = models.load(tmp_path / "again")
    np.testing.assert_allclose(
        again.uncalibrated(faces(4, 3)), first.uncalibrated(faces(4, 3)), atol=1e-6
    )


def test_one_of_several_outputs_is_chosen_by_its_number_of_classes(tmp_path: Path) -> None:
    proto = network()
    proto.graph.output.insert(
        0, helper.make_tensor_value_info("d", TensorProto.FLOAT, ("batch", 4 * 7 * 7))
    )
    model = adopted(proto, tmp_path)
    assert model.uncalibrated(faces(2, 1)).shape == (2, 3)


def test_a_network_is_not_added_over_a_model_that_must_stay(tmp_path: Path) -> None:
    adopted(network(), tmp_path)
    before = {file.name: file.read_bytes() for file in (tmp_path / "mine").iterdir()}
    with pytest.raises(ModelError, match="There already is a model 'mine'"):
        adoption.adopt(
            tmp_path / "network.onnx", LABELS[::-1], out=tmp_path / "mine", may_replace=False
        )
    assert {file.name: file.read_bytes() for file in (tmp_path / "mine").iterdir()} == before


def two_heads() -> "onnx.ModelProto":
    """A network of two outputs of three numbers: its logits, and these with the other sign."""
    proto = network()
    proto.graph.node.append(helper.make_node("Neg", ["logits"], ["other"]))
    proto.graph.output.append(
        helper.make_tensor_value_info("other", TensorProto.FLOAT, ("batch", 3))
    )
    return proto


def test_one_of_several_outputs_of_as_many_classes_is_chosen_by_its_name(tmp_path: Path) -> None:
    proto, file = two_heads(), tmp_path / "network.onnx"
    onnx.save(proto, file)
    for given, taken in (({"likely": [7]}, "logits"), ({"output": "other"}, "other")):
        read = onnx_reading.read_network(file, **given)  # type: ignore[arg-type]
        assert (read.output, read.outputs) == (taken, {"logits": 3, "other": 3})
    with pytest.raises(ModelError, match=r"logits \(1, 3\), other \(1, 3\).*\(--output\)"):
        adoption.adopt(file, LABELS, out=tmp_path / "mine")
    with pytest.raises(ModelError, match=r"of shape .* called 'third'"):
        adoption.adopt(file, LABELS, out=tmp_path / "mine", output="third")
    logits = answers(network(), SCALES["0-1"].apply(faces(2, 1)))
    for output, sign in (("logits", 1), ("other", -1)):
        adoption.adopt(file, LABELS, out=tmp_path / "mine", output=output)
        found = models.load(tmp_path / "mine").uncalibrated(faces(2, 1))
        np.testing.assert_allclose(found, softmax(sign * logits), atol=1e-5)


def test_the_card_counts_weights_and_multiply_adds(tmp_path: Path) -> None:
    card = adopted(network(3), tmp_path).card
    dense, kernel = 3 * 4 * 7 * 7, 4 * 3 * 3 * 3
    assert card.parameters == dense + 3 + kernel
    assert card.multiply_adds == 14 * 14 * kernel + dense
    assert card.shape == (SIDE, SIDE, 3)
    assert "pytorch" in card.remarks[0]


def test_the_file_tells_what_one_must_know_to_use_it(tmp_path: Path) -> None:
    adopted(network(3), tmp_path)
    proto = onnx.load(tmp_path / "mine" / "model.onnx")
    onnx.checker.check_model(proto, full_check=True)
    metadata = {one.key: one.value for one in proto.metadata_props}
    assert metadata["labels"] == '["happy", "sad", "surprise"]'
    assert (metadata["height"], metadata["width"], metadata["channels"]) == ("16", "16", "3")
    assert [one.name for one in proto.graph.input] == ["faces"]
    assert [one.name for one in proto.graph.output] == ["probabilities"]


def test_weights_in_a_second_file_are_taken_in(tmp_path: Path) -> None:
    proto = network()
    file = tmp_path / "network.onnx"
    expected = softmax(answers(proto, SCALES["0-1"].apply(faces(2, 1))))
    onnx.save(proto, file, save_as_external_data=True, location="network.data", size_threshold=0)
    adoption.adopt(file, LABELS, out=tmp_path / "mine")
    (tmp_path / "network.data").unlink()
    found = models.load(tmp_path / "mine").uncalibrated(faces(2, 1))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    with pytest.raises(ModelError, match="second file"):
        adoption.adopt(file, LABELS, out=tmp_path / "other")


def test_what_does_not_fit_is_an_error_that_names_it(tmp_path: Path) -> None:
    file = tmp_path / "network.onnx"
    onnx.save(network(), file)
    with pytest.raises(ModelError, match="has 3 outputs; expected 2, one number for each of happy"):
        adoption.adopt(file, ("happy", "sad"), out=tmp_path / "mine")
    with pytest.raises(ModelError, match="for networks of 3 channels"):
        adoption.adopt(file, LABELS, out=tmp_path / "mine", scale="imagenet")
    whole = file.read_bytes()
    for damaged in (b"", b"no network", whole[: len(whole) // 2]):
        file.write_bytes(damaged)
        with pytest.raises(
            ModelError, match=r"'network\.onnx'.*(no ONNX file, or damaged|no ONNX network)"
        ):
            adoption.adopt(file, LABELS, out=tmp_path / "mine")
    with pytest.raises(ModelError, match="There is no file"):
        adoption.adopt(tmp_path / "nothing.onnx", LABELS, out=tmp_path / "mine")
    onnx.save(network(batch=4, flatten=(4, -1)), file)
    with pytest.raises(ModelError, match=r"takes input \(4, 1, 16, 16\)"):
        adoption.adopt(file, LABELS, out=tmp_path / "mine")
    open_size = network()
    open_size.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "height"
    onnx.save(open_size, file)
    with pytest.raises(ModelError, match="fixed height and width"):
        adoption.adopt(file, LABELS, out=tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_a_model_without_a_keras_network_names_what_needs_one(tmp_path: Path) -> None:
    model = adopted(network(), tmp_path)
    with pytest.raises(ModelError, match="Grad-CAM"):
        _ = model.network
    with pytest.raises(ModelError, match="adopted as onnx, its only form"):
        models.load(tmp_path / "mine", form="keras")
    assert models.load(tmp_path / "mine", form="auto").form == "onnx"
    (tmp_path / "mine" / "model.onnx").write_bytes(b"other")
    with pytest.raises(ModelError, match="SHA-256 differs"):
        models.load(tmp_path / "mine")


def test_a_missing_extra_is_named_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adopted(network(), tmp_path)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingPackageError, match=r"onnxruntime.*\[onnx\]"):
        models.load(tmp_path / "mine")
    for name in [one for one in sys.modules if one.startswith("fer.models.onnx_")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingPackageError, match=r"package onnx,.*\[onnx\]"):
        adoption.adopt(tmp_path / "network.onnx", LABELS, out=tmp_path / "other")
