import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import cv2
import keras
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from fer import emotions, settings
from fer.data import VOTES, add, annotations, load_dataset, remove
from fer.data.synthetic import draw_face
from fer.evaluation.predictions import predictions
from fer.models import CARD_FILE, load, save
from fer.models.card import ModelCard
from fer.nets.architectures import build
from fer.people import Person, Role
from pages.common import people
from pages.evaluate import keys

NAME = "judged"


def write_model(folder: Path, labels: tuple[str, ...], **config: object) -> None:
    card = ModelCard(
        name=folder.name, labels=labels, height=24, width=24, channels=1, framing={},
        data={"name": NAME}, config=config,
    )  # fmt: skip
    network = build("simple", (24, 24, 1), classes=len(labels))
    save(network, card, folder)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of models, and `judged`, a data set of twelve faces with votes."""
    rows = [",".join(("path", *VOTES))]
    for label in ("happy", "sad"):
        for part in ("train", "test"):
            folder = tmp_path / "set" / part / label
            folder.mkdir(parents=True)
            for seed in range(3):
                face = draw_face(label, seed=seed + 10 * (part == "test"), size=24)
                cv2.imwrite(str(folder / f"{seed}.png"), face)
                # Of the test faces, people call two sad, two happy, and cannot decide on two.
                counts = dict.fromkeys(VOTES, 0) | {"sad": 4 + seed, "happy": 6 - seed}
                votes = ",".join(map(str, counts.values()))
                rows.append(f"{part}/{label}/{seed}.png,{votes}")
    (tmp_path / "set" / "votes.csv").write_text("\n".join(rows))
    monkeypatch.setenv("FER_DATA_ROOTS", str(tmp_path))
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("FER_MODEL", "judge")
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


@pytest.fixture
def judged(models: Path) -> object:
    add(models.parent / "set", name=NAME)
    yield NAME
    remove(NAME)


def opened(app: AppTest, **chosen: object) -> AppTest:
    app.run()
    app.switch_page("pages/evaluate/page.py")
    for name, value in chosen.items():
        app.session_state[getattr(keys, name)] = value
    return app.run()


def words(page: AppTest) -> str:
    assert not page.exception
    return " ".join(text.value for text in page.markdown).replace("\\", "")


def linked(page: AppTest) -> dict[str, list[str]]:
    """What the page's link to itself shows."""
    assert not page.exception
    return parse_qs(page.code[0].value.partition("?")[2])


def matrix(page: AppTest) -> list[str]:
    """What stands in the cells of the confusion matrix, row by row."""
    assert not page.exception
    protos = [component.proto for component in page.get("bidi_component")]
    data = next(json.loads(one.json) for one in protos if one.component_name == "fer.matrix")
    return [cell["text"] for cell in data["cells"]]


def chart(page: AppTest) -> dict[str, Any]:
    """The first chart."""
    assert not page.exception
    spec: dict[str, Any] = json.loads(page.get("plotly_chart")[0].proto.spec)
    return spec


def test_without_a_model_the_page_says_how_to_get_one(app: AppTest, models: Path) -> None:
    page = opened(app)
    assert "There is no model to evaluate" in page.info[0].value


def test_classes_that_the_data_set_lacks_are_an_error_beneath_the_choice(
    app: AppTest, models: Path, judged: str
) -> None:
    write_model(models / "judge", ("fear", "neutral"))
    page = opened(app, DATASET=judged, SPLIT="test")
    assert "They share no class" in page.error[0].value.replace("\\", "")
    assert page.selectbox(key=keys.DATASET).value == judged


def test_a_damaged_model_is_an_error_and_another_can_be_chosen(
    app: AppTest, models: Path, judged: str
) -> None:
    write_model(models / "judge", ("happy", "sad"))
    write_model(models / "other", ("happy", "sad"))
    (models / "judge" / "model.keras").write_bytes(b"no network")
    page = opened(app)
    assert "damaged" in page.error[0].value
    page.selectbox(key=keys.MODEL).set_value("other").run()
    assert not page.error
    assert "Model other on judged" in words(page)


