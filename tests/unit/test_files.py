"""Files and folders that are there whole or not at all."""

from pathlib import Path

import pytest

from fer.errors import DatasetError
from fer.files import replace_file, replace_path, write_bytes, write_text, writing


def test_a_file_is_replaced_in_one_move_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "card.json"
    write_text(file, "old")
    with replace_file(file) as stream:
        stream.write("neu – ø".encode())
        stream.flush()
        assert file.read_text(encoding="utf-8") == "old"
    assert file.read_text(encoding="utf-8") == "neu – ø"
    assert list(tmp_path.iterdir()) == [file]


def test_a_write_that_fails_leaves_the_old_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "card.json"
    write_bytes(file, b"old")

    def fail() -> None:
        with replace_file(file) as stream:
            stream.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    for name in ("first", "second"):
        with replace_path(folder) as made:
            made.mkdir()
            (made / name).touch()
    assert [path.name for path in folder.iterdir()] == ["second"]
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_that_cannot_be_moved_into_place_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "card.json").touch()
    move = Path.replace

    def refuse(made: Path, to: Path) -> Path:
        if to == folder and not made.name.endswith(".old"):
            raise PermissionError(13, "held by another program")
        return move(made, to)

    monkeypatch.setattr(Path, "replace", refuse)

    def replace() -> None:
        with replace_path(folder) as made:
            made.mkdir()

    with pytest.raises(PermissionError):
        replace()
    assert [path.name for path in folder.iterdir()] == ["card.json"]
    assert list(tmp_path.iterdir()) == [folder]


def test_a_file_never_takes_the_place_of_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "photo").touch()
    with pytest.raises(OSError, match="precious"):
        write_text(folder, "text")
    assert [path.name for path in folder.iterdir()] == ["photo"]
    assert list(tmp_path.iterdir()) == [folder]


def test_what_the_disk_refuses_becomes_an_error_that_names_the_folder_and_a_way_out() -> None:
    with (
        pytest.raises(DatasetError, match=r"'here' cannot be written to \(full\).*FER_RUNS"),
        writing(Path("here"), DatasetError, variable="FER_RUNS"),
    ):
        raise OSError(28, "full")
