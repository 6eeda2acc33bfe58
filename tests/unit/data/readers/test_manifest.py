from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fer.data import load_dataset
from fer.errors import DatasetError

MakeFaces = Callable[..., Path]


@pytest.fixture
def faces(make: MakeFaces) -> Path:
    return make("faces/a.png", "faces/b.png", "c.png")


def test_a_csv_names_label_split_and_person(faces: Path) -> None:
    (faces / "labels.csv").write_text(
        "path,label,split,subject\nfaces/a.png,Joy,train,anna\nfaces/b.png,sad,val,ben\n"
        "c.png,fear,test,\n"
    )
    index = load_dataset(faces / "labels.csv").index
    assert index["label"].tolist() == ["happy", "sad", "fear"]
    assert index["split"].tolist() == ["train", "validation", "test"]
    assert index["subject"].tolist() == ["anna", "ben", ""]


def test_parquet_is_read_alike_and_missing_columns_are_filled(faces: Path) -> None:
    table = pd.DataFrame({"path": ["faces/a.png", "c.png"], "label": ["happy", "sad"]})
    table.to_parquet(faces / "labels.parquet")
    dataset = load_dataset(faces)  # found in its folder
    assert dataset.labels == ("happy", "sad")
    assert set(dataset.index["subject"]) == {""}


def test_rows_of_a_shuffled_parquet_file_keep_their_own_files(faces: Path) -> None:
    names = ["faces/a.png", "gone.png", "faces/b.png", "c.png"]
    table = pd.DataFrame({"path": names, "label": ["happy", "sad", "fear", "angry"]})
    table.iloc[[1, 3, 0, 2]].to_parquet(faces / "labels.parquet")
    dataset = load_dataset(faces / "labels.parquet", validation_fraction=0)
    assert dataset.index["path"].tolist() == ["c.png", "faces/a.png", "faces/b.png"]
    assert dataset.index["label"].tolist() == ["angry", "happy", "fear"]
    assert dataset.skipped == (("labels.parquet:2 gone.png", "no such file"),)


def test_a_duplicate_column_is_reported(faces: Path) -> None:
    (faces / "labels.csv").write_text("path,label,Label\nc.png,happy,sad\n")
    with pytest.raises(DatasetError, match="the column label more than once"):
        load_dataset(faces / "labels.csv")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("gone.png,happy,train", "no such file"),
        ("../outside.png,happy,train", "outside the data set's folder"),
        ("faces,happy,train", "not a file"),
        ("c.png,happy,later", "unknown split 'later'"),
        ("c.png,,train", "no label"),
        ("faces/a.png,sad,train", "named twice"),
    ],
)
def test_a_row_that_cannot_be_used_is_listed_by_line(
    faces: Path, make: MakeFaces, line: str, reason: str
) -> None:
    make("outside.png", root=faces.parent)
    (faces / "labels.csv").write_text(f"path,label,split\nfaces/a.png,happy,train\n{line}\n")
    dataset = load_dataset(faces, validation_fraction=0)
    assert dataset.index["path"].tolist() == ["faces/a.png"]
    (where, found), *_ = dataset.skipped
    assert where.startswith("labels.csv:3")
    assert reason in found


def test_a_link_out_of_the_folder_is_refused(faces: Path, make: MakeFaces) -> None:
    outside = make("secret.png", root=faces.parent / "elsewhere")
    (faces / "link.png").symlink_to(outside / "secret.png")
    (faces / "labels.csv").write_text("path,label\nlink.png,happy\nc.png,sad\n")
    dataset = load_dataset(faces, validation_fraction=0)
    assert dataset.index["path"].tolist() == ["c.png"]
    assert "outside" in dataset.skipped[0][1]


def test_unknown_labels_are_an_error_or_classes_of_their_own(faces: Path) -> None:
    (faces / "labels.csv").write_text("path,label\nc.png,hungry\nfaces/a.png,sad\n")
    with pytest.raises(DatasetError, match=r"'hungry'.*Known: angry"):
        load_dataset(faces)
    assert load_dataset(faces, custom_classes=True).labels == ("sad", "hungry")


def test_persons_stay_on_one_side_of_the_split_that_is_made(make: MakeFaces) -> None:
    names = [f"{label}/{k}.png" for label in ("happy", "sad") for k in range(40)]
    root = make(*names)
    rows = [f"{name},{name.split('/')[0]},p{k % 10}" for k, name in enumerate(names)]
    (root / "labels.csv").write_text("path,label,subject\n" + "\n".join(rows))
    index = load_dataset(root).index
    assert set(index["split"]) == {"train", "validation", "test"}
    assert (index.groupby("subject")["split"].nunique() == 1).all()


def test_votes_beside_a_manifest_belong_to_the_path_they_name(faces: Path) -> None:
    (faces / "labels.csv").write_text("path,label\nfaces/a.png,happy\nc.png,sad\n")
    (faces / "votes.csv").write_text(
        "path,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
        "c.png,4,0,0,5,0,0,0,0,1,0\nfaces/b.png,10,0,0,0,0,0,0,0,0,0\n"
    )
    dataset = load_dataset(faces / "labels.csv", validation_fraction=0)
    assert dataset.votes is not None
    assert np.isnan(dataset.votes[0]).all()
    assert dataset.votes[1].tolist() == [4, 0, 0, 5, 0, 0, 0, 0, 1, 0]
    assert dataset.source_format == "the manifest 'labels.csv': 2 faces, crowd votes for 1"
    assert dataset.skipped == (("votes.csv", "1 of its rows name no image of this data set"),)


