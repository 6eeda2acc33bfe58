import io
import random
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fer.data import load_dataset
from fer.data.archives import is_archive, new_folder, unpack, unpacked_folder
from fer.errors import DatasetError

pytestmark = pytest.mark.usefixtures("own_home")
MakeFaces = Callable[..., Path]


@pytest.fixture
def picture(make: MakeFaces) -> bytes:
    return (make("one.png") / "one.png").read_bytes()


def zipped(tmp_path: Path, members: dict[str, bytes]) -> Path:
    file = tmp_path / "set.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in members.items():
            pack.writestr(name, content)
    return file


def unpacked(file: Path, place: Path, **options: Any) -> None:
    with new_folder(place) as folder:
        unpack(file, folder, **options)


def left_behind() -> list[Path]:
    return list(unpacked_folder().glob("*")) if unpacked_folder().exists() else []


@pytest.mark.parametrize("mode", ["w:gz", "w:xz", "w:bz2", "w"])
def test_a_tar_of_class_folders_is_read(tmp_path: Path, picture: bytes, mode: str) -> None:
    file = tmp_path / "set.tar.any"
    with tarfile.open(file, mode) as tar:
        for name in ("set/train/happy/a.png", "set/test/sad/b.png"):
            info = tarfile.TarInfo(name)
            info.size = len(picture)
            tar.addfile(info, io.BytesIO(picture))
    dataset = load_dataset(file, validation_fraction=0)
    assert dataset.splits == {"train": 1, "test": 1}
    assert dataset.name == "set"


@pytest.mark.parametrize("kind", ["zip", "tar.xz"])
def test_unpacking_reports_its_progress(tmp_path: Path, kind: str) -> None:
    names = [f"happy/{number}.png" for number in range(300)]
    content = {name: random.Random(name).randbytes(4000) for name in names}
    file = zipped(tmp_path, content)
    if kind == "tar.xz":
        file = tmp_path / "set.tar.xz"
        with tarfile.open(file, "w:xz") as tar:
            for name in names:
                info = tarfile.TarInfo(name)
                info.size = len(content[name])
                tar.addfile(info, io.BytesIO(content[name]))
    said: list[tuple[int, int]] = []
    unpacked(file, tmp_path / "place", progress=lambda *report: said.append(report))
    assert [done for done, _ in said] == list(range(1, 301))
    assert all(200 < planned < 450 for done, planned in said if done > 150)
    assert said[-1][1] == pytest.approx(300, abs=15)


def test_a_zip_is_read_and_unpacked_only_once(tmp_path: Path, picture: bytes) -> None:
    file = zipped(tmp_path, {"happy/a.png": picture, "__MACOSX/happy/._a.png": b"x"})
    assert load_dataset(file, validation_fraction=0).labels == ("happy",)
    [place] = left_behind()
    made = place.stat().st_mtime_ns
    assert load_dataset(file, validation_fraction=0).labels == ("happy",)
    assert [place] == left_behind()
    assert place.stat().st_mtime_ns == made
    assert [path.name for path in place.rglob("*.*")] == ["a.png"]


def test_a_picture_of_an_archive_may_be_called_anything_and_what_is_none_is_skipped(
    tmp_path: Path, picture: bytes
) -> None:
    members = {"happy/a.jfif": picture, "happy/b": picture, "happy/notes.txt": b"no picture"}
    dataset = load_dataset(zipped(tmp_path, members), validation_fraction=0)
    assert len(dataset) == 2
    assert dataset.skipped == (("happy/notes.txt", "text"),)


@pytest.mark.parametrize(
    "name", ["../happy/a.png", "/happy/a.png", "happy/../../a.png", "C:\\happy\\a.png", "..\\a.png"]
)
def test_a_path_out_of_the_folder_is_refused_and_nothing_stays(
    tmp_path: Path, picture: bytes, name: str
) -> None:
    file = zipped(tmp_path, {"happy/a.png": picture, name: picture})
    with pytest.raises(DatasetError, match="leads out of the folder"):
        load_dataset(file)
    assert left_behind() == []
    assert not (tmp_path / "happy").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path: Path, kind: bytes) -> None:
    file = tmp_path / "set.tar"
    with tarfile.open(file, "w") as tar:
        info = tarfile.TarInfo("happy/a.png")
        info.type, info.linkname = kind, "/etc/passwd"
        tar.addfile(info)
    with pytest.raises(DatasetError, match="a link or a device"):
        load_dataset(file)
    assert left_behind() == []


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "set.zip"
    with zipfile.ZipFile(file, "w") as pack:
        info = zipfile.ZipInfo("happy/a.png")
        info.external_attr = 0o120777 << 16
        pack.writestr(info, "/etc/passwd")
    with pytest.raises(DatasetError, match="a link or a device"):
        load_dataset(file)
    assert left_behind() == []


def test_a_file_without_a_name_in_a_zip_is_refused(tmp_path: Path) -> None:
    nameless = zipfile.ZipInfo("x")
    nameless.filename = ""
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as pack:
        pack.writestr(nameless, b"x")
    with pytest.raises(DatasetError, match="holds a file without a name"):
        load_dataset(tmp_path / "set.zip")


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_folders_in_folders_without_end_are_refused(tmp_path: Path, kind: str) -> None:
    file, name = tmp_path / f"set.{kind}", "x/" * 1900 + "a.png"
    if kind == "zip":
        zipped(tmp_path, {name: b"x"})
    else:
        with tarfile.open(file, "w") as tar:
            tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(DatasetError, match="a path of 1,901 folders"):
        load_dataset(file)
    assert left_behind() == []