def test_a_data_set_that_is_gone_is_an_error(app: AppTest, models: Path, judged: str) -> None:
    write_model(models / "judge", ("happy", "sad"))
    (models.parent / "set").rename(models.parent / "moved")
    page = opened(app, DATASET=judged)
    assert "no longer exists" in page.error[0].value.replace("\\", "")


@pytest.mark.parametrize(("split", "why"), [("train", "was trained on"), ("all", "was trained on")])
def test_training_faces_are_labelled_loudly(
    app: AppTest, models: Path, judged: str, split: str, why: str
) -> None:
    write_model(models / "judge", ("happy", "sad"))
    page = opened(app, SPLIT=split)
    assert page.error[0].value.startswith("**Not a test.**")
    assert why in page.error[0].value


@pytest.mark.parametrize(
    ("truth", "faces", "said"),
    [
        ("label", 6, "Measured against the data set's own labels"),
        ("votes", 4, "Measured against the choice of most annotators, not"),
    ],
)
def test_the_page_says_what_is_taken_for_right(
    app: AppTest, models: Path, judged: str, truth: str, faces: int, said: str
) -> None:
    write_model(models / "judge", ("happy", "sad"), truth=truth)
    page = opened(app, SPLIT="test")
    assert f"judged, split test, {faces} faces" in words(page)
    assert said in words(page)
    assert ("Skipped: 2 faces on which the annotators made no single choice" in words(page)) == (
        truth == "votes"
    )


def test_models_with_other_truths_are_compared_on_the_labels_of_the_first(
    app: AppTest, models: Path, judged: str
) -> None:
    write_model(models / "judge", ("happy", "sad"), truth="label")
    write_model(models / "other", ("happy", "sad"), truth="votes")
    page = opened(app, SPLIT="test", TAB="Comparison")
    assert "on the same 6 faces and labels" in words(page)


def test_a_report_takes_a_comparison_with_a_model_of_the_same_classes(
    app: AppTest, models: Path, judged: str
) -> None:
    for name, labels in {"judge": ("happy", "sad"), "other": ("happy", "sad")}.items():
        write_model(models / name, labels)
    write_model(models / "stranger", ("fear", "sad"))
    page = opened(app, SPLIT="test", TAB="Report")
    box = page.selectbox(key=keys.REPORT_OTHER)
    assert box.options == ["no comparison", "other"]
    box.set_value("other").run()
    assert "Everything on this page, without any face" in words(page)


def test_a_link_to_a_face_that_is_not_there_says_so(
    app: AppTest, models: Path, judged: str
) -> None:
    write_model(models / "judge", ("happy", "sad"))
    page = opened(app, SPLIT="test", FACE="test/happy/99.png")
    assert "No face 'test/happy/99.png' among those" in page.info[-1].value.replace("\\", "")
    page.text_input(key=keys.FACE).set_value("test/happy/1.png").run()
    assert "True: happy. Predicted" in words(page)
    assert "5 of 10 people chose" in words(page)


def label_button(page: AppTest, label: str) -> Button:
    """The button that gives the open face a label."""
    return next(one for one in page.button if str(one.key).endswith(f".as.{label}"))


def test_no_label_is_preset_and_the_faces_own_cannot_be_given(
    app: AppTest, models: Path, judged: str
) -> None:
    write_model(models / "judge", ("happy", "sad"))
    for face, label in (("test/happy/1.png", "happy"), ("test/sad/1.png", "sad")):
        page = opened(app, SPLIT="test", FACE=face)
        for other in ("happy", "sad"):  # whatever the model answers
            assert label_button(page, other).disabled == (other == label)
    captions = " ".join(text.value for text in page.caption)
    assert "Figures keep the labels as given" in captions
    assert "The next training learns those of training faces" in captions


