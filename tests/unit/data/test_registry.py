import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fer.data import add, annotations, load_dataset, registered, remove
from fer.data.corrections import AcceptedFace, write_accepted
from fer.data.loading import remembered_faces
from fer.data.locking import BUILD_LOCK, locked
from fer.data.registry import feedback_file, resolve
from fer.errors import DatasetError

pytestmark = pytest.mark.usefixtures("own_home")
MakeFaces = Callable[..., Path]


@pytest.fixture
def root(make: MakeFaces) -> Path:
    return make("train/happy/a.png", "test/sad/b.png")


def test_a_name_refers_to_its_source(root: Path) -> None:
    add(root, name="mine")
    dataset = load_dataset("mine", validation_fraction=0)
    assert dataset.name == "mine"
    assert dataset.splits == {"train": 1, "test": 1}
    assert [source.name for source in registered()] == ["synthetic", "mine"]


def test_a_name_is_given_once_and_only_when_the_source_can_be_read(
    root: Path, make: MakeFaces, tmp_path: Path
) -> None:
    add(root, name="mine")
    add(root, name="mine")
    other = make("happy/x.png", root=tmp_path / "other")
    with pytest.raises(DatasetError, match=r"'mine' is taken.*Choose another name"):
        add(other, name="mine")
    for name in ("synthetic", "../up", "", "a/b", "-x"):
        with pytest.raises(DatasetError, match="cannot be a data set's name"):
            add(other, name=name) if name else add(other, name=".")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError):
        add(tmp_path / "empty", name="empty")
    assert [source.name for source in registered()] == ["synthetic", "mine"]


def test_removing_deletes_the_index_but_neither_files_nor_annotations(
    root: Path, own_home: Path
) -> None:
    dataset = add(root, name="mine")
    annotations.annotate(dataset, ["train/happy/a.png"], excluded=True)
    remove("mine")
    assert not list(own_home.rglob("*.pixels"))
    assert (root / "train/happy/a.png").is_file()
    assert load_dataset(root, validation_fraction=0).excluded.sum() == 1
    with pytest.raises(DatasetError, match="No data set is called 'mine'"):
        remove("mine")
    with pytest.raises(DatasetError, match="cannot be removed"):
        remove("synthetic")


