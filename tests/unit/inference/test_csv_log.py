import csv
from pathlib import Path

import pytest

from fer.errors import ResultsError
from fer.inference.csv_log import GrowingCsv

COLUMNS = ("file", "value")
GROUPS = [("a, b.png", 1), ("a, b.png", 2), ('"c".png', 3), ("ä.png", 4), ("ä.png", 5)]


def written(path: Path) -> list[tuple[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [(row["file"], row["value"]) for row in csv.DictReader(file)]


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    path = tmp_path / "whole.csv"
    with GrowingCsv(path, COLUMNS) as table:
        table.write({"file": name, "value": value} for name, value in GROUPS)
    return path


def test_a_file_that_was_cut_off_anywhere_can_be_resumed(whole: Path, tmp_path: Path) -> None:
    data = whole.read_bytes()
    expected = written(whole)
    for length in range(len("file,value\n"), len(data) + 1):
        path = tmp_path / "cut.csv"
        path.write_bytes(data[:length])
        with GrowingCsv(path, COLUMNS) as table:
            done = {row["file"] for row in table.rows()}
            table.write({"file": n, "value": v} for n, v in GROUPS if n not in done)
        assert written(path) == expected, length


def test_a_file_that_another_program_rewrote_is_an_error(tmp_path: Path) -> None:
    whole = tmp_path / "rows.csv"
    whole.write_bytes("file,value\nä.png,1\nb.png,2\nc.png,3\n".encode("latin-1"))
    with GrowingCsv(whole, COLUMNS) as table, pytest.raises(ResultsError, match="is not a CSV"):
        list(table.rows())


def test_a_column_with_a_comma_can_be_resumed(tmp_path: Path) -> None:
    columns = ("file", "p_calm, bored")
    for _ in range(2):
        with GrowingCsv(tmp_path / "rows.csv", columns) as table:
            table.write([{"file": "a.png", "p_calm, bored": 1}])
    assert (tmp_path / "rows.csv").read_text() == 'file,"p_calm, bored"\na.png,1\n'


def test_a_row_is_in_the_file_as_soon_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    with GrowingCsv(path, COLUMNS) as table:
        table.write([{"file": "a.png", "value": 1}])
        assert written(path) == [("a.png", "1")]


@pytest.mark.parametrize("content", [b"my notes\n1\n", b"my notes\rfile,value\r1\r"])
def test_a_file_that_holds_something_else_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.csv"
    path.write_bytes(content)
    with pytest.raises(ResultsError, match="my notes"):
        GrowingCsv(path, COLUMNS)
    assert path.read_bytes() == content


def test_a_carriage_return_of_another_program_costs_no_other_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"file,value\na.png,1\rx\nb.png,2\nc.png,3\n")
    with GrowingCsv(path, COLUMNS):
        pass
    assert path.read_bytes() == b"file,value\na.png,1\rx\nb.png,2\n"


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="cannot be written"):
        GrowingCsv(tmp_path / "gone" / "rows.csv", COLUMNS)


def test_a_row_stays_on_one_line_whatever_its_values_are(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    with GrowingCsv(path, COLUMNS) as table:
        table.write([{"file": "a.png", "value": "'two\nlines\r' is text"}])
    with GrowingCsv(path, COLUMNS) as table:
        table.write([{"file": "b.png", "value": "'bad\udcff'"}])
    assert written(path) == [("b.png", "'bad\\xff'")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_a_full_disk_is_an_error_with_advice() -> None:
    with pytest.raises(ResultsError, match="Make room"):
        GrowingCsv(Path("/dev/full"), COLUMNS)


def test_two_at_once_do_not_write_the_same_rows_twice(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    with (
        GrowingCsv(path, COLUMNS),
        pytest.raises(ResultsError, match="being written already"),
    ):
        GrowingCsv(path, COLUMNS)
    with GrowingCsv(path, COLUMNS) as table:
        table.write([{"file": "a.png", "value": 1}])
    assert written(path) == [("a.png", "1")]


def test_a_file_that_lacks_a_column_names_it(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("file\na.png\n")
    with pytest.raises(ResultsError, match="has no column 'value'"):
        GrowingCsv(path, COLUMNS)
    assert path.read_text() == "file\na.png\n"