def test_a_relabelled_face_is_counted_among_the_annotations(
    app: AppTest, models: Path, judged: str
) -> None:
    write_model(models / "judge", ("happy", "sad"))
    page = opened(app, SPLIT="test", FACE="test/happy/1.png")
    label_button(page, "sad").click().run()
    assert "1 annotated face**: 0 excluded, 1 relabelled" in words(page)
    page.text_input(key=keys.FACE).set_value("test/happy/1.png").run()
    assert "True: happy. Predicted" in words(page)
    assert "Labelled happy in the data set, sad by hand" in words(page)
    page.button(key="evaluate.annotations.undo").click().run()
    assert "0 excluded, 0 relabelled" in words(page)
    assert "by hand" not in words(page)


def test_wrong_faces_relabelled_to_the_answer_leave_the_figures_and_make_a_second_one(
    app: AppTest, models: Path, judged: str
) -> None:
    keras.utils.set_random_seed(0)
    write_model(models / "judge", ("happy", "sad"))
    page = opened(app, SPLIT="test")
    metrics, cells = [one.value for one in page.metric], matrix(page)
    judge, dataset = load("judge"), load_dataset(judged, height=24, width=24)
    frame = predictions(judge, dataset, "test").frame
    wrong = frame[~frame["correct"]]
    assert len(wrong) > 1
    for path, predicted in zip(wrong["path"], wrong["predicted"], strict=True):
        annotations.annotate(dataset, [path], label=predicted)
    page.run()
    assert [one.value for one in page.metric] == metrics
    assert len(cells) == 4
    assert matrix(page) == cells
    assert f"With {len(wrong)} labels set by hand: accuracy 100.0%" in words(page)


def test_a_filter_that_another_split_does_not_have_is_let_go(
    app: AppTest, models: Path, judged: str
) -> None:
    write_model(models / "judge", ("happy", "sad"))
    page = opened(app, SPLIT="test", SHOW="")
    part = next(name for name in page.selectbox(key=keys.SLICE).options if "bright" in name)
    page.selectbox(key=keys.SLICE).set_value(part).run()
    assert "of 6 faces" in words(page)
    page.selectbox(key=keys.SPLIT).set_value("train").run()
    assert page.selectbox(key=keys.SLICE).value == ""
    assert not page.exception


def test_a_link_made_after_a_filter_was_changed_names_it_and_no_face_that_was_open_before(
    app: AppTest, models: Path, judged: str
) -> None:
    write_model(models / "judge", ("happy", "sad"))
    page = opened(app, SPLIT="test", SHOW="", FACE="test/happy/1.png")
    assert linked(page)[keys.FACE] == ["test/happy/1.png"]
    page.query_params[keys.TRUE] = "sad"  # as the browser does
    page.selectbox(key=keys.TRUE).set_value("sad").run()
    link = linked(page)
    assert {key: link[key] for key in (keys.MODEL, keys.DATASET, keys.SPLIT, keys.TRUE)} == {
        keys.MODEL: ["judge"], keys.DATASET: [judged], keys.SPLIT: ["test"], keys.TRUE: ["sad"],
    }  # fmt: skip
    assert keys.FACE not in link
    assert keys.BROWSER.page not in link


def test_a_link_that_was_followed_is_offered_again_as_it_is(
    app: AppTest, models: Path, judged: str
) -> None:
    write_model(models / "judge", ("happy", "sad"))
    app.query_params[keys.FACE] = "test/happy/1.png"
    page = opened(app)
    assert "True: happy. Predicted" in words(page)
    assert linked(page)[keys.FACE] == ["test/happy/1.png"]


