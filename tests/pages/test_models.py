"""The Models page without a browser."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile
from streamlit.testing.v1 import AppTest

from fer import emotions, models, settings
from fer.evaluation.contract import ContractSearch
from fer.models.card import ModelCard, read_card
from pages.common.cache import Work
from pages.models import keys

SHIPPED = Path(__file__).resolve().parents[2] / "models" / "ferplus"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models with two of them, of which `ferplus` is the default one."""
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    for name in ("ferplus", "mine"):
        models.copy(SHIPPED, tmp_path / "models" / name)
    return tmp_path / "models"


@pytest.fixture
def open_page(app: AppTest, folder: Path) -> Callable[[], AppTest]:
    def opened() -> AppTest:
        app.run()
        app.switch_page("pages/models/page.py").run()
        assert not app.exception
        return app

    return opened


def _dialog(action: str, name: str) -> None:
    from pages.models import actions
    from pages.models.cards import entries

    [entry] = [one for one in entries() if one.name == name] or [None]
    if entry is not None:
        actions.rename(entry.name) if action == "rename" else getattr(actions, action)(entry)


def dialog(action: str, name: str) -> AppTest:
    """A dialog without its page, which AppTest would close it with."""
    kwargs = {"action": action, "name": name}
    return AppTest.from_function(_dialog, default_timeout=60, kwargs=kwargs).run()


def button(page: AppTest, key: str) -> object:
    return next((one for one in page.button if one.key == key), None)


def click(page: AppTest, key: str) -> AppTest:
    next(one for one in page.button if one.key == key).click()
    page.run()
    assert not page.exception
    return page


def choose(page: AppTest, name: str) -> AppTest:
    page.selectbox(key=keys.MODEL).select(name).run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    shown = [*page.markdown, *page.header, *page.caption, *page.warning, *page.success]
    return " ".join(element.value for element in shown).replace("\\", "")


def change(folder: Path, name: str, **values: object) -> ModelCard:
    card = replace(read_card(folder / name / models.CARD_FILE), **values)  # type: ignore[arg-type]
    models.save_card(card, folder / name)
    return card


def test_every_model_is_listed_and_the_default_one_is_open(
    open_page: Callable[[], AppTest],
) -> None:
    page = open_page()
    assert list(page.dataframe[0].value["model"]) == ["★ ferplus", "mine"]
    assert page.header[0].value == "ferplus"
    assert "26,969 faces" in words(page)
    assert button(page, "models.default") is None


def test_no_accuracy_of_a_model_stands_alone(open_page: Callable[[], AppTest]) -> None:
    table = open_page().dataframe[0].value
    card = read_card(SHIPPED / models.CARD_FILE).metrics["public_test"]
    assert table["accuracy"][0] == pytest.approx(100 * card["accuracy"])
    assert table["mean recall"][0] == pytest.approx(100 * card["balanced_accuracy"])
    assert table["calibration error"][0] == pytest.approx(100 * card["ece"])
    assert "n 3,372" in table["on"][0]


def test_another_model_becomes_the_default_one_and_the_page_tells_where_that_is_kept(
    open_page: Callable[[], AppTest],
) -> None:
    page = choose(open_page(), "mine")
    click(page, "models.default")
    assert settings.default_model() == "mine"
    assert "mine** is now used by default" in words(page)
    assert "default_model.txt" in words(page) or "kept on the server" in words(page)


