import contextlib
import json
import re
import shutil
import sys
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer import runs, settings
from fer.data import add, annotations, load_dataset, registered, remove
from fer.data.locking import BUILD_LOCK, locked
from fer.data.synthetic import draw_face
from fer.errors import DatasetError
from fer.training.config import TrainingConfig
from pages.dataset import face_map, keys, overview

NAME = "drawn-by-test"


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A data set of 14 faces, two of them equal but for their label, one blank."""
    for label in ("happy", "sad"):
        for part, count in (("train", 4), ("test", 2)):
            folder = tmp_path / "set" / part / label
            folder.mkdir(parents=True)
            for seed in range(count):
                face = draw_face(label, seed=seed + 10 * (part == "test"), size=48)
                cv2.imwrite(str(folder / f"{part}_{seed}.png"), face)
    train = tmp_path / "set" / "train"
    (train / "sad" / "again.png").write_bytes((train / "happy" / "train_0.png").read_bytes())
    cv2.imwrite(str(train / "sad" / "blank.png"), np.full((48, 48), 9, np.uint8))
    monkeypatch.setenv("FER_DATA_ROOTS", str(tmp_path))
    add(tmp_path / "set", name=NAME)
    yield NAME
    with contextlib.suppress(DatasetError):  # a test may have removed it
        remove(NAME)


@pytest.fixture
def data_page(app: AppTest, named: str) -> AppTest:
    app.run()
    app.switch_page("pages/dataset/page.py")
    app.session_state[keys.NAME] = named
    app.session_state[keys.VIEW] = "faces"
    return app.run()


def shown(page: AppTest) -> str:
    assert not page.exception
    return next(text.value for text in page.markdown if " face" in text.value)


def words(page: AppTest) -> str:
    assert not page.exception
    return " ".join(text.value for text in page.markdown)


def test_filters_narrow_what_is_shown(data_page: AppTest) -> None:
    assert shown(data_page) == "**14** of 14 faces"
    data_page.selectbox(key=keys.SPLIT).set_value("test").run()
    assert shown(data_page) == "**4** of 14 faces"
    data_page.multiselect(key=keys.CLASS).set_value(["sad"]).run()
    assert shown(data_page) == "**2** of 14 faces"
    data_page.text_input(key=keys.TEXT).set_value("no such name").run()
    assert "No face fits" in data_page.info[0].value


def test_a_finding_of_the_audit_is_a_filter(data_page: AppTest) -> None:
    data_page.selectbox(key=keys.FINDING).set_value("conflict").run()
    assert shown(data_page) == "**2** of 14 faces"
    data_page.selectbox(key=keys.FINDING).set_value("near_constant").run()
    assert shown(data_page) == "**1** of 14 faces"


def test_what_a_filter_leaves_can_be_chosen_excluded_at_once_and_undone(
    data_page: AppTest,
) -> None:
    data_page.selectbox(key=keys.FINDING).set_value("conflict").run()
    data_page.toggle(key="dataset.choosing").set_value(True).run()
    data_page.button(key="dataset.choice.all").click().run()
    assert "**2 faces chosen**" in words(data_page)
    data_page.button(key="dataset.choice.exclude").click().run()
    assert load_dataset(NAME, validation_fraction=0).excluded.sum() == 2
    assert "2 faces excluded." in words(data_page)
    data_page.button(key="dataset.choice.undo").click().run()
    assert annotations.read(NAME) == {}
    assert "2 faces excluded." not in words(data_page)


def test_other_filters_leave_no_face_chosen(data_page: AppTest) -> None:
    data_page.toggle(key="dataset.choosing").set_value(True).run()
    data_page.button(key="dataset.choice.all").click().run()
    assert "**14 faces chosen**" in words(data_page)
    data_page.selectbox(key=keys.SPLIT).set_value("test").run()
    assert "chosen**" not in words(data_page)


def test_another_data_set_with_the_same_paths_leaves_no_face_chosen(
    data_page: AppTest, tmp_path: Path
) -> None:
    shutil.copytree(tmp_path / "set", tmp_path / "twin")
    add(tmp_path / "twin", name="twin")
    try:
        data_page.session_state["dataset.chosen"] = ["train/sad/blank.png"]
        assert "**1 face chosen**" in words(data_page.run())
        data_page.session_state[keys.NAME] = "twin"  # as a link does, without its callback
        assert "chosen**" not in words(data_page.run())
        data_page.session_state[keys.NAME] = NAME
        assert "chosen**" not in words(data_page.run())
    finally:
        remove("twin")


def test_a_label_that_is_no_class_of_the_data_set_is_asked_about(data_page: AppTest) -> None:
    data_page.session_state["dataset.chosen"] = ["train/sad/blank.png"]
    data_page.run()
    other = next(box for box in data_page.selectbox if box.label == "Another emotion")
    other.set_value("contempt").run()
    assert "contempt is not among the 2 classes" in data_page.warning[0].value
    assert annotations.read(NAME) == {}
    next(one for one in data_page.button if one.label.startswith("Add the class")).click().run()
    assert annotations.read(NAME)["train/sad/blank.png"].label == "contempt"
    assert "contempt" in load_dataset(NAME).labels


def press(page: AppTest, label: str) -> None:
    """A button of the face that is open."""
    found = [one for one in page.button if one.label == label and "dataset.face" in str(one.key)]
    found[0].click().run()


def test_after_an_annotation_the_face_that_followed_opens_under_any_filter(
    data_page: AppTest,
) -> None:
    data_page.multiselect(key=keys.CLASS).set_value(["happy"]).run()
    data_page.text_input(key=keys.TEXT).set_value("train_").run()
    data_page.session_state[keys.BROWSER.face] = "train/happy/train_1.png"
    data_page.run()
    press(data_page, "😢 sad")
    assert annotations.read(NAME)["train/happy/train_1.png"].label == "sad"
    assert data_page.session_state[keys.BROWSER.face] == "train/happy/train_2.png"
    assert "3 of 4" in [text.value for text in data_page.caption]
    press(data_page, "Exclude")
    press(data_page, "😢 sad")  # the last one of the list stays open
    assert data_page.session_state[keys.BROWSER.face] == "train/happy/train_3.png"
    press(data_page, "Previous")
    press(data_page, "Previous")
    assert data_page.session_state[keys.BROWSER.face] == "train/happy/train_1.png"


def test_annotations_are_imported_and_rows_that_do_not_fit_named(data_page: AppTest) -> None:
    table = b"path,excluded,label\ntrain/happy/train_0.png,0,sad\ntrain/happy/gone.png,1,\n"
    data_page.file_uploader[0].upload("marks.csv", table, "text/csv").run()
    assert "1 row not imported" in data_page.warning[0].value
    assert "gone" in data_page.warning[0].value
    next(one for one in data_page.button if one.label == "Annotate 1 face").click().run()
    assert annotations.read(NAME)["train/happy/train_0.png"].label == "sad"
    assert "1 face annotated from" in words(data_page)
    data_page.button(key="dataset.choice.undo").click().run()
    assert annotations.read(NAME) == {}


def test_a_step_that_ended_an_annotation_can_be_undone(data_page: AppTest) -> None:
    undo = "dataset.annotations.undo"
    assert data_page.button(key=undo).disabled
    face = ["train/happy/train_0.png"]
    for excluded in (True, False):
        annotations.annotate(load_dataset(NAME), face, excluded=excluded)
    data_page.run()
    assert "0 excluded, 0 relabelled" in words(data_page)
    data_page.button(key=undo).click().run()
    assert list(annotations.read(NAME)) == face
    data_page.button(key=undo).click().run()
    assert data_page.button(key=undo).disabled


def test_the_audit_says_what_it_found(data_page: AppTest) -> None:
    data_page.session_state[keys.VIEW] = "audit"
    data_page.run()
    said = " ".join(text.value for text in data_page.markdown)
    assert "1 group of equal faces has different labels" in said
    data_page.button(key="dataset.audit.all.conflict").click().run()
    assert shown(data_page) == "**2** of 14 faces"
    assert data_page.query_params[keys.FINDING] == "Equal to a face with another label"


def test_the_map_is_drawn_once_when_asked_for_and_its_faces_reached_by_keyboard(
    data_page: AppTest,
) -> None:
    data_page.session_state[keys.VIEW] = "map"
    data_page.run()
    data_page.button(key="dataset.map.draw").click().run()
    assert not data_page.exception
    assert len(list(settings.maps_folder().glob("*.npy"))) == 1
    data_page.selectbox(key=keys.MAP_AMONG).set_value("sad").run()
    data_page.selectbox(key=keys.MAP_LABEL).set_value("sad").run()
    assert shown(data_page).startswith("**")
    data_page.session_state["dataset.map.asked"] = None  # as for the next visitor
    data_page.run()
    assert not [one for one in data_page.button if one.key == "dataset.map.draw"]


def test_a_map_of_very_many_faces_draws_some_of_them_and_its_lists_reach_all(
    data_page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face_map, "_DRAWN", 5)
    data_page.session_state[keys.VIEW] = "map"
    data_page.run()
    if ask := [one for one in data_page.button if one.key == "dataset.map.draw"]:
        ask[0].click().run()  # unless a test before this one drew it
    assert "The chart has 5 faces of 14, chosen at random." in data_page.caption[-2].value
    [chart] = data_page.get("plotly_chart")
    places = [trace["x"] for trace in json.loads(chart.proto.spec)["data"]]
    assert sum(len(np.frombuffer(b64decode(x["bdata"]), x["dtype"])) for x in places) == 5
    found = []
    for label in ("happy", "sad"):
        data_page.selectbox(key=keys.MAP_AMONG).set_value(label).run()
        found += re.findall(r"\*\*(\d+) face", words(data_page))
    assert sum(map(int, found)) >= 14


def test_a_data_set_outside_the_allowed_folders_is_not_read(
    data_page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_DATA_ROOTS", str(tmp_path / "elsewhere"))
    data_page.run()
    assert not data_page.exception
    assert "may read" in data_page.error[0].value


def test_removing_a_data_set_goes_back_to_the_drawn_one(data_page: AppTest, named: str) -> None:
    data_page.button(key="dataset.remove").click().run()
    assert data_page.session_state[keys.NAME] == "synthetic"
    assert not data_page.exception
    add_again = data_page.selectbox(key=keys.NAME)
    assert named not in add_again.options
    assert "was removed" in data_page.success[0].value


def test_a_run_that_needs_a_data_set_is_named_before_that_is_removed(
    data_page: AppTest, named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    runs.create(TrainingConfig(dataset="synthetic"), name="elsewhere")
    data_page.session_state["dataset.removal"] = True
    assert not data_page.run().warning
    runs.create(TrainingConfig(dataset=named), name="night shift")
    data_page.session_state["dataset.removal"] = True
    data_page.run()
    assert "night shift** waits to train on it" in data_page.warning[0].value
    assert data_page.button(key="dataset.remove").label.endswith("anyway")


def test_a_link_opens_a_face_and_a_wrong_one_is_reported(app: AppTest, named: str) -> None:
    for path, found in (("train/happy/train_1.png", True), ("train/happy/gone.png", False)):
        page = AppTest.from_file(app._script_path, default_timeout=120)
        page.run()
        page.switch_page("pages/dataset/page.py")
        page.query_params[keys.NAME] = named
        page.query_params[keys.BROWSER.face] = path
        page.run()
        assert not page.exception
        assert any("dataset.face" in str(one.key) for one in page.button) == found
        assert (path in " ".join(one.value.replace("\\", "") for one in page.info)) != found


def test_a_data_set_that_is_being_read_stays_and_says_so(
    data_page: AppTest, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fer.data.registry._REMOVAL_WAITS_S", 0.1)
    folder = load_dataset(named).folder
    assert folder is not None
    with locked(folder / BUILD_LOCK):
        data_page.button(key="dataset.remove").click().run()
    assert "in use by another process" in data_page.error[0].value
    assert data_page.session_state[keys.NAME] == named
    assert shown(data_page) == "**14** of 14 faces"


def _dialog() -> None:
    from pages.dataset.add import show_add

    show_add()


@pytest.fixture
def add_dialog(named: str) -> AppTest:
    """The dialog that adds a data set, without its page, which AppTest would close it with."""
    return AppTest.from_function(_dialog, default_timeout=60)


def upload(dialog: AppTest, name: str, content: bytes) -> AppTest:
    dialog.session_state["dataset.add.place"] = "upload"
    dialog.run()
    dialog.file_uploader(key="dataset.add.upload").upload(name, content, "text/plain").run()
    dialog.button(key="dataset.add.go").click().run()
    assert not dialog.exception
    return dialog


def test_an_upload_is_judged_by_its_content_and_not_by_its_name(add_dialog: AppTest) -> None:
    upload(add_dialog, "faces.zip", b"MZ no archive")
    assert "neither a ZIP or TAR archive" in add_dialog.error[0].value
    assert [source.name for source in registered()] == ["synthetic", NAME]


def test_an_uploaded_archive_is_added_and_chosen(add_dialog: AppTest, tmp_path: Path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "set"))
    try:
        upload(add_dialog, "my faces.txt", archive.read_bytes())
        assert add_dialog.session_state[keys.CHOOSE] == "my-faces"
        assert len(load_dataset("my-faces")) == 14
    finally:
        remove("my-faces")


@pytest.mark.parametrize("path", ["{root}/../x", "{root}/out", "{root}/nothing", "set", "/etc"])
def test_a_path_that_leads_out_or_nowhere_is_refused(
    add_dialog: AppTest, tmp_path: Path, path: str
) -> None:
    (tmp_path / "out").symlink_to("/etc")
    add_dialog.run()
    add_dialog.text_input(key="dataset.add.path").set_value(path.format(root=tmp_path))
    add_dialog.button(key="dataset.add.go").click().run()
    assert not add_dialog.exception
    said = add_dialog.error[0].value
    assert any(reason in said for reason in ("may read", "absolute path", "nothing at"))
    assert [source.name for source in registered()] == ["synthetic", NAME]


def test_classes_without_a_meaning_are_asked_for_beside_their_faces(
    add_dialog: AppTest, tmp_path: Path
) -> None:
    for number, label in enumerate(("happy", "sad"), 1):
        for part in ("train", "test"):
            (tmp_path / "set" / part / label).rename(tmp_path / "set" / part / str(number))
    shutil.move(tmp_path / "set", tmp_path / "numbers")
    dialog = add_dialog.run()
    dialog.text_input(key="dataset.add.path").set_value(str(tmp_path / "numbers"))
    dialog.button(key="dataset.add.go").click().run()
    assert not dialog.error
    assert dialog.subheader[0].value == "What do these 2 classes mean?"
    assert "**2** · 8 faces" in words(dialog)
    assert sum("Face 1 of class" in html.value for html in dialog.get("html")) == 2
    dialog.button(key="dataset.add.go").click().run()
    assert "Nothing is chosen for '1', '2'" in dialog.error[0].value
    dialog.button(key="dataset.add.order.As in RAF-DB").click().run()
    assert [box.value for box in dialog.selectbox] == ["surprise", "fear"]
    dialog.selectbox[0].set_value("happy").run()
    dialog.selectbox[1].set_value("its own").run()
    try:
        dialog.button(key="dataset.add.go").click().run()
        assert not dialog.error
        assert dialog.session_state[keys.CHOOSE] == "numbers"
        assert load_dataset("numbers").labels == ("happy", "2")
    finally:
        remove("numbers")


def test_kaggle_is_not_asked_for_what_could_not_be_read_afterwards(
    add_dialog: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KAGGLEHUB_CACHE", "/elsewhere/kagglehub")
    add_dialog.session_state["dataset.add.place"] = "kaggle"
    add_dialog.run()
    add_dialog.text_input(key="dataset.add.slug.kaggle").set_value("msambare/fer2013")
    add_dialog.button(key="dataset.add.go").click().run()
    assert not add_dialog.exception
    assert "'/elsewhere/kagglehub' is not under a folder that this app may read" in (
        add_dialog.error[0].value
    )


def test_a_data_set_of_the_hub_is_asked_for_by_owner_and_name(
    add_dialog: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    add_dialog.session_state["dataset.add.place"] = "hub"
    add_dialog.run()
    add_dialog.text_input(key="dataset.add.slug.hub").set_value("hf:someone/faces")
    add_dialog.button(key="dataset.add.go").click().run()
    assert not add_dialog.exception
    assert "huggingface.co/datasets/someone/faces" in add_dialog.error[0].value


def test_a_table_uploaded_without_its_images_is_refused_by_its_own_name(
    add_dialog: AppTest,
) -> None:
    upload(add_dialog, "labels.csv", b"path,label\na.png,happy\n")
    assert "labels.csv' names image files, which were not uploaded" in add_dialog.error[0].value
    assert "unpacked" not in add_dialog.error[0].value


def test_what_is_skipped_is_listed_by_reason(app: AppTest, named: str, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "set" / "test", tmp_path / "set" / "misc")
    (tmp_path / "set" / "train" / "sad" / "empty.png").touch()
    app.run()
    app.switch_page("pages/dataset/page.py")
    app.session_state[keys.NAME] = named
    app.run()
    assert app.expander[0].label == "5 files or rows skipped"
    listed = app.expander[0].markdown[0].value.replace("\\", "")
    assert "**4 files or rows**: the folder 'misc' is no known part" in listed
    assert "misc/happy/test_0.png, misc/happy/test_1.png" in listed
    assert "**1 file or row**: it is empty (0 bytes)" in listed


def test_a_link_to_a_data_set_that_is_not_here_shows_no_other(app: AppTest, named: str) -> None:
    app.query_params["dataset.name"] = "nope"
    app.run()
    page = app.switch_page("pages/dataset/page.py").run()
    assert "asks for the data set 'nope', which is not here" in page.error[0].value.replace(
        "\\", ""
    )
    assert not page.caption
    page.selectbox(key="dataset.name").set_value(named).run()
    assert not page.error
    assert not page.exception


def test_the_overview_is_computed_once_for_all_visitors_until_the_data_set_is_read_again(
    data_page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = []
    counts = overview.class_by_split
    monkeypatch.setattr(overview, "class_by_split", lambda one: computed.append(one) or counts(one))
    data_page.session_state[keys.VIEW] = "overview"
    for _ in range(2):
        data_page.run()
        assert len(data_page.get("plotly_chart")) == 3
        assert "As training sees them" in [one.value for one in data_page.header]
    assert len(computed) == 1
    data_page.button(key="dataset.again").click().run()
    assert len(computed) == 2
    before = varied(data_page)
    assert varied(data_page.run()) == before
    assert varied(data_page.button(key="dataset.augment").click().run()) != before


def varied(page: AppTest) -> str:
    """The pictures that show augmentation."""
    return next(one.proto.body for one in page.get("html") if "fer-varied" in one.proto.body)
