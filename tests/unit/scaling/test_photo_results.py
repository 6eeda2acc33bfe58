from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from fer.errors import ResultsError
from fer.scaling.photo_results import PhotoResults, has_others, is_among, key_of
from fer.scaling.results import schema_of, table_of

SCHEMA = schema_of(("file", "face", "p_happy", "reliable", "error"))
ROW = {"file": "a.jpg", "face": 1, "p_happy": 0.25, "reliable": "true"}
ORIGIN = {"model": "tiny 1234", "detector": "none"}


def rows(*names: str, faces: int = 1) -> pa.Table:
    return table_of(
        [ROW | {"file": name, "face": face or ""} for name in names for face in faces_of(faces)],
        SCHEMA,
    )


def faces_of(count: int) -> range:
    """Their numbers; one row without a number where there are none."""
    return range(1, count + 1) if count else range(1)


def test_a_piece_that_is_written_again_replaces_itself(tmp_path: Path) -> None:
    folder = PhotoResults(str(tmp_path / "out"))
    keys = [key_of("a.jpg", b"1"), key_of("b.jpg", b"2")]
    with folder.claimed(ORIGIN):
        for _ in range(2):
            folder.write(rows("a.jpg", "b.jpg"), keys)
        folder.write(rows("c.jpg"), [key_of("c.jpg", b"3")])
    assert sorted(pd.read_parquet(tmp_path / "out")["file"]) == ["a.jpg", "b.jpg", "c.jpg"]


def test_photos_are_known_by_name_and_content(tmp_path: Path) -> None:
    folder = PhotoResults(str(tmp_path / "out"))
    with folder.claimed(ORIGIN):
        assert not is_among(key_of("a.jpg", b"1"), folder.done())
        folder.write(rows("a.jpg"), [key_of("a.jpg", b"1")])
    done = folder.done()
    assert is_among(key_of("a.jpg", b"1"), done)
    assert not is_among(key_of("a.jpg", b"2"), done)
    assert not is_among(key_of("b.jpg", b"1"), done)
    assert done.dtype == np.dtype("S20")


def test_a_photo_that_changed_is_known_by_its_name() -> None:
    done = np.sort([key_of(name, b"1") for name in "abcdefgh"])
    assert not has_others(key_of("c", b"1"), done)
    assert has_others(key_of("c", b"2"), done)
    assert not has_others(key_of("x", b"1"), done)
    both = np.sort([*done, key_of("c", b"2")])
    assert has_others(key_of("c", b"1"), both)
    assert has_others(key_of("c", b"2"), both)
    assert not has_others(key_of("c", b"1"), done[:0])


@pytest.mark.parametrize("faces", [0, 1, 3])
def test_rows_of_earlier_content_go_and_all_others_stay(faces: int, tmp_path: Path) -> None:
    folder = PhotoResults(str(tmp_path / "out"))
    before = {name: key_of(name, b"1") for name in "abcd"}
    now = {name: key_of(name, b"2") for name in "bd"}
    with folder.claimed(ORIGIN):
        folder.write(rows("a", "b", "c", faces=faces), [before[name] for name in "abc"])
        folder.write(rows("d"), [before["d"]])
        folder.write(rows("b", "d"), [now["b"], now["d"]])
        folder.drop_outdated(now["b"] + now["d"])
    table = pd.read_parquet(tmp_path / "out")
    found = table["file"].value_counts().to_dict()
    assert found == {"a": max(faces, 1), "b": 1, "c": max(faces, 1), "d": 1}
    assert list(folder.done()) == sorted([before["a"], before["c"], *now.values()])
    assert len(list((tmp_path / "out").glob("*.parquet"))) == 2
    assert table.columns.to_list() == SCHEMA.names


def test_photos_of_one_name_that_are_all_there_keep_their_rows(tmp_path: Path) -> None:
    folder = PhotoResults(str(tmp_path / "out"))
    keys = [key_of("a", b"1"), key_of("a", b"2"), key_of("a", b"3")]
    with folder.claimed(ORIGIN):
        folder.write(rows("a", "a", "a"), keys)
        folder.drop_outdated(keys[0] + keys[1])
    assert list(folder.done()) == sorted(keys[:2])


def test_a_damaged_file_among_the_results_is_named(tmp_path: Path) -> None:
    folder = PhotoResults(str(tmp_path / "out"))
    with folder.claimed(ORIGIN):
        (tmp_path / "out" / "cut.parquet").write_bytes(b"PAR1")
        with pytest.raises(ResultsError, match=r"cut\.parquet' is no Parquet file"):
            folder.done()
