import io
import warnings
import zipfile

import pytest

from fer.errors import FerError, UnreadableImageError
from fer.inference.zip_photos import photos_in_zip


def archive(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, data in files.items():
            made.writestr(name.replace("__", "/").replace("_", "."), data)
    return buffer.getvalue()


def test_photos_are_listed_by_name_and_other_files_are_skipped() -> None:
    data = archive(b__two_png=b"2", a_jpg=b"1", notes_txt=b"x")
    photos, skipped = photos_in_zip("z.zip", data)
    assert [(photo.name, photo.read()) for photo in photos] == [
        ("a.jpg", b"1"),
        ("b/two.png", b"2"),
    ]
    assert skipped == {"notes.txt": "text"}


def test_every_photo_of_an_archive_counts_whatever_its_suffix() -> None:
    png = b"\x89PNG\r\n\x1a\n"
    data = archive(a_jfif=b"1", b_AVIF=b"2", c_heic=b"3", Zoë_jpg=b"4", scan=png, s1_happy=png)
    photos, skipped = photos_in_zip("z.zip", data)
    names = ["Zoë.jpg", "a.jfif", "b.AVIF", "c.heic", "s1.happy", "scan"]
    assert [photo.name for photo in photos] == names
    assert skipped == {}


def test_what_systems_leave_in_an_archive_is_not_listed() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name in ("a.jpg", "__MACOSX/._a.jpg", ".DS_Store", "b/Thumbs.db"):
            made.writestr(name, b"1")
    photos, skipped = photos_in_zip("z.zip", buffer.getvalue())
    assert [photo.name for photo in photos] == ["a.jpg"]
    assert skipped == {}


def test_two_photos_of_one_name_are_two_photos() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's, about the name
        made.writestr("a.jpg", b"1")
        made.writestr("a.jpg", b"2")
    assert [photo.read() for photo in photos_in_zip("z.zip", buffer.getvalue()).photos] == [
        b"1",
        b"2",
    ]


def damaged(at: int, value: int) -> bytes:
    """An archive whose directory has an odd byte."""
    data = bytearray(archive(a_jpg=b"1"))
    data[data.index(b"PK\1\2") + at] = value
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        b"PK\3\4 no archive",
        b"",
        archive(notes_txt=b"x"),
        pytest.param(damaged(6, 99), id="a version of the format that nobody knows"),
    ],
)
def test_an_archive_without_photos_raises_a_typed_error(data: bytes) -> None:
    with pytest.raises(UnreadableImageError, match=r"z\.zip"):
        photos_in_zip("z.zip", data)


def test_a_damaged_photo_fails_alone() -> None:
    data = bytearray(archive(a_jpg=b"1" * 500, b_jpg=b"fine"))
    data[60] ^= 0xFF
    broken, fine = photos_in_zip("z.zip", bytes(data)).photos
    with pytest.raises(FerError, match=r"a\.jpg"):
        broken.read()
    assert fine.read() == b"fine"
