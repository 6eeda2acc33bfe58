"""Parquet as the Hugging Face hub has it, and as pandas writes other tables."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from fer.data import load_dataset
from fer.data.classes import UnknownClassesError
from fer.errors import DatasetError

NAMES = ["anger", "happiness", "sadness"]
FACES = np.random.default_rng(0).integers(0, 256, (7, 48, 48), dtype=np.uint8)


def png(face: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(face).save(content, "PNG")
    return content.getvalue()


def test_what_datasets_and_pandas_write_as_arrow_is_read(tmp_path: Path) -> None:
    names = {"info": {"features": {"label": {"names": NAMES, "_type": "ClassLabel"}}}}
    images = [{"bytes": png(face), "path": None} for face in FACES]
    table = pa.table({"image": images, "label": [0, 1, 2, 0, 1, 2, -1]})
    table = table.replace_schema_metadata({"huggingface": json.dumps(names)})
    for part, rows in (("train", table.slice(0, 4)), ("test", table.slice(4))):
        folder = tmp_path / "saved" / part
        folder.mkdir(parents=True)
        for name in ("data-00000-of-00001.arrow", "cache-0123456789abcdef.arrow"):
            with pa.ipc.new_stream(folder / name, rows.schema) as file:
                file.write_table(rows)
        (folder / "state.json").write_text("{}")
    dataset = load_dataset(tmp_path / "saved", validation_fraction=0)
    assert dataset.splits == {"train": 4, "test": 2}
    parts = dataset.index.groupby("split")["label"].apply(list)
    assert parts["train"] == ["angry", "happy", "sad", "angry"]
    faces = {face.tobytes() for face in FACES[:6]}
    assert {pixels.tobytes() for pixels in dataset.pixels} == faces
    assert [reason for _, reason in dataset.skipped] == ["no label"]
    pixels = pd.DataFrame({"emotion": NAMES, "pixels": [one.tolist() for one in FACES[:3]]})
    pixels["pixels"] = [one.ravel().tolist() for one in FACES[:3]]
    pixels.to_feather(tmp_path / "faces.feather")
    assert len(load_dataset(tmp_path / "faces.feather", validation_fraction=0)) == 3
    (tmp_path / "cut.arrow").write_bytes((tmp_path / "faces.feather").read_bytes()[:900])
    with pytest.raises(DatasetError, match=r"'cut.arrow'.*damaged or cut short"):
        load_dataset(tmp_path / "cut.arrow")


def write_hub(
    file: Path, faces: np.ndarray, labels: Sequence[int | None], *, names: bool = True
) -> None:
    """A file as `datasets` writes it, in row groups of three rows."""
    images = [{"bytes": png(face), "path": f"{at}.png"} for at, face in enumerate(faces)]
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    features: dict[str, object] = {"image": {"_type": "Image"}}
    if names:
        features["label"] = {"names": NAMES, "_type": "ClassLabel"}
    schema = pa.schema([("image", image), ("label", pa.int64())]).with_metadata(
        {"huggingface": json.dumps({"info": {"features": features}})}
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table([images, list(labels)], schema=schema), file, row_group_size=3)


def test_image_bytes_and_class_names_are_read_as_the_hub_has_them(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write_hub(data / "train-00000-of-00002.parquet", FACES[:4], [0, 1, 2, 1])
    write_hub(data / "train-00001-of-00002.parquet", FACES[4:6], [0, 2])
    write_hub(data / "test-00000-of-00001.parquet", FACES[6:], [2])
    dataset = load_dataset(tmp_path, validation_fraction=0)
    index = dataset.index.sort_values("split", ascending=False, kind="stable")
    assert index["label"].tolist() == ["angry", "happy", "sad", "happy", "angry", "sad", "sad"]
    assert dataset.splits == {"train": 6, "test": 1}
    faces = dataset.pixels[index.index.to_numpy(), :, :, 0]
    np.testing.assert_array_equal(faces, FACES)


def test_one_file_of_the_hub_will_do_and_rows_without_a_label_are_skipped(tmp_path: Path) -> None:
    file = tmp_path / "default.parquet"
    write_hub(file, FACES, [0, 1, -1, 2, None, 1, 0])
    dataset = load_dataset(file, validation_fraction=0)
    assert len(dataset) == 5
    assert dataset.skipped == (("default.parquet:3", "no label"), ("default.parquet:5", "no label"))


def test_class_numbers_without_names_are_not_guessed(tmp_path: Path) -> None:
    write_hub(tmp_path / "bare.parquet", FACES[:2], [0, 1], names=False)
    with pytest.raises(UnknownClassesError, match="'0' \\(1 face\\)"):
        load_dataset(tmp_path)
    dataset = load_dataset(tmp_path, classes={"0": "sad", "1": "fear"}, validation_fraction=0)
    assert dataset.index["label"].tolist() == ["sad", "fear"]


def test_a_row_without_bytes_is_skipped_with_the_reason(tmp_path: Path) -> None:
    images = [{"bytes": png(FACES[0]), "path": None}, {"bytes": None, "path": "gone.png"}]
    table = pa.table({"image": images, "label": ["happy", "sad"]})
    pq.write_table(table, tmp_path / "paths.parquet")
    dataset = load_dataset(tmp_path, validation_fraction=0)
    assert len(dataset) == 1
    assert "only the path 'gone.png'" in dataset.skipped[0][1]


@pytest.mark.parametrize("kind", ["text", "list", "bytes"])
def test_fer2013_as_parquet_is_read(tmp_path: Path, kind: str) -> None:
    values: list[object] = [
        " ".join(map(str, face.ravel())) if kind == "text" else face.ravel().tolist()
        for face in FACES[:2]
    ]
    if kind == "bytes":
        values = [png(face) for face in FACES[:2]]
    label = ["angry", "happy"] if kind == "bytes" else [0, 3]
    frame = pd.DataFrame({"emotion": label, "pixels": values, "Usage": ["Training", "PublicTest"]})
    frame.to_parquet(tmp_path / "fer2013.parquet")
    dataset = load_dataset(tmp_path, validation_fraction=0)
    assert dataset.index["label"].tolist() == ["angry", "happy"]
    assert dataset.splits == {"train": 1, "public_test": 1}
    np.testing.assert_array_equal(dataset.pixels[:, :, :, 0], FACES[:2])


def test_class_numbers_beside_pixels_are_those_of_fer2013_only_in_its_own_columns(
    tmp_path: Path,
) -> None:
    frame = pd.DataFrame({"label": [0, 3], "pixels": [face.ravel().tolist() for face in FACES[:2]]})
    frame.to_parquet(tmp_path / "own.parquet")
    with pytest.raises(UnknownClassesError, match="'3' \\(1 face\\)"):
        load_dataset(tmp_path)


def test_a_damaged_or_strange_parquet_file_is_refused_with_the_reason(tmp_path: Path) -> None:
    pd.DataFrame({"day": [1], "price": [2]}).to_parquet(tmp_path / "prices.parquet")
    with pytest.raises(
        DatasetError, match=r"neither labels nor images \(its columns are day, price\)"
    ):
        load_dataset(tmp_path / "prices.parquet")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "prices.parquet").read_bytes()[:-8])
    with pytest.raises(
        DatasetError, match=r"'cut.parquet' cannot be used: it is damaged or cut short"
    ):
        load_dataset(tmp_path / "cut.parquet")