@pytest.mark.parametrize(
    "written",
    [
        "image,label\nfaces/a.png,happy\nc.png,sad\n",
        "user.id,image,emotion\n628,a.png,HAPPINESS\n628,c.png,sadness\n",
        ",pth,label,relFCs\n0,faces/a.png,happy,0.98\n1,c.png,sad,0.5\n",
        "filename;label\nfaces\\a.png;happy\nc.png;sad\n",
        "file,label,emotion\nfaces/a.png,3,happy\nc.png,4,sad\n",
        "id,expression\na,happy\nc,sad\n",
        "faces/a.png happy\nc.png sad\n",
        "faces/a.png,happy\nc.png,sad\n",
        "filename,happy,sad\nfaces/a.png,1,0\nc.png,0,1\n",
        "filename,happy,sad\nfaces/a.png,True,False\nc.png,FALSE,TRUE\n",
        "filepaths,labels\nfaces/A.PNG,happy\nC.Png,sad\n",
        "path,label\nFaces/a.jpg,happy\nc.jpeg,sad\n",
        "path,label\nfile:///home/me/faces/a.png,happy\nfile:///home/me/c.png,sad\n",
        "url,label\nhttps://example.org/faces/a.png,happy\nhttps://example.org/c.png,sad\n",
        "path,label\nfaces%2Fa.png,happy\n%63.png,sad\n",
    ],
)
def test_paths_and_labels_are_found_under_the_names_that_people_use(
    faces: Path, written: str
) -> None:
    (faces / "val.txt").write_text(written)
    index = load_dataset(faces / "val.txt", validation_fraction=0).index
    assert index["path"].tolist() == ["faces/a.png", "c.png"]
    assert index["label"].tolist() == ["happy", "sad"]


def test_absolute_paths_count_inside_the_folder_and_below_its_name_elsewhere(faces: Path) -> None:
    (faces / "labels.csv").write_text(
        f"path,label\n{faces}/faces/a.png,happy\n/kaggle/input/fer/faces/b.png,sad\n"
        "C:\\Users\\me\\fer\\c.png,fear\n/kaggle/input/fer/faces/gone.png,sad\n"
    )
    dataset = load_dataset(faces, validation_fraction=0)
    assert dataset.index["path"].tolist() == ["faces/a.png", "faces/b.png", "c.png"]
    assert dataset.skipped == (("labels.csv:5 /kaggle/input/fer/faces/gone.png", "no such file"),)
    assert (dataset.pixels[0] != dataset.pixels[1]).any()


def test_the_error_for_paths_that_lead_nowhere_names_the_first(faces: Path) -> None:
    (faces / "labels.csv").write_text("path,label\n/kaggle/input/gone.png,happy\n")
    with pytest.raises(
        DatasetError,
        match=r"labels.csv:2 /kaggle/input/gone.png: no such file.*both the table and the images",
    ):
        load_dataset(faces)


def test_a_name_that_two_files_have_is_not_guessed(faces: Path, make: MakeFaces) -> None:
    make("faces/d.png", "other/d.png", root=faces)
    (faces / "labels.csv").write_text("path,label\nd.png,happy\na.png,sad\n")
    dataset = load_dataset(faces, validation_fraction=0)
    assert dataset.index["path"].tolist() == ["faces/a.png"]
    assert "2 files have this name" in dataset.skipped[0][1]


def test_a_path_in_another_folder_does_not_match_a_file_of_the_same_name(
    faces: Path,
) -> None:
    (faces / "labels.csv").write_text("path,label\ntrain/a.png,happy\nc.png,sad\n")
    dataset = load_dataset(faces, validation_fraction=0)
    assert dataset.index["path"].tolist() == ["c.png"]


def test_an_absolute_path_matches_the_file_that_shares_most_of_its_folders(
    make: MakeFaces,
) -> None:
    root = make("train/sad/1.png", "test/sad/1.png", "copy/train/sad/1.png", "sad/2.png", "3.png")
    rows = {
        "/data/fer/train/sad/1.png": "2 files have this name",
        "/data/copy/train/sad/1.png": "",
        "/data/fer/test/sad/1.png": "",
        "/data/fer/sad/2.png": "",
        "/data/happy/2.png": "sad/2.png has its name, but is in another folder",
        "/data/fer/3.png": "",
    }
    lines = "".join(f"{path},sad\n" for path in rows)
    (root / "labels.csv").write_text(f"path,label\n{lines}")
    dataset = load_dataset(root, validation_fraction=0)
    assert dataset.index["path"].tolist() == [
        "copy/train/sad/1.png", "test/sad/1.png", "sad/2.png", "3.png"
    ]  # fmt: skip
    found = {path: reason for path, reason in dataset.skipped if path.startswith("labels.csv")}
    assert len(found) == 2
    for path, reason in found.items():
        assert rows[path.partition(" ")[2]] in reason


