from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from fer.data import load_dataset
from fer.data.locking import BUILD_LOCK, locked
from fer.data.readers import Listing, Reader
from fer.data.store import open_stored
from fer.errors import DatasetError, UnreadableImageError

MakeFaces = Callable[..., Path]
SHAPE = (4, 4, 1)


class CountedFaces:
    """Faces 0 … n−1, each of its own grey, that counts how often one is read."""

    def __init__(self, count: int, *, stop_at: int | None = None, stamp: str = "") -> None:
        self.read: list[int] = []
        self._names = [f"{number:05d}" for number in range(count)]
        self._stop_at = stop_at
        self.reader = Reader(f"{count}{stamp}", self._listing)

    def _listing(self) -> Listing:
        table = pd.DataFrame({"path": self._names, "label": "happy", "split": "", "subject": ""})
        return Listing(
            source_format="counted", table=table.assign(stamp="1"), skipped=(), image=self._image
        )

    def _image(self, row: int) -> np.ndarray:
        if row == self._stop_at:
            raise KeyboardInterrupt
        self.read.append(row)
        return np.full((4, 4), row % 251, np.uint8)


def test_pixels_are_mapped_read_only_and_in_the_order_of_the_index(tmp_path: Path) -> None:
    stored = open_stored(tmp_path, CountedFaces(5000).reader, SHAPE)
    assert isinstance(stored.pixels.base, np.memmap)
    assert not stored.pixels.flags.writeable
    rows = stored.index["path"].astype(int).to_numpy()
    np.testing.assert_array_equal(stored.pixels[:, 0, 0, 0], rows % 251)
    assert stored.index["mean"].tolist() == (rows % 251).tolist()


def test_the_second_time_nothing_is_read(tmp_path: Path) -> None:
    open_stored(tmp_path, CountedFaces(100).reader, SHAPE)
    again = CountedFaces(100)
    assert len(open_stored(tmp_path, again.reader, SHAPE).index) == 100
    assert again.read == []


def test_the_source_is_listed_under_the_lock_as_it_may_lose_faces_while_a_build_waits(
    tmp_path: Path,
) -> None:
    faces = CountedFaces(3)

    def listing() -> Listing:
        with (
            pytest.raises(DatasetError, match="in use"),
            locked(tmp_path / BUILD_LOCK, timeout_s=0),
        ):
            pass
        return faces.reader.listing()

    open_stored(tmp_path, Reader("3", listing), SHAPE)


