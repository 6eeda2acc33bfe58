import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer.errors import DatasetError
from fer.inference.answered_photos import answer_photos
from fer.inference.labelled_photos import labelled_photos
from fer.inference.predictor import Predictor

Frame = Callable[..., np.ndarray]


def test_folders_named_by_an_emotion_or_its_alias_are_listed_and_the_rest_has_a_reason(
    album: Path,
) -> None:
    photos = labelled_photos(album)
    assert photos.labels == {
        "Happiness/1.png": "happy",
        "happy/2.PNG": "happy",
        "sad/4.png": "sad",
        "surprised/3.png": "surprise",
        "surprised/broken.jpg": "surprise",
        "surprised/wall.png": "surprise",
    }
    assert photos.skipped == {
        "fear/": "empty",
        "happy/more/": "a folder inside that of an emotion",
        "happy/notes.txt": "text",
        "holiday/": "its name is no emotion",
        "top.jpg": "not in a folder that names its emotion",
    }


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "holds nothing; expected a folder with one subfolder per emotion"),
        (("a.jpg", "b.jpg"), "holds a.jpg, b.jpg; expected"),
        (("cats/a.jpg", "dogs/b.jpg"), "holds cats/, dogs/; expected"),
        (("happy/a.txt",), "holds happy/a.txt; expected"),
        ([f"{i}.jpg" for i in range(6)], "holds 0.jpg, 1.jpg, 2.jpg, 3.jpg, 4.jpg, …; expected"),
    ],
)
def test_a_folder_without_labelled_photos_is_an_error_that_shows_what_it_holds(
    tmp_path: Path, names: tuple[str, ...], message: str
) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(DatasetError) as error:
        labelled_photos(tmp_path)
    assert message in str(error.value)


def test_a_name_that_is_not_utf8_is_skipped_and_any_name_is_reported_in_utf8(
    album: Path, square_predictor: Predictor
) -> None:
    odd = os.fsdecode(b"bad\xff.png")
    try:
        (album / "happy" / "2.PNG").rename(album / "happy" / odd)
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    (album / odd).write_bytes(b"")
    (album / os.fsdecode(b"\xff")).mkdir()
    (album / "surprised" / "broken.jpg").rename(album / "surprised" / "two\nlines.jpg")
    answered = answer_photos(square_predictor, labelled_photos(album))
    assert answered.skipped["happy/bad\\xff.png"] == "its name is not valid UTF-8; rename it"
    assert {"bad\\xff.png", "\\xff/", "surprised/two\\nlines.jpg"} < answered.skipped.keys()
    assert len(answered.to_dataset()[0]) == 2
    "".join(answered.skipped.values()).encode()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter every folder")
def test_folders_that_can_be_listed_but_not_entered_are_named(album: Path) -> None:
    (album / "surprised").chmod(0o400)
    try:
        photos = labelled_photos(album)
        assert "Check that you may open it" in photos.skipped["surprised/"]
        album.chmod(0o400)
        with pytest.raises(DatasetError, match="cannot be listed: Permission denied"):
            labelled_photos(album)
        with pytest.raises(DatasetError, match="cannot be listed: Permission denied"):
            labelled_photos(album / "happy")
    finally:
        album.chmod(0o700)
        (album / "surprised").chmod(0o700)


def test_a_missing_folder_a_file_and_an_archive_are_errors(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="does not exist; expected a folder"):
        labelled_photos(tmp_path / "nowhere")
    (tmp_path / "photos.zip").write_bytes(b"PK")
    with pytest.raises(DatasetError, match=r"is a file; expected a folder.*Unpack it first"):
        labelled_photos(tmp_path / "photos.zip")


def test_a_folder_is_known_by_the_names_that_emotions_have_in_data_sets(tmp_path: Path) -> None:
    for name in ("0_angry", "Traurigkeit", "3"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jpg").touch()
    photos = labelled_photos(tmp_path)
    assert photos.labels == {"0_angry/a.jpg": "angry", "Traurigkeit/a.jpg": "sad"}
    assert photos.skipped == {"3/": "its name is no emotion"}