def test_a_variable_that_names_the_default_model_is_named(
    open_page: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_MODEL", "ferplus")
    page = choose(open_page(), "mine")
    assert "FER_MODEL names ferplus" in words(page)
    click(page, "models.default")
    assert "takes precedence" in page.error[0].value.replace("\\", "")


def test_a_renamed_model_stays_open_under_its_new_name(folder: Path) -> None:
    shown = dialog("rename", "mine")
    shown.text_input(key=keys.NEW_NAME).set_value("better").run()
    click(shown, "models.rename_now")
    assert models.list_models() == ["better", "ferplus"]
    assert shown.session_state[keys.CHOOSE] == "better"
    assert "is now called **better**" in shown.session_state[keys.DONE]


def test_a_name_that_is_taken_is_refused_in_the_dialog(folder: Path) -> None:
    shown = dialog("rename", "mine")
    shown.text_input(key=keys.NEW_NAME).set_value("ferplus").run()
    click(shown, "models.rename_now")
    assert "There already is a model 'ferplus'" in shown.error[0].value.replace("\\", "")
    assert models.list_models() == ["ferplus", "mine"]


def test_a_copy_is_another_model_with_the_same_network(folder: Path) -> None:
    click(dialog("copy", "mine"), "models.copy_now")
    assert models.list_models() == ["ferplus", "mine", "mine-copy"]
    first, second = (read_card(folder / name / "card.json") for name in ("mine", "mine-copy"))
    assert first.model_sha256 == second.model_sha256


def test_a_model_is_deleted_only_after_a_question(folder: Path) -> None:
    shown = dialog("delete", "mine")
    assert (folder / "mine").is_dir()
    assert "is deleted for good" in words(shown)
    click(shown, "models.delete_now")
    assert models.list_models() == ["ferplus"]
    assert shown.session_state[keys.DONE] == "**mine** was deleted."


def test_the_default_model_is_not_deleted(folder: Path) -> None:
    shown = click(dialog("delete", "ferplus"), "models.delete_now")
    assert "Choose another default model first" in shown.error[0].value
    assert (folder / "ferplus").is_dir()


def test_a_deleted_model_leaves_the_page_with_another_one_open(
    open_page: Callable[[], AppTest], folder: Path
) -> None:
    page = choose(open_page(), "mine")
    click(dialog("delete", "mine"), "models.delete_now")
    page.run()
    assert not page.exception
    assert page.header[0].value == "ferplus"


def test_models_are_compared_fact_by_fact(open_page: Callable[[], AppTest], folder: Path) -> None:
    change(folder, "mine", labels=tuple("abcdefg"), metrics={}, slices={})
    page = open_page()
    page.multiselect(key=keys.BESIDE).select("mine").run()
    assert not page.exception
    table = page.dataframe[1].value
    assert list(table.columns) == ["ferplus", "mine"]
    assert table.loc["classes", "mine"] == "a, b, c, d, e, f, g"
    assert table.loc["accuracy, fer2013, PublicTest", "mine"] == "–"
    accuracy = read_card(folder / "ferplus" / models.CARD_FILE).metrics["public_test"]["accuracy"]
    assert table.loc["accuracy, fer2013, PublicTest", "ferplus"].startswith(f"{accuracy:.1%} (")


def test_an_adopted_model_warns_until_its_labels_and_its_scale_were_checked(
    open_page: Callable[[], AppTest], folder: Path
) -> None:
    contract = {"scale": "0-1"}
    change(folder, "mine", data={}, config={}, contract=contract, metrics={}, slices={})
    page = choose(open_page(), "mine")
    assert "Nobody has checked the labels and the scale" in page.warning[0].value
    assert button(page, "models.check") is not None
    found = {"dataset": "faces", "images": 600, "accuracy": 0.6, "accuracy_ci95": [0.56, 0.64]}
    change(folder, "mine", contract={**contract, "checked": found})
    page.run()
    assert not page.warning
    text = words(page)
    assert (
        "checked on 600 validation faces of faces: no other ones fitted better, and 60.0%" in text
    )


def test_a_damaged_card_is_a_sentence_and_can_be_deleted(
    open_page: Callable[[], AppTest], folder: Path
) -> None:
    (folder / "mine" / models.CARD_FILE).write_text("{")
    page = choose(open_page(), "mine")
    assert "cannot be read" in page.error[0].value
    assert button(page, "models.copy") is None
    click(dialog("delete", "mine"), "models.delete_now")
    assert not (folder / "mine").exists()


def test_a_folder_that_can_only_be_read_is_a_sentence_in_place_of_the_buttons(
    open_page: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.models.actions.os.access", lambda *_: False)
    page = open_page()
    assert "can only be read" in words(page)
    assert [button(page, f"models.{name}") for name in ("rename", "copy", "delete")] == [None] * 3


def test_a_page_without_models_tells_how_to_get_one(
    open_page: Callable[[], AppTest], folder: Path
) -> None:
    for name in ("ferplus", "mine"):
        (folder / name / models.CARD_FILE).unlink()
    page = open_page()
    assert "There is no model yet" in page.info[0].value


def test_a_link_to_a_model_that_is_not_here_is_a_sentence(
    open_page: Callable[[], AppTest], app: AppTest
) -> None:
    app.query_params[keys.MODEL] = "gone"
    page = open_page()
    assert "asks for the model 'gone'" in page.error[0].value.replace("\\", "")


@pytest.fixture
def graph(tmp_path: Path) -> dict[str, bytes]:
    """An ONNX network of 16 × 16 faces with two outputs, and its weights in a second file."""
    onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    helper, number = onnx.helper, onnx.TensorProto.FLOAT
    weights = np.random.default_rng(0).normal(0, 0.1, (256, 12)).astype(np.float32)
    made = helper.make_graph(
        [
            helper.make_node("Flatten", ["input"], ["flat"]),
            helper.make_node("MatMul", ["flat", "seven"], ["emotion"]),
            helper.make_node("MatMul", ["flat", "five"], ["age"]),
        ],
        "faces",
        [helper.make_tensor_value_info("input", number, ("n", 1, 16, 16))],
        [
            helper.make_tensor_value_info("age", number, ("n", 5)),
            helper.make_tensor_value_info("emotion", number, ("n", 7)),
        ],
        [
            onnx.numpy_helper.from_array(weights[:, :7].copy(), "seven"),
            onnx.numpy_helper.from_array(weights[:, 7:].copy(), "five"),
        ],
    )
    proto = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)])
    proto.ir_version = 8
    onnx.save(
        proto, tmp_path / "faces.onnx", save_as_external_data=True, location="faces.data",
        size_threshold=0,
    )  # fmt: skip
    return {name: (tmp_path / name).read_bytes() for name in ("faces.onnx", "faces.data")}


