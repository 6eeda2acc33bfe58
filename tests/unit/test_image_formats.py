import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer.image_formats import FORMATS, LEFT_OUT, SUFFIXES, kind_of, why_no_image, why_no_image_file

Image.init()
# The package for HEIC enters Pillow's registry when it is first needed.
READ = {*FORMATS, "TGA"}


def test_every_format_of_pillow_is_either_read_or_left_out_for_a_reason() -> None:
    assert {*Image.OPEN, *Image.SAVE} - {"MPO", "HEIF"} == READ | LEFT_OUT.keys()
    assert not READ & LEFT_OUT.keys()


def test_the_suffixes_are_those_that_pillow_registers_for_what_is_read() -> None:
    of_heic = {".heic", ".heics", ".heif", ".heifs", ".hif"}
    registered = Image.registered_extensions()
    avif = {".avif", ".avifs"}  # which the package for HEIC takes over in the registry
    expected = {suffix for suffix, name in registered.items() if name in READ | {"MPO"}}
    assert expected | of_heic | avif == SUFFIXES


@pytest.mark.parametrize("image_format", sorted((READ - {"TGA"}) & Image.SAVE.keys()))
def test_an_image_is_known_by_its_content_whatever_its_name(image_format: str) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(buffer, image_format)
    for name in ("subject01.happy", "photo", "notes.txt"):
        assert why_no_image(name, buffer.getvalue()[:1024]) == ""
    assert kind_of(buffer.getvalue()).startswith("a damaged ")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty (0 bytes)"),
        (b"angry,happy\n1,2\n", "text"),
        ("Süße Grüße, kein Bild.\n".encode(), "text"),
        ("Süße Grüße aus einer älteren Zeit\n".encode("cp1252"), "text"),
        ("angry;happy\r\n".encode("utf-16"), "text"),
        (("é" * 600).encode()[:1023], "text"),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a", "a Git LFS pointer"),
        (bytes(1024), "nothing but zeros"),
        (b"PK\x03\x04" + bytes(30), "a ZIP archive or a document"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomavc1", "a video"),
        (b"RIFF\0\0\0\0AVI LIST", "sound or a video"),
        (b"\xff\xd8 not really", "a damaged JPEG"),
        (b"\x89PNG cut", "a damaged PNG"),
        (bytes(range(256)), "in a format that is not known"),
        (b"BMI values of all subjects", "text"),
    ],
)
def test_what_is_no_image_is_named(data: bytes, kind: str) -> None:
    assert kind_of(data).startswith(kind)


def test_a_raw_file_of_a_camera_is_refused_before_its_thumbnail_is_taken_for_it() -> None:
    assert "raw file" in why_no_image("DSC_0001.NEF", b"II*\0")


def test_a_file_is_opened_only_if_its_name_does_not_tell(tmp_path: Path) -> None:
    photo, notes = tmp_path / "photo.JPG", tmp_path / "notes.txt"
    assert why_no_image_file(photo) == ""  # it is not even there
    notes.write_text("no photo")
    assert why_no_image_file(notes) == "text"
    assert why_no_image_file(tmp_path) == "not a file"