def test_an_interrupted_build_is_resumed_where_it_stopped(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        open_stored(tmp_path, CountedFaces(9000, stop_at=6000).reader, SHAPE)
    assert not list(tmp_path.glob("*.parquet"))
    again = CountedFaces(9000)
    stored = open_stored(tmp_path, again.reader, SHAPE)
    assert 0 < len(again.read) < 6000
    rows = stored.index["path"].astype(int).to_numpy()
    np.testing.assert_array_equal(stored.pixels[:, 0, 0, 0], rows % 251)
    assert not list(tmp_path.glob("building*"))


def test_what_is_added_is_read_and_the_rest_copied(tmp_path: Path) -> None:
    open_stored(tmp_path, CountedFaces(50).reader, SHAPE)
    grown = CountedFaces(53)
    stored = open_stored(tmp_path, grown.reader, SHAPE)
    assert sorted(grown.read) == [50, 51, 52]
    np.testing.assert_array_equal(stored.pixels[:, 0, 0, 0], np.arange(53))
    assert len(list(tmp_path.glob("*.pixels"))) == 1


def test_adding_changing_and_removing_files_is_seen(make: MakeFaces) -> None:
    root = make(*(f"train/happy/{k}.png" for k in range(4)))
    first = load_dataset(root, validation_fraction=0)
    grey = Image.new("L", (48, 48), 77)
    grey.save(root / "train/happy/1.png")
    grey.save(root / "train/happy/00.png")
    (root / "train/happy/3.png").unlink()
    second = load_dataset(root, validation_fraction=0)
    assert [Path(path).name for path in second.index["path"]] == [
        "0.png",
        "00.png",
        "1.png",
        "2.png",
    ]
    assert (second.pixels[[1, 2]] == 77).all()
    np.testing.assert_array_equal(second.pixels[[0, 3]], first.pixels[[0, 2]])
    assert len(first.pixels) == 4  # what was mapped before still reads
    assert first.pixels[3].any()


def test_each_shape_has_pixels_of_its_own(make: MakeFaces) -> None:
    root = make("train/happy/a.png", mode="RGB", size=(60, 60))
    grey = load_dataset(root, validation_fraction=0)
    colour = load_dataset(root, height=32, width=24, channels=3, validation_fraction=0)
    assert grey.pixels.shape == (1, 48, 48, 1)
    assert colour.pixels.shape == (1, 32, 24, 3)


def test_pixels_that_were_cut_short_are_made_again(tmp_path: Path) -> None:
    open_stored(tmp_path, CountedFaces(10).reader, SHAPE)
    [pixels] = tmp_path.glob("*.pixels")
    pixels.write_bytes(pixels.read_bytes()[:-1])
    again = CountedFaces(10)
    assert len(open_stored(tmp_path, again.reader, SHAPE).pixels) == 10
    assert len(again.read) == 10


def test_when_nothing_can_be_read_the_first_reason_is_given(tmp_path: Path) -> None:
    class Unreadable(CountedFaces):
        def _image(self, row: int) -> np.ndarray:
            raise UnreadableImageError("is a poem")

    with pytest.raises(DatasetError, match=r"None of the images could be read \(3\).*is a poem"):
        open_stored(tmp_path, Unreadable(3).reader, SHAPE)


def test_notes_of_a_build_that_are_damaged_are_not_believed(tmp_path: Path) -> None:
    for damaged in ("pixels", "000000000000.parquet"):
        with pytest.raises(KeyboardInterrupt):
            open_stored(tmp_path, CountedFaces(9000, stop_at=8999).reader, SHAPE)
        [place] = tmp_path.glob("building*")
        content = (place / damaged).read_bytes()
        (place / damaged).write_bytes(content[: len(content) // 4])
        again = CountedFaces(9000, stamp=damaged)
        stored = open_stored(tmp_path, again.reader, SHAPE)
        assert len(again.read) == 9000
        rows = stored.index["path"].astype(int).to_numpy()
        np.testing.assert_array_equal(stored.pixels[:, 0, 0, 0], rows % 251)
        for made in tmp_path.glob("*x*"):
            made.unlink()


def test_an_index_that_is_not_ours_is_made_again(tmp_path: Path) -> None:
    open_stored(tmp_path, CountedFaces(10).reader, SHAPE)
    [index] = tmp_path.glob("*.parquet")
    pd.DataFrame({"path": ["x"]}).to_parquet(index)
    assert len(open_stored(tmp_path, CountedFaces(10).reader, SHAPE).index) == 10


def test_an_index_whose_texts_are_damaged_is_made_again(tmp_path: Path) -> None:
    open_stored(tmp_path, CountedFaces(10).reader, SHAPE)
    [file] = tmp_path.glob("*.parquet")
    table = pq.read_table(file)
    _, places, letters = pa.array([b"0000\xff"] * 10).buffers()
    texts = pa.StringArray.from_buffers(10, places, letters)
    pq.write_table(table.set_column(table.schema.get_field_index("path"), "path", texts), file)
    assert open_stored(tmp_path, CountedFaces(10).reader, SHAPE).index["path"][3] == "00003"


def test_large_faces_are_held_in_blocks_of_fewer(tmp_path: Path) -> None:
    reports: list[int] = []
    open_stored(
        tmp_path,
        CountedFaces(40).reader,
        (400, 400, 3),
        progress=lambda done, _: reports.append(done),
    )
    assert reports == [33, 40]  # 16 MB hold 33 of these


def test_a_disk_that_does_not_take_the_index_is_a_plain_error(tmp_path: Path) -> None:
    (tmp_path / "full").write_text("")
    with pytest.raises(DatasetError, match=r"cannot be written to.*FER_HOME"):
        open_stored(tmp_path / "full" / "store", CountedFaces(3).reader, SHAPE)


def test_pixels_that_an_earlier_format_kept_are_read_again(tmp_path: Path) -> None:
    open_stored(tmp_path, CountedFaces(10).reader, SHAPE)
    for file in tmp_path.glob("4x4x1-*"):
        file.rename(file.with_name(file.name.replace("-2.", "-1.")))
    grown = CountedFaces(12)
    open_stored(tmp_path, grown.reader, SHAPE)
    assert sorted(grown.read) == list(range(12))
    assert [file.suffix for file in sorted(tmp_path.glob("4x4x1-*"))] == [".parquet", ".pixels"]