def test_a_model_of_data_that_are_not_here_leads_to_them_and_shows_its_cards_figure(
    app: AppTest, models: Path, judged: str
) -> None:
    write_model(models / "judge", ("happy", "sad"))
    file = models / "judge" / "card.json"
    tested = {
        "accuracy": 0.794, "accuracy_ci95": [0.78, 0.807], "images": 3372,
        "balanced_accuracy": 0.79, "macro_f1": 0.79,
        "per_class": {
            label: {"support": 1686, "precision": 0.79, "recall": 0.79, "f1": 0.79}
            for label in ("happy", "sad")
        },
    }  # fmt: skip
    before = json.loads(file.read_text())
    learnt = {**before, "data": {"name": "fer2013"}, "metrics": {"public_test": tested}}
    file.write_text(json.dumps(learnt))
    page = opened(app, DATASET=judged, SPLIT="train")
    assert not page.error  # no training face for this model
    assert "trained on another data set, fer2013" in words(page)
    hint = page.info[0].value.replace("\\", "")
    assert "judge was trained on fer2013, which is not here. On its split PublicTest" in hint
    assert "79.4% (95% interval 78.0% to 80.7%) on 3,372 faces" in hint


def test_a_card_that_changed_without_its_network_is_read_again(
    app: AppTest, models: Path, judged: str
) -> None:
    write_model(models / "judge", ("happy", "sad"))
    page = opened(app, DATASET=judged, SPLIT="test")
    assert "trained on another data set" not in words(page)
    card = models / "judge" / CARD_FILE
    card.write_text(json.dumps(json.loads(card.read_text()) | {"data": {"name": "elsewhere"}}))
    page.run()
    assert "trained on another data set, elsewhere" in words(page)


@pytest.mark.parametrize(
    ("key", "asked", "message"),
    [
        (keys.MODEL, "nope", "asks for the model 'nope', which is not here"),
        (keys.DATASET, "zzz", "asks for the data set 'zzz', which is not here"),
        (keys.SPLIT, "PrivateTest", "asks for the split 'PrivateTest', which is not here"),
        (keys.TTA, "five", "asks for the test-time augmentation 'five'"),
    ],
)
def test_a_link_to_what_is_not_here_shows_no_other_figures_until_one_is_chosen(
    app: AppTest, models: Path, judged: str, key: str, asked: str, message: str
) -> None:
    write_model(models / "judge", ("happy", "sad"))
    link = {keys.MODEL: "judge", keys.DATASET: judged, keys.SPLIT: "test", keys.TTA: "flip"}
    for name, value in {**link, key: asked}.items():
        app.query_params[name] = value
    page = opened(app)
    for _ in range(2):  # also when something else on the page is clicked
        assert message in page.error[0].value.replace("\\", "")
        assert page.selectbox(key=key).value is None
        assert not page.metric
        page.run()
    page.selectbox(key=key).set_value(page.selectbox(key=key).options[0]).run()
    assert not page.error
    assert page.metric
    assert page.selectbox(key=keys.SPLIT).value == "test"


@pytest.mark.parametrize(
    ("name", "shown"),
    [("public_test", "PublicTest"), ("PublicTest", "PublicTest"), ("train", "train")],
)
def test_a_link_may_name_a_split_as_the_page_or_as_the_figures_do(
    app: AppTest, models: Path, judged: str, name: str, shown: str
) -> None:
    (models.parent / "set" / "test").rename(models.parent / "set" / "public_test")
    (models.parent / "set" / "votes.csv").unlink()
    write_model(models / "judge", ("happy", "sad"))
    app.query_params[keys.SPLIT] = name
    page = opened(app)
    assert f"Model judge on judged, split {shown}, " in words(page)
    assert linked(page)[keys.SPLIT] == [shown]


@pytest.fixture
def numbered(models: Path) -> Iterator[str]:
    """A data set of the classes “1” and “2”, and a model of them."""
    for before, after in (("happy", "1"), ("sad", "2")):
        for part in ("train", "test"):
            folder = models.parent / "set" / part
            (folder / before).rename(folder / after)
    (models.parent / "set" / "votes.csv").unlink()
    write_model(models / "judge", ("1", "2"))
    add(models.parent / "set", name=NAME, custom_classes=True)
    yield NAME
    remove(NAME)


