"""What a source's own names of classes mean."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer.data import add, load_dataset
from fer.data.classes import USUAL, Classes, UnknownClassesError, unknown_classes
from fer.data.registry import registered, resolve
from fer.errors import DatasetError

MakeFaces = Callable[..., Path]


def test_a_class_is_known_by_its_label_or_an_alias_and_kept_only_when_asked_for() -> None:
    assert USUAL.label_of(" Joy ") == "happy"
    assert USUAL.label_of("Very  Hungry") == ""
    assert Classes(keep_unknown=True).label_of("Very  Hungry") == "very_hungry"


def test_a_mapping_gives_names_their_meaning_however_a_number_is_written() -> None:
    classes = Classes.of({"0": "Anger", "Tired ": "sad", "7": None}, keep_unknown=False)
    assert [classes.label_of(name) for name in ("0", "0.0", "00", " tired", "happy", "1")] == [
        "angry", "angry", "angry", "sad", "happy", ""
    ]  # fmt: skip
    assert [classes.leaves_out(name) for name in ("7", "7.0", "8", "happy")] == [
        True, True, False, False
    ]  # fmt: skip
    assert classes.label_of("7") == ""


def test_a_mapping_overrides_what_a_name_or_a_code_means_elsewhere() -> None:
    classes = Classes.of({"happy": "sad", "3": "fear"}, keep_unknown=False)
    codes = {"3": "happy", "4": "sad"}
    assert [classes.label_of(name, codes) for name in ("happy", "3", "4.0")] == [
        "sad", "fear", "sad"
    ]  # fmt: skip


def test_a_misspelt_emotion_in_a_mapping_is_an_error_and_a_class_may_keep_its_name() -> None:
    with pytest.raises(DatasetError, match=r"'0' is mapped to 'hungry'.*Known: angry"):
        Classes.of({"0": "hungry"}, keep_unknown=False)
    assert Classes.of({"0": "hungry"}, keep_unknown=True).label_of("0") == "hungry"
    assert Classes.of({"Very Hungry": "very hungry"}, keep_unknown=False).label_of(
        "very  hungry"
    ) == ("very_hungry")
    with pytest.raises(DatasetError, match="two meanings"):
        Classes.of({"0": "sad", "0.0": "happy"}, keep_unknown=False)


def test_unknown_classes_are_named_in_order_with_their_faces(make: MakeFaces) -> None:
    root = make("10/a.png", "9/b.png", "9/c.png", size=(200, 100))
    paths = [f"{root}/10/a.png", f"{root}/9/b.png", f"{root}/9/c.png"]
    error = unknown_classes(Path("set"), ["10", "9", "9"], paths.__getitem__)
    assert "unknown classes: '9' (2 faces), '10' (1 face). Known: angry, disgust" in str(error)
    assert [(one.name, one.faces, len(one.examples)) for one in error.classes] == [
        ("9", 2, 2), ("10", 1, 1)
    ]  # fmt: skip
    assert error.classes[1].examples[0].shape[:2] == (96, 48)


def test_of_many_unknown_classes_twelve_are_named_and_the_rest_counted() -> None:
    names = [f"class{number}" for number in range(14)]
    error = unknown_classes(Path("set"), names, lambda row: np.zeros((48, 48), np.uint8))
    assert "'class2' (1 face)" in str(error)
    assert ", 2 more. Known" in str(error)
    assert len(error.classes) == 14


def test_the_error_shows_the_option_to_use_with_every_usual_order_that_fits() -> None:
    def notes(*names: str) -> str:
        error = unknown_classes(Path("my set"), names, lambda row: np.zeros((48, 48), np.uint8))
        return "\n".join(error.__notes__)

    assert "add 'my set' --classes tired=EMOTION" in notes("tired")
    assert "classes={'tired': 'EMOTION'}" in notes("tired")
    assert "RAF-DB" not in notes("tired", "1")
    found = notes(*"1234567")
    assert "are as in RAF-DB: python -m fer data add 'my set' --classes 1=surprise,2=fear," in found
    assert "are as in AffectNet: " in found
    assert "FER-2013" not in found  # which has no 7
    assert "--classes 00=angry,6.0=neutral\n" in notes("6.0", "00")
    assert "7=contempt,8=\n" in notes("8", "7")


@pytest.mark.usefixtures("own_home")
def test_numbered_folders_are_refused_and_read_with_a_mapping(make: MakeFaces) -> None:
    root = make("train/0/a.png", "train/1/b.png", "test/0/c.png", "test/7/d.png")
    with pytest.raises(UnknownClassesError, match=r"'0' \(2 faces\), '1' \(1 face\), '7'"):
        load_dataset(root)
    archive = shutil.make_archive(str(root.parent / "packed"), "zip", root)
    with pytest.raises(UnknownClassesError, match=r"packed.zip' holds") as refused:
        load_dataset(archive)
    assert f"data add {archive} --classes" in refused.value.__notes__[0]
    dataset = load_dataset(
        root, classes={"0": "angry", "1": "disgust", "7": None}, validation_fraction=0
    )
    assert dict(zip(dataset.index["path"], dataset.index["label"], strict=True)) == {
        "train/0/a.png": "angry", "train/1/b.png": "disgust", "test/0/c.png": "angry"
    }  # fmt: skip
    assert dataset.skipped == (("test/7/d.png", "of a class that is left out"),)


def test_numbered_rows_of_a_manifest_are_refused_and_read_with_a_mapping(make: MakeFaces) -> None:
    root = make("a.png", "b.png", "c.png")
    (root / "labels.csv").write_text("path,label\na.png,0\nb.png,1.0\nc.png,2\n")
    with pytest.raises(UnknownClassesError) as refused:
        load_dataset(root)
    assert [one.name for one in refused.value.classes] == ["0", "1.0", "2"]
    assert len(refused.value.classes[0].examples) == 1
    dataset = load_dataset(root, classes={"0": "sad", "1": "happy", "2": ""})
    assert dataset.index["label"].tolist() == ["sad", "happy"]
    assert ("labels.csv:4 c.png", "of a class that is left out") in dataset.skipped


def test_a_mapping_changes_the_codes_of_fer2013s_csv(tmp_path: Path) -> None:
    rows = "".join(f"{code},{' '.join([str(code)] * 48 * 48)},Training\n" for code in range(3))
    (tmp_path / "fer2013.csv").write_text("emotion,pixels,Usage\n" + rows)
    assert load_dataset(tmp_path, custom_classes=True).labels == ("angry", "disgust", "fear")
    dataset = load_dataset(tmp_path, classes={"0": "happy", "1": None})
    assert sorted(dataset.index["label"]) == ["fear", "happy"]
    assert dataset.skipped == (("fer2013.csv:3", "of a class that is left out"),)


@pytest.mark.usefixtures("own_home")
def test_a_name_keeps_its_mapping_and_sets_added_before_there_was_one_still_open(
    make: MakeFaces, own_home: Path
) -> None:
    root = make("train/0/a.png", "train/1/b.png")
    mapping = {"0": "angry", "1": "very hungry"}
    add(root, name="mine", classes=mapping, custom_classes=True)
    assert load_dataset("mine", validation_fraction=0).labels == ("angry", "very_hungry")
    known = resolve("mine")
    assert known.classes == Classes.of(mapping, keep_unknown=True)
    other = load_dataset("mine", classes={"0": "sad", "1": "happy"}, validation_fraction=0)
    assert other.labels == ("happy", "sad")
    plain = make("train/sad/a.png", root=own_home.parent / "plain")
    before = f'{{"path": "{plain}", "custom_classes": false, "origin": ""}}'
    (own_home / "datasets/names/old.json").write_text(before)
    assert load_dataset("old", validation_fraction=0).labels == ("sad",)
    assert [source.name for source in registered()] == ["synthetic", "mine", "old"]


def test_the_place_of_a_set_without_a_mapping_is_the_one_that_its_annotations_have(
    make: MakeFaces,
) -> None:
    from hashlib import blake2b

    root = make("train/sad/a.png")
    digest = blake2b(f"{root.resolve()}\0False".encode(), digest_size=8).hexdigest()
    assert resolve(root).folder.name == f"{root.stem}-{digest}"