def test_what_is_being_read_is_not_removed(
    root: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = add(root, name="mine")
    assert dataset.folder is not None
    monkeypatch.setattr("fer.data.registry._REMOVAL_WAITS_S", 0.1)
    with locked(dataset.folder / BUILD_LOCK):
        with pytest.raises(DatasetError, match="in use by another process"):
            remove("mine")
        assert load_dataset("mine", validation_fraction=0).splits == {"train": 1, "test": 1}
    remove("mine")
    assert (dataset.folder / BUILD_LOCK).is_file()  # others may wait for it


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_that_cannot_be_written_is_reported(root: Path, own_home: Path) -> None:
    own_home.mkdir(parents=True, exist_ok=True)
    own_home.chmod(0o500)
    with pytest.raises(DatasetError, match="cannot be written to"):
        add(root, name="mine")


def test_removing_an_archive_removes_what_was_unpacked(root: Path, own_home: Path) -> None:
    archive = Path(shutil.make_archive(str(root.parent / "packed"), "zip", root))
    add(archive, name="packed")
    shutil.rmtree(root)
    assert len(load_dataset("packed")) == 2
    remove("packed")
    assert not list((own_home / "datasets" / "unpacked").iterdir())
    assert archive.is_file()


def test_annotations_outlive_a_mapping_that_is_corrected(make: MakeFaces) -> None:
    root = make("train/0/a.png", "train/1/b.png", "train/1/c.png")
    dataset = add(root, name="mine", classes={"0": "angry", "1": "sad"})
    annotations.annotate(dataset, ["train/0/a.png"], excluded=True)
    annotations.annotate(dataset, ["train/1/b.png"], label="angry")
    dataset = add(root, name="mine", classes={"0": "fear", "1": "happy"})
    assert dataset.index["label_original"].tolist() == ["fear", "happy", "happy"]
    assert dataset.index["label"].tolist() == ["fear", "angry", "happy"]
    assert dataset.excluded.tolist() == [True, False, False]
    assert load_dataset("mine", validation_fraction=0).labels == ("angry", "fear", "happy")


def test_what_is_remembered_of_a_data_set_is_what_its_own_classes_mean(make: MakeFaces) -> None:
    root = make("train/0/a.png", "train/1/b.png")
    add(root, name="one", classes={"0": "angry", "1": "sad"})
    add(root, name="two", classes={"0": "fear", "1": "happy"})
    for name, labels in (("one", {"angry", "sad"}), ("two", {"fear", "happy"})):
        faces = remembered_faces(name)
        assert faces is not None
        assert set(faces["label"]) == labels


def test_names_with_other_meanings_of_one_source_leave_each_other_their_indexes(
    make: MakeFaces, own_home: Path
) -> None:
    root = make("train/0/a.png", "train/1/b.png")
    add(root, name="one", classes={"0": "angry", "1": "sad"})
    add(root, name="two", classes={"0": "fear", "1": "happy"})
    indexes = {file: file.stat().st_mtime_ns for file in own_home.rglob("*.parquet")}
    assert len(indexes) == 2
    for name in ("one", "two", "one"):
        load_dataset(name, validation_fraction=0)
    make("train/0/c.png", root=root)
    load_dataset("one", validation_fraction=0)
    assert len(set(own_home.rglob("*.parquet")) & set(indexes)) == 1
    assert len(list(own_home.rglob("*.parquet"))) == 2


def test_an_index_goes_with_the_last_name_that_gives_its_classes_that_meaning(
    make: MakeFaces, own_home: Path
) -> None:
    root = make("train/0/a.png", "train/1/b.png")
    meanings = [{"0": "angry", "1": "sad"}, {"0": "fear", "1": "happy"}]
    for name, meaning in zip(("one", "two"), meanings, strict=True):
        add(root, name=name, classes=meaning)
    add(root, name="one", classes=meanings[1])
    assert len(list(own_home.rglob("*.pixels"))) == 1
    remove("one")
    assert remembered_faces("two") is not None
    remove("two")
    assert not list(own_home.rglob("*.pixels"))


def test_the_accepted_corrections_are_one_data_set_whatever_they_are_called_by(
    own_home: Path, make: MakeFaces
) -> None:
    folder = own_home / "feedback"
    (folder / "test_faces").mkdir(parents=True)
    make("happy/a.png", root=folder)
    with pytest.raises(DatasetError, match="No data set at"):
        resolve(folder)
    image = (folder / "happy/a.png").read_bytes()
    face = AcceptedFace("1", "happy", "train", "me", "hash", "", image)
    write_accepted(feedback_file(), [face])
    for source in ("feedback", folder, feedback_file()):
        dataset = load_dataset(source, validation_fraction=0)
        assert dataset.name == "feedback"
        assert dataset.index["path"].tolist() == ["1.png"]
    assert [one.name for one in (own_home / "datasets/store").iterdir()] == ["feedback"]


def test_annotations_in_the_folder_of_an_earlier_version_are_taken_over(
    make: MakeFaces, own_home: Path
) -> None:
    root = make("train/0/a.png", "train/1/b.png")
    mapping = {"0": "angry", "1": "sad"}
    dataset = add(root, name="mine", classes=mapping)
    annotations.annotate(dataset, ["train/0/a.png"], excluded=True)
    source = resolve("mine")
    source.folder.rename(source.earlier_folder)
    again = load_dataset("mine", validation_fraction=0)
    assert again.excluded.tolist() == [True, False]
    assert [folder.name for folder in (own_home / "datasets/store").iterdir()] == [
        source.folder.name
    ]


def test_an_archive_that_has_changed_is_added_again_under_its_name_with_its_annotations(
    root: Path, make: MakeFaces, own_home: Path
) -> None:
    archive = Path(shutil.make_archive(str(root.parent / "packed"), "zip", root))
    dataset = add(archive, name="packed")
    annotations.annotate(dataset, ["train/happy/a.png"], excluded=True)
    make("train/sad/more.png", root=root)
    shutil.make_archive(str(root.parent / "packed"), "zip", root)
    again = add(archive, name="packed")
    assert again.index["path"].tolist() == [
        "test/sad/b.png", "train/happy/a.png", "train/sad/more.png"
    ]  # fmt: skip
    assert again.excluded.tolist() == [False, True, False]
    assert len(list((own_home / "datasets/unpacked").iterdir())) == 1


def test_a_source_that_no_longer_exists_is_reported(root: Path) -> None:
    add(root, name="mine")
    shutil.rmtree(root)
    with pytest.raises(DatasetError, match="Put it back, or remove"):
        load_dataset("mine")


def test_a_truth_that_nobody_knows_or_that_is_not_there_is_refused(root: Path) -> None:
    with pytest.raises(DatasetError, match=r"Unknown truth 'vote'. Known: label, votes"):
        load_dataset(root, truth="vote")
    with pytest.raises(DatasetError, match=r"has none.*votes\.csv"):
        load_dataset(root, truth="votes")
