import io
import zipfile

import pytest

from fer.errors import FerError, UnreadableImageError
from pages.predict.archives import photos_in_zip


def archive(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, data in files.items():
            made.writestr(name.replace("__", "/").replace("_", "."), data)
    return buffer.getvalue()


def test_pictures_are_found_by_name_and_the_rest_is_left_out() -> None:
    data = archive(b__two_png=b"2", a_jpg=b"1", notes_txt=b"x")
    photos = photos_in_zip("z.zip", "key", data)
    assert [(photo.name, photo.read()) for photo in photos] == [
        ("a.jpg", b"1"),
        ("b/two.png", b"2"),
    ]
    assert len({photo.key for photo in photos}) == 2


def damaged(at: int, value: int) -> bytes:
    """An archive whose directory says something odd."""
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
def test_what_holds_no_pictures_is_a_typed_error(data: bytes) -> None:
    with pytest.raises(UnreadableImageError, match=r"z\.zip"):
        photos_in_zip("z.zip", "key", data)


def test_a_damaged_picture_is_an_error_of_its_own() -> None:
    data = bytearray(archive(a_jpg=b"1" * 500, b_jpg=b"fine"))
    data[60] ^= 0xFF
    broken, fine = photos_in_zip("z.zip", "key", bytes(data))
    with pytest.raises(FerError, match=r"a\.jpg"):
        broken.read()
    assert fine.read() == b"fine"
