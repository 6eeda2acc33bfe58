"""Files that are read part by part, and that are damaged behind their headers."""

import io
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from fer.data import load_dataset
from fer.data.classes import USUAL
from fer.data.readers import open_reader, parquet
from fer.data.readers.blocks import kept
from fer.errors import DatasetError

FACES = np.random.default_rng(0).integers(0, 256, (40, 24, 24), dtype=np.uint8)
LABELS = ["happy", "sad"] * 20


def png(face: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(face).save(content, "PNG")
    return content.getvalue()


def write(file: Path) -> None:
    if file.suffix == ".npz":
        np.savez(file, images=FACES, labels=LABELS)
    elif file.suffix == ".h5":
        with h5py.File(file, "w") as made:
            made.create_dataset("images", data=FACES // 16, chunks=(8, 24, 24), compression="gzip")
            made["labels"] = [label.encode() for label in LABELS]
    else:
        table = pa.table({"image": [png(face) for face in FACES], "label": LABELS})
        pq.write_table(table, file, row_group_size=8, compression="gzip")


@pytest.mark.parametrize("name", ["faces.npz", "faces.h5", "faces.parquet"])
def test_damage_behind_the_header_is_a_sentence_or_skips_faces(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    write(file)
    whole = file.read_bytes()
    outcomes = set()
    for at in range(len(whole) // 8, len(whole), len(whole) // 8):
        file.write_bytes(whole[:at] + bytes(64) + whole[at + 64 :])
        try:
            dataset = load_dataset(file, validation_fraction=0)
        except DatasetError as error:
            outcomes.add(re.sub(r"[(].*", "", str(error)))
        else:
            outcomes.add(f"skipped {bool(dataset.skipped)}")
    expected = f"The table '{name}' cannot be used: it is damaged or cut short "
    assert outcomes & {expected, "skipped True"}
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DatasetError, match=r"damaged or cut short.*Download it or write it again"):
        load_dataset(file)


def test_row_groups_are_read_once_by_threads_that_decode_far_from_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "faces.parquet")
    monkeypatch.setattr(parquet, "THREADS", 5)
    read: list[int] = []
    whole = pq.ParquetFile.read_row_group

    def noted(self: pq.ParquetFile, at: int, **options: Any) -> pa.Table:
        read.append(at)
        return whole(self, at, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", noted)
    listing = open_reader(tmp_path / "faces.parquet", USUAL).listing()
    for row in range(8):
        for group in range(5):
            listing.image(8 * group + row)
    assert read == [0, 1, 2, 3, 4]


def test_a_part_that_several_threads_ask_for_at_once_is_read_once() -> None:
    together = threading.Barrier(4)
    read: list[str] = []

    def slow(part: str) -> str:
        read.append(part)
        threading.Event().wait(0.05)
        return part

    shared = kept("faces", slow, most=2)

    def ask() -> list[str]:
        together.wait()
        return [shared(part) for part in ("images", "labels", "images")]

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(ask) for _ in range(4)]
    assert all(answer.result() == ["images", "labels", "images"] for answer in answers)
    assert sorted(read) == ["images", "labels"]


def test_a_damaged_row_group_is_read_once_and_costs_its_own_faces_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "faces.parquet")
    read: list[int] = []
    whole = pq.ParquetFile.read_row_group

    def damaged(self: pq.ParquetFile, at: int, **options: Any) -> pa.Table:
        read.append(at)
        if at == 2:
            raise pa.ArrowInvalid("Corrupt data")
        return whole(self, at, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", damaged)
    dataset = load_dataset(tmp_path / "faces.parquet", validation_fraction=0)
    assert len(dataset) == 32
    assert [path for path, _ in dataset.skipped] == [f"faces.parquet:{at}" for at in range(17, 25)]
    assert {reason for _, reason in dataset.skipped} == {
        "'faces.parquet': it is damaged or cut short (Corrupt data)."
    }
    assert sorted(read) == [0, 1, 2, 3, 4]
