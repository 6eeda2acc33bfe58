from collections.abc import Callable
from pathlib import Path

import pytest

from fer.data import Dataset, annotations, load_dataset
from fer.data.annotation_import import read_csv
from fer.errors import DatasetError

MakeFaces = Callable[..., Path]


@pytest.fixture
def dataset(make: MakeFaces) -> Dataset:
    root = make("train/happy/a.png", "train/happy/b.png", "train/sad/c.png", "test/sad/d.png")
    return load_dataset(root, validation_fraction=0)


def test_what_was_exported_is_imported_as_one_step(dataset: Dataset) -> None:
    annotations.annotate(dataset, ["train/happy/a.png"], excluded=True)
    annotations.annotate(dataset, ["train/happy/b.png"], label="sad")
    annotations.annotate(dataset, ["train/sad/c.png"], excluded=True, label="happy")
    exported, before = annotations.export(dataset), annotations.read(dataset)
    while annotations.can_undo(dataset):
        annotations.undo(dataset)
    annotations.annotate(dataset, ["test/sad/d.png"], excluded=True)
    imported = read_csv(dataset, exported.encode())
    assert imported.refused == ()
    annotations.annotate_each(dataset, imported.given)
    kept = annotations.read(dataset)
    assert kept.pop("test/sad/d.png").excluded
    assert kept == before
    assert annotations.undo(dataset) == 3
    assert list(annotations.read(dataset)) == ["test/sad/d.png"]


def test_a_path_like_a_formula_is_none_in_the_export_and_is_imported(make: MakeFaces) -> None:
    root = make("+happy/a.png", "sad/b.png")
    dataset = load_dataset(root, validation_fraction=0, classes={"+happy": "happy"})
    annotations.annotate(dataset, ["+happy/a.png"], excluded=True)
    exported = annotations.export(dataset)
    assert exported.splitlines()[1].startswith("'+happy/a.png,")
    assert list(read_csv(dataset, exported.encode()).given) == ["+happy/a.png"]


def test_every_row_that_does_not_fit_is_named_with_its_reason(dataset: Dataset) -> None:
    table = (
        "path;hash;excluded;label\n"
        "train/happy/a.png;;1;\n"
        "train/happy/gone.png;;1;\n"
        "train/happy/b.png;;0;hungry\n"
        "train/happy/a.png;;0;sad\n"
        "train/sad/c.png;0123;1;\n"
        "test/sad/d.png;;maybe;\n"
        "test/sad/d.png\n"
    )
    imported = read_csv(dataset, table.encode("utf-8-sig"))
    assert list(imported.given) == ["train/happy/a.png"]
    reasons = [reason for _, reason in imported.refused]
    expected = ["no face", "'hungry' is not a class", "earlier row", "another content"]
    for reason, part in zip(reasons, [*expected, "'maybe'", "neither"], strict=True):
        assert part in reason


def test_a_new_class_is_imported_only_when_that_is_asked_for(dataset: Dataset) -> None:
    table = b"path,label\ntrain/happy/a.png,Contempt\ntrain/happy/b.png,Sadness\n"
    imported = read_csv(dataset, table)
    assert imported.new_classes == ("contempt",)
    assert {path: one.label for path, one in imported.given.items()} == {"train/happy/b.png": "sad"}
    asked = read_csv(dataset, table, add_classes=True)
    assert asked.given["train/happy/a.png"].label == "contempt"
    assert asked.refused == ()


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b'path,label\n"x'])
def test_another_file_is_refused_with_what_was_expected(dataset: Dataset, content: bytes) -> None:
    with pytest.raises(DatasetError, match="Expected the columns path"):
        read_csv(dataset, content)
