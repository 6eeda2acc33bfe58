from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from fer.errors import ResultsError
from fer.scaling.results import ResultFolder, is_among, key_of, schema_of, table_of

SCHEMA = schema_of(("file", "face", "p_happy", "reliable", "error"))
ROW = {"file": "a.jpg", "face": 1, "p_happy": 0.25, "reliable": "true"}
ORIGIN = {"model": "tiny 1234", "detector": "none"}


def rows(*names: str) -> pa.Table:
    return table_of([ROW | {"file": name} for name in names], SCHEMA)


def test_values_get_the_types_of_their_columns_and_what_is_missing_is_null() -> None:
    [row] = table_of([ROW], SCHEMA).to_pylist()
    assert row == ROW | {"reliable": True, "error": None}


def test_a_piece_that_is_written_again_replaces_itself(tmp_path: Path) -> None:
    folder = ResultFolder(str(tmp_path / "out"))
    keys = [key_of("a.jpg", b"1"), key_of("b.jpg", b"2")]
    with folder.claimed(ORIGIN):
        for _ in range(2):
            folder.write(rows("a.jpg", "b.jpg"), keys)
        folder.write(rows("c.jpg"), [key_of("c.jpg", b"3")])
    assert sorted(pd.read_parquet(tmp_path / "out")["file"]) == ["a.jpg", "b.jpg", "c.jpg"]


def test_photos_are_known_by_name_and_content(tmp_path: Path) -> None:
    folder = ResultFolder(str(tmp_path / "out"))
    with folder.claimed(ORIGIN):
        assert not is_among(key_of("a.jpg", b"1"), folder.done())
        folder.write(rows("a.jpg"), [key_of("a.jpg", b"1")])
    done = folder.done()
    assert is_among(key_of("a.jpg", b"1"), done)
    assert not is_among(key_of("a.jpg", b"2"), done)
    assert not is_among(key_of("b.jpg", b"1"), done)
    assert done.dtype == np.dtype("S16")


def test_results_of_another_model_are_not_mixed_in(tmp_path: Path) -> None:
    folder = ResultFolder(str(tmp_path / "out"))
    with folder.claimed(ORIGIN):
        pass
    with (
        pytest.raises(ResultsError, match="of the model 'tiny 1234', not of 'other'"),
        folder.claimed(ORIGIN | {"model": "other"}),
    ):
        pass


def test_a_folder_of_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with (
        pytest.raises(ResultsError, match="is not empty"),
        ResultFolder(str(tmp_path)).claimed(ORIGIN),
    ):
        pass


def test_two_cannot_write_one_folder_at_once(tmp_path: Path) -> None:
    one, other = ResultFolder(str(tmp_path)), ResultFolder(str(tmp_path))
    with (
        one.claimed(ORIGIN),
        pytest.raises(ResultsError, match="is being written already"),
        other.claimed(ORIGIN),
    ):
        pass


def test_a_damaged_file_among_the_results_is_named(tmp_path: Path) -> None:
    folder = ResultFolder(str(tmp_path / "out"))
    with folder.claimed(ORIGIN):
        (tmp_path / "out" / "cut.parquet").write_bytes(b"PAR1")
        with pytest.raises(ResultsError, match=r"cut\.parquet' is no Parquet file"):
            folder.done()


def test_results_go_to_any_file_system(tmp_path: Path) -> None:
    folder = ResultFolder("memory://results")
    with folder.claimed(ORIGIN):
        folder.write(rows("a.jpg"), [key_of("a.jpg", b"1")])
    assert is_among(key_of("a.jpg", b"1"), ResultFolder("memory://results").done())