@pytest.fixture
def wizard(open_page: Callable[[], AppTest], graph: dict[str, bytes]) -> Callable[[], AppTest]:
    """Upload the network, with its second file unless told otherwise."""
    page = open_page()

    def upload(*names: str) -> AppTest:
        page.button_group(key=keys.VIEW).set_value("add").run()
        files = [(name, graph[name], "application/octet-stream") for name in names or graph]
        page.file_uploader(key=keys.FILES).set_value(files).run()
        assert not page.exception
        return page

    return upload


def test_the_output_of_seven_classes_is_proposed_and_another_one_can_be_taken(
    wizard: Callable[[], AppTest],
) -> None:
    page = wizard()
    chosen = page.selectbox(key=keys.OUTPUT)
    assert (chosen.options, chosen.value) == (["age, 5 classes", "emotion, 7 classes"], "emotion")
    assert len(page.session_state[keys.ORDER]) == 7
    chosen.select("age").run()
    assert not page.exception
    assert len(page.session_state[keys.ORDER]) == 5


def test_a_network_is_read_once_for_each_of_its_outputs(
    wizard: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    from fer.models import onnx_reading

    load = onnx_reading.onnx.load
    read = []
    monkeypatch.setattr(
        onnx_reading.onnx, "load", lambda path, **more: read.append(path) or load(path, **more)
    )
    st.cache_resource.clear()
    page = wizard()
    page.run()
    assert len(read) == 1
    for output in ("age", "emotion", "age"):
        page.selectbox(key=keys.OUTPUT).select(output).run()
        assert not page.exception
    assert len(read) == 2


def test_a_second_file_that_is_missing_is_asked_for(wizard: Callable[[], AppTest]) -> None:
    page = wizard("faces.onnx")
    assert "Give both files" in " ".join(error.value for error in page.error)


def test_a_network_in_two_files_is_added_with_its_chosen_output(
    wizard: Callable[[], AppTest], folder: Path
) -> None:
    page = wizard()
    page.text_input(key=keys.NAME).input("two")
    click(page, "models.add.go")
    assert "was added" in words(page), [error.value for error in page.error]
    assert len(read_card(folder / "two" / models.CARD_FILE).labels) == 7


FOUND = ("surprise", "angry", "sad", "happy", "fear", "neutral", "disgust")


def searched(monkeypatch: pytest.MonkeyPatch, shares: dict[str, float], *, faces: int) -> None:
    """Let the search find which share of the faces each scale names rightly."""
    rng, targets = np.random.default_rng(0), np.arange(faces) // 2 % 7
    answers = {
        scale: np.where(rng.random(faces) < share, targets, rng.integers(7, size=faces))
        for scale, share in shares.items()
    }
    found = ContractSearch(
        dataset="faces", synthetic=False, classes=FOUND, targets=targets, answers=answers, outputs=7
    )
    for asked in ("add.search_for", "check._checking"):
        monkeypatch.setattr(f"pages.models.{asked}", lambda *_: Work(lambda _: found))


def test_of_scales_that_fit_equally_well_the_best_is_chosen_and_can_be_added_unchecked_at_once(
    wizard: Callable[[], AppTest], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched(monkeypatch, {"0-1": 0.2, "-1-1": 0.85, "per-image": 0.8}, faces=160)
    page = click(wizard(), "models.search")
    [left] = [word.value.replace("\\", "") for word in page.warning if "left" in word.value]
    assert "so -1-1 and per-image are left" in left
    assert "Below, the scale -1-1 and its labels are chosen" in left
    assert not any("fits better" in word.value for word in page.warning)
    click(page, "models.add.go")
    card = read_card(folder / "faces" / models.CARD_FILE)
    assert (card.contract, card.labels) == ({"scale": "-1-1"}, FOUND)


def test_an_order_of_labels_that_few_faces_tell_is_not_chosen(
    wizard: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    searched(monkeypatch, {"0-1": 0.2, "-1-1": 0.9}, faces=48)
    page = click(wizard(), "models.search")
    assert page.selectbox(key=keys.SCALE).value == "-1-1"
    assert page.session_state[keys.ORDER] == list(emotions.FER2013_CODES)


def test_nothing_is_chosen_where_nothing_fits(
    wizard: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    searched(monkeypatch, {"0-1": 0}, faces=160)
    page = click(wizard(), "models.search")
    [error] = page.error
    assert error.value.startswith("No scale and no order of labels fits")
    assert page.selectbox(key=keys.SCALE).value == "0-1"
    assert page.session_state[keys.ORDER] == list(emotions.FER2013_CODES)


def test_what_speaks_against_a_model_stands_beside_what_the_faces_cannot_decide(
    open_page: Callable[[], AppTest], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = {"scale": "0-1"}
    change(folder, "mine", data={}, config={}, labels=FOUND, contract=contract, metrics={})
    searched(monkeypatch, {"0-1": 0.2, "-1-1": 0.85, "per-image": 0.8}, faces=160)
    page = click(choose(open_page(), "mine"), "models.check")
    [objection] = page.error
    assert "The scale \\-1\\-1 fits better than 0\\-1" in objection.value
    assert "80 faces cannot decide on the scale" in page.warning[-1].value
    assert button(page, "models.use_best") is None


def test_the_choices_for_a_network_outlive_a_look_at_the_other_view(
    wizard: Callable[[], AppTest],
) -> None:
    page = wizard()
    page.selectbox(key=keys.OUTPUT).select("age").run()
    page.selectbox(key=keys.SCALE).select("-1-1").run()
    page.button_group(key=keys.VIEW).set_value("all").run()
    page.run()
    page = wizard()
    assert page.selectbox(key=keys.OUTPUT).value == "age"
    assert page.selectbox(key=keys.SCALE).value == "-1-1"


def test_an_upload_is_read_once_however_often_the_page_is_drawn(
    wizard: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = wizard()
    readers = []

    def watch(name: str) -> None:
        read = getattr(UploadedFile, name)

        def watched(*arguments: object) -> object:
            readers.append(sys._getframe(1).f_globals["__name__"])
            return read(*arguments)

        monkeypatch.setattr(UploadedFile, name, watched)

    for name in ("getvalue", "getbuffer", "read"):
        watch(name)
    page.run()
    assert not page.exception
    assert page.selectbox(key=keys.SCALE).value
    assert not [name for name in readers if name.startswith("pages.")]
