import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fer.data import load_dataset, registered, uploads
from fer.data.archives import unpacked_folder
from fer.data.classes import UnknownClassesError
from fer.data.uploads import add_upload
from fer.errors import DatasetError

pytestmark = pytest.mark.usefixtures("own_home")


MakeFaces = Callable[..., Path]


def packed(**members: bytes) -> io.BytesIO:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as pack:
        for name, data in members.items():
            pack.writestr(name.replace("__", "/") + ".png", data)
    content.seek(0)
    return content


def test_an_uploaded_archive_becomes_a_data_set(make: MakeFaces) -> None:
    face = (make("a.png") / "a.png").read_bytes()
    add_upload(packed(happy__a=face, sad__b=face), name="mine")
    assert load_dataset("mine").labels == ("happy", "sad")


@pytest.mark.parametrize("content", [b"", b"MZ\x90\x00 a program", b"a,b\n1,2\n"])
def test_an_upload_of_anything_else_is_refused_and_nothing_is_kept(content: bytes) -> None:
    with pytest.raises(DatasetError, match="neither a ZIP or TAR"):
        add_upload(io.BytesIO(content), name="mine")
    assert list(unpacked_folder().iterdir()) == []
    assert [source.name for source in registered()] == ["synthetic"]


def test_an_upload_without_faces_leaves_nothing(make: MakeFaces) -> None:
    face = (make("a.png") / "a.png").read_bytes()
    with pytest.raises(DatasetError, match="hungry"):
        add_upload(packed(hungry__a=face), name="mine")
    assert list(unpacked_folder().iterdir()) == []


def test_an_upload_that_is_too_large_is_refused_and_nothing_is_kept(
    make: MakeFaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    face = (make("a.png") / "a.png").read_bytes()
    monkeypatch.setattr(uploads, "MAX_BYTES", 1000)
    with pytest.raises(DatasetError, match="more than 0 MB"):
        add_upload(packed(happy__a=face), name="mine")
    monkeypatch.undo()
    monkeypatch.setattr(uploads, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(DatasetError, match="more than"):
        add_upload(packed(happy__a=bytes(5000)), name="mine")
    assert list(unpacked_folder().iterdir()) == []


def test_an_uploaded_fer2013_csv_becomes_a_data_set() -> None:
    rows = "".join(f"{code},{' '.join([str(code)] * 48 * 48)},Training\n" for code in range(3))
    dataset = add_upload(io.BytesIO(b"emotion,pixels,Usage\n" + rows.encode()), name="mine")
    assert dataset.index["label"].tolist() == ["angry", "disgust", "fear"]


@pytest.mark.parametrize("name", ["faces.parquet", "faces.npz", "fer2013", "tabs.tsv"])
def test_an_upload_of_any_table_with_pixels_becomes_a_data_set(tmp_path: Path, name: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 48, 48), dtype=np.uint8)
    texts = [" ".join(map(str, face.ravel())) for face in pixels]
    file = tmp_path / name
    if name.endswith("npz"):
        np.savez(file, images=pixels, labels=["happy", "sad"] * 3)
    elif name.endswith("parquet"):
        pd.DataFrame({"emotion": [3, 4] * 3, "pixels": texts}).to_parquet(file)
    else:
        file.write_text("\n".join(["emotion\tpixels", *(f"3\t{text}" for text in texts)]))
    with file.open("rb") as content:
        dataset = add_upload(content, name="mine", file_name=name)
    assert len(dataset) == 6
    assert len(load_dataset("mine")) == 6


def test_a_table_of_image_files_is_refused_without_them_and_shows_no_folder() -> None:
    table = io.BytesIO(b"path,label\na.png,happy\n")
    with pytest.raises(DatasetError) as refused:
        add_upload(table, name="mine", file_name="labels.csv")
    assert str(refused.value).startswith("'labels.csv' names image files, which were not uploaded")
    assert "/" not in str(refused.value)
    assert list(unpacked_folder().iterdir()) == []


def test_an_error_names_the_uploaded_file_and_no_folder_of_the_server(make: MakeFaces) -> None:
    face = (make("a.png") / "a.png").read_bytes()
    csv = io.BytesIO(b"emotion,pixels,Usage\n0,1 2 3,Training\n")
    for content, name in ((packed(hungry__a=face), "slip.zip"), (csv, "mine.csv")):
        with pytest.raises(DatasetError) as refused:
            add_upload(content, name="mine", file_name=name)
        assert name in str(refused.value)
        assert "unpacked" not in str(refused.value)
    with pytest.raises(DatasetError, match=r"'slip.zip' holds .*leads out"):
        add_upload(packed(**{"..__x": face}), name="mine", file_name="slip.zip")


def test_unknown_classes_of_an_upload_keep_their_faces_though_the_upload_is_gone(
    make: MakeFaces,
) -> None:
    face = (make("a.png") / "a.png").read_bytes()
    with pytest.raises(UnknownClassesError, match=r"'slip.zip' holds .*'0' \(1 face\)") as refused:
        add_upload(packed(**{"0__a": face, "sad__b": face}), name="mine", file_name="slip.zip")
    assert list(unpacked_folder().iterdir()) == []
    assert [len(one.examples) for one in refused.value.classes] == [1]
    content = packed(**{"0__a": face, "sad__b": face})
    assert add_upload(content, name="mine", classes={"0": "happy"}).labels == ("happy", "sad")
