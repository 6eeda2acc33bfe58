"""The Models page, with networks that were trained elsewhere."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import h5py
import keras
import numpy as np
import pytest
from keras import layers
from playwright.sync_api import Page, expect

from fer import emotions, models
from fer.data import Dataset, add, load_dataset
from fer.data.synthetic import draw_face, face_seeds
from fer.models.adoption import adopt
from fer.models.card import read_card
from fer.models.pixel_scales import SCALES

WaitUntilIdle = Callable[[Page], None]

SLOW_MS = 120_000
SIDE_PX = 32
SKIN = np.array([1.0, 0.8, 0.65])  # red, green and blue of a drawn face
SHIPPED = Path(__file__).resolve().parents[2] / "models" / "ferplus"
EXCHANGED = ("surprise", "happy", "neutral", "angry", "sad", "fear", "disgust")


@pytest.fixture(scope="module", autouse=True)
def models_folder(fer_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = fer_home / "models"
    shutil.copytree(SHIPPED, folder / "ferplus")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_MODELS", str(folder))
        patch.setenv("FER_DATA_ROOTS", str(tmp_path_factory.getbasetemp()))
        yield folder


@pytest.fixture
def page(page: Page) -> Page:
    """The first visits to a server wait for Keras."""
    page.set_default_timeout(SLOW_MS)
    return page


@pytest.fixture(scope="module", autouse=True)
def faces(fer_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn faces in colour, as the data set `drawn`."""
    root = tmp_path_factory.mktemp("drawn")
    seeds = iter(face_seeds(7 * 145, seed=5))
    for label in emotions.FER2013:
        for part, count in (("train", 100), ("validation", 40), ("test", 5)):
            folder = root / part / label
            folder.mkdir(parents=True)
            for number in range(count):
                face = draw_face(label, seed=next(seeds), size=SIDE_PX)[..., None] * SKIN
                cv2.imwrite(str(folder / f"{number}.png"), face[..., ::-1].astype(np.uint8))
    add(root, name="drawn")
    return root


