from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer import settings
from fer.data.locking import locked
from fer.errors import FerError, ImageError, LabelError
from fer.inference import kept_photos
from fer.inference.kept_photos import keep, relabel, remove, remove_all

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture
def png(square_frame: Callable[..., np.ndarray]) -> Callable[[int], bytes]:
    """A photo with a face at this place, as the bytes of a file."""
    return lambda x: cv2.imencode(".png", square_frame(x))[1].tobytes()


def labels() -> dict[str, str]:
    return kept_photos.kept_photos().labels


def test_a_kept_photo_is_a_copy_of_its_file_in_the_folder_of_its_emotion(
    png: Callable[[int], bytes],
) -> None:
    assert labels() == {}
    path = keep("Me at the sea.png", png(10), "sadness")
    assert path.startswith("sad/Me at the sea-")
    assert labels() == {path: "sad"}
    assert (settings.photos_folder() / path).read_bytes() == png(10)


@pytest.mark.parametrize("name", ["scan.jp2", "photo.J2K", "me.jfif", "subject01.happy", "photo"])
def test_a_photo_is_kept_whatever_its_suffix(name: str, png: Callable[[int], bytes]) -> None:
    path = keep(name, png(10), "happy")
    assert labels() == {path: "happy"}
    remove(path)
    assert labels() == {}


def test_equal_names_are_kept_apart_and_equal_contents_once(png: Callable[[int], bytes]) -> None:
    first, second = (keep("photo.png", png(x), "happy") for x in (10, 20))
    assert first != second
    again = keep("other name.png", png(10), "sad")
    assert labels() == {second: "happy", again: "sad"}
    assert again.removeprefix("sad/") == first.removeprefix("happy/")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("../../evil.png", "evil"),
        ("a/b\\c:d*.png", "b_c_d_"),
        ("…", "_"),
        ("", "photo"),
        (".png", "png"),
        ("x" * 300 + ".png", "x" * 40),
        ("Grüße 你好.png", "Grüße 你好"),
    ],
)
def test_any_name_becomes_one_that_every_system_takes(
    png: Callable[[int], bytes], name: str, stem: str
) -> None:
    path = keep(name, png(10), "happy")
    assert Path(path).name.rpartition("-")[0] == stem
    assert (settings.photos_folder() / path).is_file()


def test_what_is_no_photo_or_no_emotion_is_not_kept(png: Callable[[int], bytes]) -> None:
    with pytest.raises(ImageError):
        keep("x.jpg", b"no photo", "happy")
    with pytest.raises(LabelError):
        keep("x.png", png(10), "hungry")
    assert labels() == {}


def test_beyond_the_limit_no_new_photo_is_kept(
    png: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_photos, "MAX_PHOTOS", 1)
    path = keep("1.png", png(10), "happy")
    with pytest.raises(FerError, match="--photos"):
        keep("2.png", png(20), "happy")
    assert keep("1.png", png(10), "happy") == path  # it is there already


def test_photos_get_another_emotion_and_are_removed(png: Callable[[int], bytes]) -> None:
    paths = [keep(f"{x}.png", png(x), "happy") for x in (10, 20, 30)]
    moved = relabel(paths[0], "fearful")
    assert labels()[moved] == "fear"
    remove(moved)
    remove(moved)
    assert list(labels()) == sorted(paths[1:])
    assert not (settings.photos_folder() / "fear").exists()
    remove_all()
    assert labels() == {}


def test_files_of_other_origin_are_neither_listed_nor_removed(png: Callable[[int], bytes]) -> None:
    keep("1.png", png(10), "happy")
    folder = settings.photos_folder()
    others = [folder / "happy" / "own.jpg", folder / "family" / "a-0123456789abcdef.jpg"]
    for other in others:
        other.parent.mkdir(exist_ok=True)
        other.write_bytes(png(20))
    assert len(labels()) == 1
    remove_all()
    assert all(other.is_file() for other in others)
    for path in ("happy/own.jpg", "../secret-0123456789abcdef.jpg", "/etc/passwd"):
        with pytest.raises(FerError, match="not the path of a kept photo"):
            remove(path)


def test_a_disk_that_refuses_is_an_error_with_the_folder(
    png: Callable[[int], bytes], own_home: Path
) -> None:
    own_home.write_text("a file where the folder should be")
    with pytest.raises(FerError, match=r"cannot be written to.*FER_HOME"):
        keep("1.png", png(10), "happy")


@pytest.mark.parametrize(
    "change",
    [
        lambda path, png: keep("2.png", png, "sad"),
        lambda path, png: relabel(path, "sad"),
        lambda path, png: remove(path),
        lambda path, png: remove_all(),
    ],
    ids=["keep", "relabel", "remove", "remove all"],
)
def test_changes_wait_for_one_another(
    png: Callable[[int], bytes], change: Callable[[str, bytes], object]
) -> None:
    path = keep("1.png", png(10), "happy")
    with ThreadPoolExecutor(1) as pool:
        with locked(settings.home() / "locks" / "photos"):
            changing = pool.submit(change, path, png(20))
            wait([changing], timeout=0.2)
            assert labels() == {path: "happy"}
        changing.result(10)
    assert labels() != {path: "happy"}


def test_a_photo_that_is_gone_gets_no_other_emotion_but_can_be_kept_again(
    png: Callable[[int], bytes],
) -> None:
    path = keep("1.png", png(10), "happy")
    remove(path)
    with pytest.raises(FerError, match=r"is gone.*Reload the page"):
        relabel(path, "sad")
    assert labels() == {}
    assert keep("1.png", png(10), "happy") == path
