from pathlib import Path

import pytest

from fer.errors import ResultsError
from fer.scaling.results import ResultFolder, schema_of, table_of

SCHEMA = schema_of(("file", "face", "p_happy", "reliable", "error"))
ROW = {"file": "a.jpg", "face": 1, "p_happy": 0.25, "reliable": "true"}
ORIGIN = {"model": "tiny 1234", "detector": "none"}


def test_values_get_the_types_of_their_columns_and_what_is_missing_is_null() -> None:
    [row] = table_of([ROW], SCHEMA).to_pylist()
    assert row == ROW | {"reliable": True, "error": None}


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


def test_results_go_to_any_file_system(tmp_path: Path) -> None:
    folder = ResultFolder("memory://results")
    with folder.claimed(ORIGIN):
        folder.put("a.parquet", b"1")
    assert ResultFolder("memory://results").get("a.parquet") == b"1"
    folder.remove("a.parquet")
    assert not folder.has("a.parquet")