def test_a_file_of_the_same_name_in_another_part_or_class_is_another_file(
    make: MakeFaces,
) -> None:
    root = make("test/happy/1.png", "sad/anna/2.png", "a.png")
    (root / "labels.csv").write_text(
        "path,label\n/data/train/happy/1.png,happy\n/data/happy/anna/2.png,happy\n/data/a.png,sad\n"
    )
    assert load_dataset(root, validation_fraction=0).index["path"].tolist() == ["a.png"]


def test_a_file_beside_the_table_is_not_taken_for_one_of_another_part(make: MakeFaces) -> None:
    root = make("train/1.png", "train/2.png")
    (root / "train/labels.csv").write_text("path,label\n/data/test/1.png,happy\n2.png,sad\n")
    dataset = load_dataset(root, validation_fraction=0)
    assert dataset.index["path"].tolist() == ["train/2.png"]
    reason = "no such file; train/1.png has its name, but is in another folder"
    assert ("train/labels.csv:2 /data/test/1.png", reason) in dataset.skipped


def test_a_table_that_windows_wrote_is_read(make: MakeFaces) -> None:
    root = make("José.png", "c.png")
    (root / "labels.csv").write_bytes("path;label\r\nJosé.png;happy\r\nc.png;sad".encode("cp1252"))
    assert load_dataset(root, validation_fraction=0).index["path"].tolist() == ["José.png", "c.png"]


def test_rafdbs_own_table_names_the_aligned_faces_and_uses_its_own_numbers(
    make: MakeFaces,
) -> None:
    names = ("train_00001", "train_00002", "test_0001")
    root = make(
        *(f"Image/aligned/{name}_aligned.png" for name in names),
        *(f"Image/original/{name}.png" for name in names),
    )
    (root / "EmoLabel").mkdir()
    (root / "EmoLabel/list_patition_label.txt").write_text(
        "train_00001.png 5\ntrain_00002.png 1\ntest_0001.png 7\n"
    )
    dataset = load_dataset(root, validation_fraction=0)
    assert dataset.index["label"].tolist() == ["sad", "surprise", "neutral"]
    assert dataset.index["path"].tolist() == [f"Image/aligned/{name}_aligned.png" for name in names]
    assert dataset.index["split"].tolist() == ["train", "train", "test"]
    assert "RAF-DB" in dataset.source_format


def test_ferplus_own_folders_give_votes_and_fer2013s_parts(make: MakeFaces) -> None:
    root = make("FER2013Train/fer0000000.png", "FER2013Train/fer0000001.png",
                "FER2013Valid/fer0028638.png", "FER2013Test/fer0032220.png")  # fmt: skip
    box = '"(0, 0, 48, 48)"'
    (root / "FER2013Train/label.csv").write_text(
        f"fer0000000.png,{box},4,0,0,1,3,2,0,0,0,0\nfer0000001.png,{box},0,0,0,5,5,0,0,0,0,0\n"
    )
    (root / "FER2013Valid/label.csv").write_text(f"fer0028638.png,{box},0,9,1,0,0,0,0,0,0,0\n")
    (root / "FER2013Test/label.csv").write_text(f"fer0032220.png,{box},0,0,0,0,9,1,0,0,0,0\n")
    dataset = load_dataset(root, validation_fraction=0)
    assert dataset.splits == {"train": 1, "public_test": 1, "private_test": 1}
    assert sorted(dataset.index["label"]) == ["angry", "happy", "neutral"]
    assert dataset.votes is not None
    assert "FER+ votes for 3" in dataset.source_format
    assert "no single emotion has the most votes" in dict(dataset.skipped).popitem()[1]


@pytest.mark.parametrize("column", ["split", "phase", "data_type", "dataset"])
def test_the_split_is_found_by_what_a_column_holds(make: MakeFaces, column: str) -> None:
    faces = make("a.png", "b.png", "c.png")
    (faces / "labels.csv").write_text(
        f"path,label,{column}\na.png,sad,train\nb.png,sad,test\nc.png,sad,test\n"
    )
    assert load_dataset(faces, validation_fraction=0).splits == {"train": 1, "test": 2}


def test_a_file_with_another_suffix_is_only_taken_if_it_is_an_image(make: MakeFaces) -> None:
    faces = make("a.png")
    (faces / "b.txt").write_text("0 0.5 0.5 1 1")
    (faces / "labels.csv").write_text("path,label\na.png,sad\nb.jpg,sad\n")
    assert load_dataset(faces).skipped[0] == ("labels.csv:3 b.jpg", "no such file")


def test_an_eval_row_is_for_validation_beside_test_rows(make: MakeFaces) -> None:
    faces = make("a.png", "b.png", "c.png")
    (faces / "labels.csv").write_text(
        "path,label,split\na.png,sad,TRAIN\nb.png,sad,eval\nc.png,sad,test_set\n"
    )
    assert load_dataset(faces).splits == {"train": 1, "validation": 1, "test": 1}