def test_classes_named_like_numbers_are_classes_in_charts_and_not_a_scale(
    app: AppTest, numbered: str
) -> None:
    page = opened(app, SPLIT="test", DATASET=numbered)
    assert "Model judge on judged" in words(page)
    page.switch_page("pages/dataset/page.py")
    page.session_state["dataset.name"] = numbered
    page.run()
    assert chart(page)["data"][0]["x"] == ["🏷️ 1", "🏷️ 2"]


def test_a_face_can_be_given_a_class_of_the_data_sets_own_or_an_emotion(
    app: AppTest, numbered: str
) -> None:
    page = opened(app, SPLIT="test", DATASET=numbered, FACE="test/1/1.png")
    label_button(page, "2").click().run()
    page.text_input(key=keys.FACE).set_value("test/1/1.png").run()
    assert "Labelled 1 in the data set, 2 by hand" in words(page)
    others = next(box for box in page.selectbox if box.label == "Another emotion")
    assert others.options == [emotions.with_symbol(name) for name in emotions.ALL]


def calibration_of(app: AppTest) -> AppTest:
    return opened(app, SPLIT="test", TAB="Calibration")


def always_happy(folder: Path) -> None:
    """Have a model of two classes answer the first one for every face, and be 95.3% sure."""
    loaded = load(folder)
    kernel, bias = loaded.network.layers[-1].get_weights()
    loaded.network.layers[-1].set_weights([kernel * 0, np.array([3, 0], bias.dtype)])
    save(loaded.network, loaded.card, folder)


def confidence(page: AppTest) -> float:
    """That of all faces, which the chart has."""
    x = chart(page)["data"][1]["x"]
    return float(np.mean(x))


def can_calibrate(page: AppTest) -> bool:
    assert not page.exception
    return keys.CALIBRATE in [button.key for button in page.button]


def test_a_model_is_calibrated_on_validation_and_its_card_and_the_figures_change(
    app: AppTest, models: Path, judged: str
) -> None:
    write_model(models / "judge", ("happy", "sad"), validation_fraction=0.34)
    always_happy(models / "judge")
    page = calibration_of(app)
    assert "No temperature was fitted" in words(page)
    assert confidence(page) == pytest.approx(0.953, abs=0.001)
    page.button(key=keys.CALIBRATE).click().run()
    assert "judge** has a new temperature" in page.success[0].value
    card = load("judge").card
    assert (card.calibration["split"], card.calibration["dataset"]) == ("validation", NAME)
    assert f"Temperature **{card.temperature:.3f}**, fitted on" in words(page)
    assert confidence(page) == pytest.approx(0.537, abs=0.001)  # half of the faces are happy
    assert not can_calibrate(page)


def test_a_model_that_ships_stays_as_it_is_and_its_calibrated_copy_is_shown(
    app: AppTest, models: Path, judged: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(models / "judge", ("happy", "sad"), validation_fraction=0.34)
    monkeypatch.setattr(settings, "checkout", lambda: models.parent)
    monkeypatch.setattr(settings, "SHIPPED_MODELS", ("judge",))
    page = calibration_of(app)
    assert any("A copy of the model is made" in text.value for text in page.caption)
    page.button(key=keys.CALIBRATE).click().run()
    assert page.selectbox(key=keys.MODEL).value == "judge-copy"
    assert "Model judge-copy on judged" in words(page)
    assert load("judge-copy").card.calibration
    assert not load("judge").card.calibration


def test_without_validation_faces_a_sentence_stands_for_the_calibration(
    app: AppTest, models: Path, judged: str
) -> None:
    write_model(models / "judge", ("happy", "sad"), validation_fraction=0)
    page = calibration_of(app)
    assert any("judged has none" in text.value for text in page.caption)
    assert not can_calibrate(page)


def test_who_may_not_change_models_reads_why_and_cannot_calibrate(
    app: AppTest, models: Path, judged: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(models / "judge", ("happy", "sad"), validation_fraction=0.34)
    monkeypatch.setattr(people, "acting", lambda: Person(name="eve", role=Role.EDITOR))
    page = calibration_of(app)
    assert any("As an editor you may not add, change" in text.value for text in page.caption)
    assert not can_calibrate(page)