@pytest.fixture(scope="module")
def networks(faces: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Files of three networks as other people have them.

    Small ones for -1-1 do as well under the ranges of imagenet, so that no search could tell them.
    """
    folder = tmp_path_factory.mktemp("networks")
    grey = trained("0-255", emotions.FER2013_CODES, channels=1, faces=faces)
    colour = trained("0-255", emotions.FER2013, channels=3, faces=faces)
    vgg = trained("caffe-bgr", EXCHANGED, channels=3, faces=faces)
    return {
        "grey": [keras_2_file(grey, folder / "fer_model.hdf5")],
        "colour": keras_2_json(colour, folder),
        "vgg": [keras_2_file(vgg, folder / "vgg.h5")],
    }


def keras_2_file(network: keras.Model, file: Path) -> Path:
    """Write a network as `model.save` of Keras 2.2.4 did."""
    network.save(file.with_suffix(".h5"))
    file.with_suffix(".h5").rename(file)
    with h5py.File(file, "a") as content:
        content.attrs["model_config"] = json.dumps(keras_2_configuration(network))
        content.attrs["keras_version"] = "2.2.4"
        content.attrs.pop("training_config", None)
    return file


def keras_2_json(network: keras.Model, folder: Path) -> list[Path]:
    """Write a network as `model.to_json` and `model.save_weights` of Keras 2.2.4 did."""
    described, weights = folder / "colour.json", folder / "colour_weights.h5"
    described.write_text(json.dumps(keras_2_configuration(network)))
    whole = keras_2_file(network, folder / "whole.h5")
    with h5py.File(whole) as content, h5py.File(weights, "w") as kept:
        for name, group in content["model_weights"].items():
            content.copy(group, kept, name)
        for name, value in content["model_weights"].attrs.items():
            kept.attrs[name] = value
    return [described, weights]


def keras_2_configuration(network: keras.Model) -> dict[str, object]:
    """Only what these layers need; the first one holds the shape of the input, as it did then."""
    kept = (
        "name", "trainable", "axis", "momentum", "epsilon", "filters", "kernel_size", "strides",
        "padding", "activation", "units",
    )  # fmt: skip
    entries = []
    for layer in network.layers:
        config = {key: one for key, one in layer.get_config().items() if key in kept}
        entries.append({"class_name": type(layer).__name__, "config": config})
    entries[0]["config"]["batch_input_shape"] = list(network.input_shape)
    return {
        "class_name": "Sequential",
        "config": {"name": "sequential_1", "layers": entries},
        "keras_version": "2.2.4",
        "backend": "tensorflow",
    }


def trained(scale: str, order: tuple[str, ...], *, channels: int, faces: Path) -> keras.Model:
    keras.utils.set_random_seed(0)
    part: Dataset = load_dataset(faces, height=SIDE_PX, width=SIDE_PX, channels=channels).select(
        "train"
    )
    network = keras.Sequential(
        [
            layers.Input((SIDE_PX, SIDE_PX, channels)),
            layers.BatchNormalization(momentum=0.8),
            layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(48, activation="relu"),
            layers.Dense(len(order), activation="softmax"),
        ]
    )
    network.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy")
    values = SCALES[scale].apply(np.asarray(part.pixels))
    network.fit(values, part.targets_among(order), epochs=8, batch_size=32, verbose=0)
    return network


def open_wizard(page: Page, server: str, files: list[Path]) -> None:
    page.goto(f"{server}/models?models.view=Add+a+network")
    page.locator("input[type=file]").set_input_files(files)


@pytest.mark.slow
@pytest.mark.timeout(900)  # with the training of three networks
@pytest.mark.parametrize(
    ("network", "scale", "order", "sees"),
    [
        ("grey", "0-255", emotions.FER2013_CODES, "32 × 32 grey"),
        ("colour", "0-255", emotions.FER2013, "32 × 32 RGB"),
        ("vgg", "caffe-bgr", EXCHANGED, "32 × 32 RGB"),
    ],
)
def test_the_wizard_finds_the_scale_and_the_labels_of_a_foreign_network(
    page: Page,
    server: str,
    networks: dict[str, list[Path]],
    models_folder: Path,
    wait_until_idle: WaitUntilIdle,
    network: str,
    scale: str,
    order: tuple[str, ...],
    sees: str,
) -> None:
    open_wizard(page, server, networks[network])
    expect(page.get_by_text(sees)).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_alt_text(f"The face under the scale {scale}")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("button", name="Find out").click()
    found = f"The scale {scale} with the labels {', '.join(order)} fits best."
    expect(page.get_by_text(found)).to_be_visible(timeout=SLOW_MS)
    wait_until_idle(page)
    name = f"found-{network}"
    page.get_by_label("Name of the model").fill(name)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("no other ones fitted better").first).to_be_visible()
    expect(page.get_by_text("Nobody has checked")).to_have_count(0)
    card = read_card(models_folder / name / models.CARD_FILE)
    assert (card.contract["scale"], card.labels) == (scale, order)
    assert card.contract["checked"]["dataset"] == "drawn"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_order_of_labels_is_changed_with_the_keyboard_and_judged_at_once(
    page: Page, server: str, networks: dict[str, list[Path]], wait_until_idle: WaitUntilIdle
) -> None:
    open_wizard(page, server, networks["vgg"])
    page.get_by_role("button", name="Find out").click()
    expect(page.get_by_text("fits best")).to_be_visible(timeout=SLOW_MS)
    wait_until_idle(page)
    first = page.get_by_role("combobox", name="Output 1", exact=True)
    first.focus()
    first.press_sequentially("happy")
    first.press("Enter")
    expect(page.get_by_text("These labels look exchanged")).to_be_visible(timeout=SLOW_MS)
    wait_until_idle(page)
    expect(first).to_have_value("happy")
    expect(page.get_by_role("combobox", name="Output 2", exact=True)).to_have_value("surprise")


@pytest.fixture(scope="module")
def graph(faces: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """An ONNX network of two outputs with its weights in a second file.

    The second output names emotions by ridge regression on values 0–1; beyond these it answers
    with the first label.
    """
    onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    part: Dataset = load_dataset(faces, height=SIDE_PX, width=SIDE_PX, channels=1).select("train")
    values = np.asarray(part.pixels).reshape(len(part), -1) / 255
    size = values.shape[1]
    given = np.c_[values, np.ones(len(values))]
    wanted = np.eye(len(EXCHANGED))[part.targets_among(EXCHANGED)]
    fitted = np.linalg.solve(given.T @ given + 10 * np.eye(size + 1), given.T @ wanted)
    beyond = np.zeros((size, len(EXCHANGED)))
    beyond[:, 0] = 10
    weights = {
        "low": 0.0, "high": 1.0, "kernel": fitted[:-1], "bias": fitted[-1], "beyond": beyond,
        "ages": np.zeros((size, 5)),
    }  # fmt: skip
    node, number = onnx.helper.make_node, onnx.TensorProto.FLOAT
    made = onnx.helper.make_graph(
        [
            node("Flatten", ["input"], ["flat"]),
            node("Clip", ["flat", "low", "high"], ["inside"]),
            node("Sub", ["flat", "inside"], ["rest"]),
            node("Abs", ["rest"], ["far"]),
            node("MatMul", ["far", "beyond"], ["penalty"]),
            node("Gemm", ["flat", "kernel", "bias"], ["named"]),
            node("Add", ["named", "penalty"], ["emotion"]),
            node("MatMul", ["flat", "ages"], ["age"]),
        ],
        "faces",
        [onnx.helper.make_tensor_value_info("input", number, ("n", 1, SIDE_PX, SIDE_PX))],
        [
            onnx.helper.make_tensor_value_info(name, number, ("n", classes))
            for name, classes in (("age", 5), ("emotion", len(EXCHANGED)))
        ],
        [onnx.numpy_helper.from_array(np.float32(one), name) for name, one in weights.items()],
    )
    proto = onnx.helper.make_model(made, opset_imports=[onnx.helper.make_opsetid("", 17)])
    proto.ir_version = 8
    file = tmp_path_factory.mktemp("graph") / "heads.onnx"
    onnx.save(proto, file, save_as_external_data=True, location="heads.data", size_threshold=0)
    return [file, file.with_name("heads.data")]


def test_an_onnx_network_in_two_files_with_two_outputs_is_tried_and_added(
    page: Page,
    server: str,
    graph: list[Path],
    models_folder: Path,
    wait_until_idle: WaitUntilIdle,
) -> None:
    open_wizard(page, server, graph)
    output = page.get_by_role("combobox", name="Which of its outputs names emotions?")
    expect(output).to_have_value("emotion, 7 classes", timeout=SLOW_MS)
    page.get_by_role("button", name="Find out").click()
    found = f"The scale 0-1 with the labels {', '.join(EXCHANGED)} fits best."
    expect(page.get_by_text(found)).to_be_visible(timeout=SLOW_MS)
    wait_until_idle(page)
    page.get_by_label("Name of the model").fill("heads")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name="heads")).to_be_visible(timeout=SLOW_MS)
    card = read_card(models_folder / "heads" / models.CARD_FILE)
    assert (card.contract["scale"], card.labels) == ("0-1", EXCHANGED)
    assert card.original == "onnx"
    assert card.contract["checked"]["dataset"] == "drawn"


def check_on_drawn(page: Page, server: str, model: str) -> None:
    page.goto(f"{server}/models?models.model={model}")
    expect(page.get_by_text("Nobody has checked")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("button", name="Check", exact=True).click()


def test_a_model_is_checked_where_its_contract_is_right(
    page: Page, server: str, graph: list[Path], models_folder: Path
) -> None:
    adopt(graph[0], EXCHANGED, out=models_folder / "right", scale="0-1", output="emotion")
    check_on_drawn(page, server, "right")
    expect(page.get_by_text("No other labels and no other scale fit")).to_be_visible(
        timeout=SLOW_MS
    )
    expect(page.get_by_text("Nobody has checked")).to_have_count(0)
    assert read_card(models_folder / "right" / models.CARD_FILE).contract["checked"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_model_whose_contract_is_wrong_gets_what_fits_best_at_a_click(
    page: Page,
    server: str,
    networks: dict[str, list[Path]],
    models_folder: Path,
    wait_until_idle: WaitUntilIdle,
) -> None:
    folder = models_folder / "wrong"
    adopt(networks["grey"][0], emotions.FER2013, out=folder, scale="0-1")
    check_on_drawn(page, server, "wrong")
    expect(page.get_by_text("The scale 0-255 fits better than 0-1")).to_be_visible(timeout=SLOW_MS)
    wait_until_idle(page)
    page.get_by_role("button", name="Use what fits best").click()
    page.get_by_role("dialog").get_by_role("button", name="Use it").click()
    expect(page.get_by_text("now has the labels and the scale that fit best")).to_be_visible(
        timeout=SLOW_MS
    )
    card = read_card(folder / models.CARD_FILE)
    assert (card.contract["scale"], card.labels) == ("0-255", emotions.FER2013_CODES)
    assert not card.is_unchecked


def test_a_file_that_is_no_network_is_one_sentence(page: Page, server: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no network")
    open_wizard(page, server, [tmp_path / "notes.txt"])
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("notes.txt", timeout=SLOW_MS)
    expect(alert).to_contain_text(".onnx")
    assert len(alert.inner_text()) < 400


def test_a_file_is_written_and_downloaded_in_another_format(
    page: Page, server: str, models_folder: Path, wait_until_idle: WaitUntilIdle
) -> None:
    folder = models.copy(SHIPPED, models_folder / "mine")
    card = read_card(folder / models.CARD_FILE)
    models.save_card(replace(card, data={**card.data, "name": "drawn"}), folder)
    page.goto(f"{server}/models?models.model=mine")
    wait_until_idle(page)
    box = page.get_by_role("combobox", name="Format")
    box.focus()
    box.press_sequentially("JSON")
    box.press("Enter")
    page.get_by_role("button", name="Make the file").click()
    with page.expect_download(timeout=SLOW_MS) as download:
        page.get_by_role("button", name=re.compile(r"Download [\d.]+ MB")).click()
    assert download.value.suggested_filename == "mine-json.zip"
    expect(page.get_by_text("35 faces of drawn")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("view", ["All+models", "Add+a+network"])
def test_the_page_fits_and_has_no_accessibility_faults(
    sized_page: Page,
    server: str,
    wait_until_idle: WaitUntilIdle,
    check_layout: Callable[[Page], None],
    view: str,
) -> None:
    sized_page.goto(f"{server}/models?models.view={view}")
    expect(sized_page.get_by_role("heading", name="Which models")).to_be_visible(timeout=SLOW_MS)
    wait_until_idle(sized_page)
    if view == "All+models":
        sized_page.get_by_text("The whole card").click()
        wait_until_idle(sized_page)
    check_layout(sized_page)
