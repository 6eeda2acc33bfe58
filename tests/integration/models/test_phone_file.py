"""What Android's and iOS' libraries look for in the file, found by TensorFlow Lite's own layout."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from flatbuffers import encode, number_types
from flatbuffers.table import Table

from fer.models import phone_file
from fer.models.card import ModelCard
from fer.models.model import Model
from fer.nets import architectures


def made(channels: int) -> Model:
    network = architectures.build("simple", (24, 24, channels), classes=3)
    card = ModelCard(
        name="small", labels=("angry", "happy", "sad"), height=24, width=24, channels=channels,
        framing={"eyes_x": 0.5, "eyes_y": 0.4, "span": 0.4}, data={}, temperature=0.5,
        model_sha256="ab" * 32,
    )  # fmt: skip
    return Model.of(network, card)


@pytest.fixture(scope="module", params=[1, 3], ids=["grey", "colour"])
def model(request: pytest.FixtureRequest) -> Model:
    return made(request.param)


@pytest.fixture(scope="module")
def content(model: Model) -> bytes:
    return phone_file.convert(model.network, model.card)


def test_it_takes_rgb_and_its_answers_are_calibrated(model: Model, content: bytes) -> None:
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    [given], [made] = interpreter.get_input_details(), interpreter.get_output_details()
    assert (list(given["shape"]), given["dtype"]) == ([1, *model.card.shape[:2], 3], np.uint8)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        face = rng.integers(0, 256, (1, *model.card.shape), np.uint8)
        interpreter.set_tensor(given["index"], np.repeat(face, 3 // model.card.channels, axis=3))
        interpreter.invoke()
        found = interpreter.get_tensor(made["index"])
        np.testing.assert_allclose(found, model.classify(face), atol=2e-3)
        back = phone_file.forward_of(content, Path("face.tflite"), model.card)(face)
        np.testing.assert_allclose(back, model.uncalibrated(face), atol=2e-3)


def test_red_green_and_blue_become_the_grey_of_photos() -> None:
    model = made(channels=1)
    rgb = np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8)
    interpreter = Interpreter(model_content=phone_file.convert(model.network, model.card))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], rgb[None])
    interpreter.invoke()
    found = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)[None, ..., None]
    np.testing.assert_allclose(found, model.classify(grey), atol=2e-3)


def test_labels_and_contract_lie_in_an_archive_behind_the_network(
    model: Model, content: bytes
) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("labels.txt").decode().splitlines() == list(model.card.labels)
        contract = json.loads(archive.read("contract.json"))
    assert contract["framing"] == model.card.framing
    assert contract["model_sha256"] == model.card.model_sha256


def test_the_metadata_name_input_normalisation_and_labels(model: Model, content: bytes) -> None:
    network = schema.ModelT.InitFromPackedBuf(content, 0)
    [entry] = [one for one in network.metadata if one.name == b"TFLITE_METADATA"]
    data = bytearray(network.buffers[entry.buffer].data)
    assert data[4:8] == b"M001"
    root = Table(data, encode.Get(number_types.UOffsetTFlags.packer_type, data, 0))
    assert text(root, 0) == model.card.name
    [parts] = vector(root, 3)
    [image], [probability] = vector(parts, 2), vector(parts, 3)
    kind = table(table(image, 3), 1)
    assert (byte(table(image, 3), 0), byte(kind, 0)) == (2, 1), "image properties; RGB"
    [unit] = vector(image, 4)
    normalisation = table(unit, 1)
    assert (byte(unit, 0), floats(normalisation, 0), floats(normalisation, 1)) == (1, [0], [1])
    [labels] = vector(probability, 6)
    assert (text(labels, 0), byte(labels, 2)) == ("labels.txt", 2), "labels of the tensor's axis"


def place(of: Table, field: int) -> int:
    return int(of.Pos + of.Offset(4 + 2 * field))


def table(of: Table, field: int) -> Table:
    return Table(of.Bytes, of.Indirect(place(of, field)))


def text(of: Table, field: int) -> str:
    return str(of.String(place(of, field)).decode())


def byte(of: Table, field: int) -> int:
    return int(of.Get(number_types.Int8Flags, place(of, field)))


def vector(of: Table, field: int) -> list[Table]:
    start, count = of.Vector(place(of, field) - of.Pos), of.VectorLen(place(of, field) - of.Pos)
    return [Table(of.Bytes, of.Indirect(start + 4 * number)) for number in range(count)]


def floats(of: Table, field: int) -> list[Any]:
    start, count = of.Vector(place(of, field) - of.Pos), of.VectorLen(place(of, field) - of.Pos)
    return [of.Get(number_types.Float32Flags, start + 4 * number) for number in range(count)]