def test_too_many_files_and_too_many_bytes_are_refused(tmp_path: Path, picture: bytes) -> None:
    file = zipped(tmp_path, {f"happy/{k}.png": picture for k in range(3)})
    with pytest.raises(DatasetError, match="more than 2 files"):
        unpacked(file, tmp_path / "out", max_files=2)
    with pytest.raises(DatasetError, match="more than"):
        unpacked(file, tmp_path / "out", max_bytes=2 * len(picture))
    bomb = zipped(tmp_path, {"happy/a.png": bytes(3_000_000)})
    assert bomb.stat().st_size < 10_000
    with pytest.raises(DatasetError, match=r"more than 0\.001 GB"):
        unpacked(bomb, tmp_path / "out", max_bytes=1_000_000)
    assert [
        path.name for path in tmp_path.iterdir() if "unpack" in path.name or path.name == "out"
    ] == []


@pytest.mark.parametrize("comment", [b"", b"packed by me"])
def test_a_zip_whose_list_of_files_would_fill_the_memory_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, comment: bytes
) -> None:
    file = zipped(tmp_path, {f"happy/{number}.png": b"" for number in range(100)})
    with zipfile.ZipFile(file, "a") as pack:
        pack.comment = comment
    monkeypatch.setattr("fer.data.archives.MAX_DIRECTORY_BYTES", 4000)
    listed: list[str] = []
    monkeypatch.setattr(zipfile, "ZipInfo", lambda name, *_: listed.append(name))
    with pytest.raises(DatasetError, match=r"'set.zip' has a list of files.*Pack it as a \.tar"):
        unpacked(file, tmp_path / "out")
    assert listed == []
    assert not (tmp_path / "out").exists()


def test_a_damaged_archive_is_reported_and_leaves_nothing(tmp_path: Path, picture: bytes) -> None:
    file = zipped(tmp_path, {f"happy/{k}.png": picture for k in range(9)})
    content = bytearray(file.read_bytes())
    content[200:2000] = bytes(1800)
    file.write_bytes(content)
    with pytest.raises(DatasetError, match="cannot be unpacked"):
        load_dataset(file)
    assert left_behind() == []


def test_a_few_flipped_bytes_are_reported_like_any_damage(tmp_path: Path) -> None:
    picture = random.Random(0).randbytes(4000)
    whole = zipped(tmp_path, {f"happy/{k}.png": picture + bytes(4000) for k in range(3)})
    content = whole.read_bytes()
    for at in range(60, 4000, 130):
        whole.write_bytes(content[:at] + bytes([255 - content[at]]) + content[at + 1 :])
        with pytest.raises(DatasetError):
            load_dataset(whole)
    assert left_behind() == []


def test_what_is_passed_over_counts_too(tmp_path: Path, picture: bytes) -> None:
    file = zipped(tmp_path, {"happy/a.png": picture, "film.avi": bytes(2_000_000)})
    with pytest.raises(DatasetError, match=r"more than 0\.001 GB"):
        unpacked(file, tmp_path / "out", max_bytes=1_000_000)
    many = tmp_path / "many.tar.gz"
    with tarfile.open(many, "w:gz") as tar:
        for number in range(20):
            info = tarfile.TarInfo(f"empty{number}")
            info.type = tarfile.DIRTYPE
            tar.addfile(info)
    with pytest.raises(DatasetError, match="more than 10 files"):
        unpacked(many, tmp_path / "out", max_files=10)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_tar_whose_header_would_fill_the_memory_is_refused(
    tmp_path: Path, picture: bytes, kind: bytes, is_first: bool
) -> None:
    bomb = tarfile.TarInfo("bomb")
    bomb.type, bomb.size = kind, 8_000_000_000
    face = tarfile.TarInfo("happy/a.png")
    face.size = len(picture)
    whole = face.tobuf() + picture + bytes(-len(picture) % 512)
    file = tmp_path / "set.tar"
    file.write_bytes((b"" if is_first else whole) + bomb.tobuf(tarfile.PAX_FORMAT) + bytes(1024))
    assert is_archive(file) is not is_first
    with pytest.raises(
        DatasetError, match=r"be opened as an archive|a header of 8,000,000,000 bytes"
    ):
        load_dataset(file)
    assert left_behind() == []


def test_two_processes_may_unpack_the_same_archive_at_once(tmp_path: Path, picture: bytes) -> None:
    file = zipped(tmp_path, {"happy/a.png": picture})
    place = tmp_path / "out"
    unpacked(file, place)
    unpacked(file, place)  # as one that comes second
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".unp")] == []
    assert (place / "happy" / "a.png").read_bytes() == picture


def test_a_truncated_archive_is_distinguished_from_what_is_not_a_data_set(
    tmp_path: Path, picture: bytes
) -> None:
    file = zipped(tmp_path, {"happy/a.png": picture})
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(DatasetError, match="cut short"):
        load_dataset(file)


def test_a_folder_with_the_name_of_an_image_stays_a_folder(tmp_path: Path, picture: bytes) -> None:
    file = tmp_path / "set.zip"
    with zipfile.ZipFile(file, "w") as pack:
        folder = zipfile.ZipInfo("happy.png/")
        folder.external_attr = 0x10  # as on Windows, without the bits of Unix
        pack.writestr(folder, b"")
        pack.writestr("happy.png/a.png", picture)
        pack.writestr("sad/b.png", picture)
    unpacked(file, tmp_path / "unpacked")
    assert (tmp_path / "unpacked" / "happy.png" / "a.png").read_bytes() == picture
