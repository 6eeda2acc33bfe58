from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from fer.data import Dataset, annotations, load_dataset
from fer.errors import DatasetError, LabelError
from fer.people import Person, act_as

MakeFaces = Callable[..., Path]


@pytest.fixture
def dataset(make: MakeFaces) -> Dataset:
    root = make("train/happy/a.png", "train/happy/b.png", "train/sad/c.png", "test/sad/d.png")
    return load_dataset(root, validation_fraction=0)


def again(dataset: Dataset, make: MakeFaces) -> Dataset:
    return load_dataset(make(), validation_fraction=0)


def test_an_excluded_face_belongs_to_no_split(dataset: Dataset, make: MakeFaces) -> None:
    annotations.annotate(dataset, ["train/happy/a.png"], excluded=True)
    marked = again(dataset, make)
    assert len(marked) == 4
    assert marked.splits == {"train": 2, "test": 1}
    assert "train/happy/a.png" not in set(marked.select("train").index["path"])
    assert marked.fingerprint() != dataset.fingerprint()


def test_a_label_put_right_is_used_and_the_old_one_kept(dataset: Dataset, make: MakeFaces) -> None:
    annotations.annotate(dataset, ["train/happy/b.png"], label="Anger", add_class=True)
    row = again(dataset, make).index.set_index("path").loc["train/happy/b.png"]
    assert (row["label"], row["label_original"]) == ("angry", "happy")
    assert again(dataset, make).relabelled.sum() == 1


def test_undo_takes_back_one_step_at_a_time(dataset: Dataset) -> None:
    paths = ["train/happy/a.png", "train/happy/b.png"]
    annotations.annotate(dataset, paths, excluded=True)
    annotations.annotate(dataset, paths[:1], label="sad")
    assert annotations.read(dataset)[paths[0]].label == "sad"
    assert annotations.undo(dataset) == 1
    assert annotations.read(dataset)[paths[0]].label is None
    assert annotations.can_undo(dataset)
    assert annotations.undo(dataset) == 2
    assert not annotations.can_undo(dataset)
    assert annotations.undo(dataset) == 0
    assert annotations.read(dataset) == {}


def test_the_annotations_of_some_faces_can_be_cleared_and_that_undone(dataset: Dataset) -> None:
    paths = ["train/happy/a.png", "train/happy/b.png"]
    annotations.annotate(dataset, paths, excluded=True, label="sad")
    annotations.annotate(dataset, paths[:1], excluded=False, label="")
    assert list(annotations.read(dataset)) == paths[1:]
    annotations.undo(dataset)
    assert list(annotations.read(dataset)) == paths
    assert annotations.read(dataset)[paths[0]].label == "sad"


def test_no_label_adds_a_class_unasked(dataset: Dataset, make: MakeFaces) -> None:
    with pytest.raises(DatasetError, match="'contempt' is not a class"):
        annotations.annotate(dataset, ["train/sad/c.png"], label="contempt")
    assert annotations.read(dataset) == {}
    annotations.annotate(dataset, ["train/sad/c.png"], label="contempt", add_class=True)
    assert annotations.classes(again(dataset, make)) == ("happy", "sad", "contempt")


def test_an_annotation_does_not_apply_to_another_image_of_that_name(
    dataset: Dataset, make: MakeFaces
) -> None:
    annotations.annotate(dataset, ["train/sad/c.png"], excluded=True)
    Image.new("L", (48, 48), 3).save(make() / "train/sad/c.png")
    assert not again(dataset, make).excluded.any()


def test_annotations_are_exported_and_no_file_of_the_user_is_touched(
    dataset: Dataset, make: MakeFaces
) -> None:
    root = make()
    before = {file: file.stat().st_mtime_ns for file in root.rglob("*")}
    annotations.annotate(dataset, ["train/sad/c.png"], label="fear", add_class=True)
    annotations.annotate(dataset, ["train/happy/a.png"], excluded=True)
    digest = dataset.index.set_index("path")["hash"]
    assert annotations.export(root).splitlines() == [
        "path,hash,excluded,label",
        f"train/happy/a.png,{digest['train/happy/a.png']},1,",
        f"train/sad/c.png,{digest['train/sad/c.png']},0,fear",
    ]
    assert before == {file: file.stat().st_mtime_ns for file in root.rglob("*")}


def test_what_cannot_be_annotated_is_refused(dataset: Dataset) -> None:
    with pytest.raises(DatasetError, match="no face 'gone'"):
        annotations.annotate(dataset, ["gone"], excluded=True)
    with pytest.raises(LabelError, match="hungry"):
        annotations.annotate(dataset, ["train/sad/c.png"], label="hungry")
    assert annotations.read(dataset) == {}


def test_a_damaged_file_of_annotations_is_an_error_and_not_silently_lost(
    dataset: Dataset, make: MakeFaces
) -> None:
    annotations.annotate(dataset, ["train/sad/c.png"], excluded=True)
    assert dataset.folder is not None
    (dataset.folder / annotations.FILE).write_text('{"version": 1, "steps": [')
    with pytest.raises(DatasetError, match="cannot be read"):
        again(dataset, make)


def test_an_annotation_names_whoever_made_it_last_and_nobody_who_had_not_to_sign_in(
    dataset: Dataset,
) -> None:
    path = "train/happy/a.png"
    annotations.annotate(dataset, [path], excluded=True)
    assert annotations.read(dataset)[path].by == ""
    for name in ("kim@example.org", "lee@example.org"):
        with act_as(Person(name=name)):
            annotations.annotate(dataset, [path], label="sad")
        assert annotations.read(dataset)[path].by == name
    assert annotations.read(dataset)[path].when.startswith("20")
    annotations.undo(dataset)
    assert annotations.read(dataset)[path].by == "kim@example.org"
