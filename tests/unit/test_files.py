"""Files and folders that are there whole or not at all."""

import sys
from pathlib import Path

import pytest

from fer import files
from fer.errors import DatasetError
from fer.files import remove_folder, replace_file, replace_path, write_bytes, write_text, writing


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


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_folder_takes_the_place_of_an_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool
) -> None:
    if not can_exchange:
        monkeypatch.setattr(files, "_EXCHANGE_BY", {})
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
    monkeypatch.setattr(files, "_EXCHANGE_BY", {})

    def replace() -> None:
        with replace_path(folder) as made:
            made.mkdir()

    with pytest.raises(PermissionError):
        replace()
    assert [path.name for path in folder.iterdir()] == ["card.json"]
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.skipif(sys.platform not in files._EXCHANGE_BY, reason="no folders are exchanged")
def test_a_folder_that_is_replaced_is_there_at_every_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    was_there = []
    move = Path.replace

    def watch(made: Path, to: Path) -> Path:
        moved = move(made, to)
        was_there.append(folder.exists())
        return moved

    monkeypatch.setattr(Path, "replace", watch)
    with replace_path(folder) as made:
        made.mkdir()
        (made / "new").touch()
    assert all(was_there)
    assert [path.name for path in folder.iterdir()] == ["new"]


def test_a_folder_that_may_not_be_replaced_stays(tmp_path: Path) -> None:
    folder = tmp_path / "model"

    def make(name: str) -> None:
        with replace_path(folder, may_replace=False) as made:
            made.mkdir()
            (made / name).touch()

    make("first")
    with pytest.raises(OSError, match="model"):
        make("second")
    assert [path.name for path in folder.iterdir()] == ["first"]
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_is_removed_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "card.json").touch()
    (folder / "network").touch()

    def refuse(path: Path, *, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            raise PermissionError(13, "held by another program")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: refuse(folder))
        with pytest.raises(PermissionError):
            remove_folder(folder)
        assert len(list(folder.iterdir())) == 2
    monkeypatch.setattr(files.shutil, "rmtree", refuse)
    remove_folder(folder)
    assert not folder.exists()


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
