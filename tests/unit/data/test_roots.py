import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fer import settings
from fer.data import load_dataset
from fer.data.registry import Source, register
from fer.data.roots import allowed, check_source
from fer.errors import DatasetError

pytestmark = pytest.mark.usefixtures("own_home")
MakeFaces = Callable[..., Path]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "allowed" / "inside").mkdir(parents=True)
    (tmp_path / "allowed-not").mkdir()
    monkeypatch.setenv("FER_DATA_ROOTS", str(tmp_path / "allowed"))
    return tmp_path / "allowed"


def test_what_lies_under_a_root_is_allowed(root: Path) -> None:
    assert allowed(root / "inside") == root / "inside"
    assert allowed(str(root)) == root


def test_what_lies_elsewhere_climbs_or_is_linked_out_is_refused(root: Path) -> None:
    (root / "link").symlink_to(root.parent)
    for path in (
        "/etc", root.parent, f"{root}-not", f"{root}/inside/../../allowed-not", root / "link",
        root / "link" / "allowed-not", "inside", "", "../x", f"{root}/\0",
        "~nobody-of-that-name/x",
    ):  # fmt: skip
        with pytest.raises(DatasetError, match=r"may read|absolute path"):
            allowed(path)


def test_several_roots_are_separated_as_in_path_and_the_default_holds_the_project(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_DATA_ROOTS", os.pathsep.join([str(root), "/usr/share"]))
    assert settings.data_roots() == (root, Path("/usr/share").resolve())
    monkeypatch.delenv("FER_DATA_ROOTS")
    assert Path.home().resolve() in settings.data_roots()
    assert settings.PACKAGE.parents[1] in settings.data_roots()


def test_tables_that_are_links_out_of_the_folder_are_not_read(
    make: MakeFaces, tmp_path: Path
) -> None:
    root, outside = make("happy/a.png", "sad/b.png"), tmp_path / "outside"
    outside.mkdir()
    (outside / "fer2013.csv").write_text(f"emotion,pixels\n0,{' '.join(['7'] * 48 * 48)}\n")
    (outside / "labels.csv").write_text("path,label\nhappy/a.png,fear\n")
    columns = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    (outside / "votes.csv").write_text(f"path,{columns}\nhappy/a.png,1,1,1,1,1,1,1,1,1,1\n")
    for name in ("fer2013.csv", "labels.csv", "votes.csv"):
        (root / name).symlink_to(outside / name)
    dataset = load_dataset(root)
    assert dataset.labels == ("happy", "sad")
    assert dataset.votes is None
    (root / "own.csv").write_text("path,label\nhappy/a.png,fear\nsad/b.png,fear\n")
    (root / "labels.csv").unlink()
    dataset = load_dataset(root / "own.csv")
    assert dataset.labels == ("fear",)
    assert dataset.votes is None


@pytest.mark.parametrize("name", ["a" * 5000, "a\0b", "~nobody-of-that-name/x"])
def test_a_name_that_no_file_can_have_is_no_data_set(name: str) -> None:
    with pytest.raises(DatasetError, match="No data set at"):
        load_dataset(name)


def test_a_folder_that_is_not_there_or_not_for_the_app_is_refused_before_a_run_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_DATA_ROOTS", str(tmp_path))
    check_source("synthetic")
    check_source(str(tmp_path))
    with pytest.raises(DatasetError, match="No data set at"):
        check_source(str(tmp_path / "gone"))
    for elsewhere in ("/etc", "etc/x", f"{tmp_path}/../other"):
        with pytest.raises(DatasetError, match=r"may read|not an absolute path"):
            check_source(elsewhere)


def test_a_data_set_that_was_removed_is_missed_by_its_name() -> None:
    with pytest.raises(DatasetError, match=r"no data set 'mine' here\. Choose another one"):
        check_source("mine")


def test_a_folder_that_cannot_be_entered_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_DATA_ROOTS", str(tmp_path))
    hidden, stat = tmp_path / "closed" / "set", Path.stat

    def refuse(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path == hidden:
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(DatasetError, match="No data set at"):
        check_source(str(hidden))
    with pytest.raises(DatasetError, match="no longer exists"):
        load_dataset(Source(name="hidden", path=hidden))


def test_a_data_set_that_was_added_by_name_must_lie_where_the_app_may_read_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(Source(name="mine", path=tmp_path))
    monkeypatch.setenv("FER_DATA_ROOTS", str(tmp_path))
    check_source("mine")
    monkeypatch.setenv("FER_DATA_ROOTS", str(tmp_path / "other"))
    with pytest.raises(DatasetError, match="may read"):
        check_source("mine")


def test_of_the_corrections_only_the_accepted_ones_may_be_read(root: Path, own_home: Path) -> None:
    folder = settings.feedback_folder()
    (folder / "test_faces").mkdir(parents=True)
    assert allowed(folder / "accepted.parquet") == folder / "accepted.parquet"
    for path in (folder, folder / "test_faces", folder / "accepted.parquet.old"):
        with pytest.raises(DatasetError, match="may read"):
            allowed(path)
