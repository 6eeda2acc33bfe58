import json
from pathlib import Path

import pytest

from fer.data.locking import locked, write_json
from fer.errors import DatasetError


def test_a_lock_that_is_held_is_refused_once_the_time_is_over(tmp_path: Path) -> None:
    file = tmp_path / "set" / "build.lock"
    with (
        locked(file),
        pytest.raises(DatasetError, match="in use by another process"),
        locked(file, timeout_s=0.05),
    ):
        pass
    with locked(file, timeout_s=0.05):
        assert file.is_file()


def test_json_replaces_the_file_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "new" / "notes.json"
    write_json(file, {"name": "é"})
    write_json(file, {"name": "ü"})
    assert json.loads(file.read_text(encoding="utf-8")) == {"name": "ü"}
    assert [entry.name for entry in file.parent.iterdir()] == ["notes.json"]


def test_json_that_cannot_be_written_is_a_plain_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DatasetError):
        write_json(tmp_path / "file" / "notes.json", {})
