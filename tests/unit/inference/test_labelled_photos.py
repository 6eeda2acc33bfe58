import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer.errors import DatasetError
from fer.faces.face import Face
from fer.faces.quality import MIN_RELIABLE_SIDE_PX, TOO_SMALL
from fer.inference.labelled_photos import (
    Known,
    RememberingDetector,
    answer_photos,
    labelled_photos,
)
from fer.inference.predictor import Predictor
from fer.models.model import Model

Frame = Callable[..., np.ndarray]


@pytest.fixture
def album(tmp_path: Path, square_frame: Frame) -> Path:
    """Three photos with a face, one without, and what does not belong there."""
    folder = tmp_path / "album"
    for name in ("Happiness", "surprised", "sad", "holiday", "happy/more", "fear"):
        (folder / name).mkdir(parents=True)
    cv2.imwrite(str(folder / "Happiness" / "1.png"), square_frame(20))
    cv2.imwrite(str(folder / "happy" / "2.PNG"), square_frame(30))
    cv2.imwrite(str(folder / "surprised" / "3.png"), square_frame(40))
    cv2.imwrite(str(folder / "surprised" / "wall.png"), square_frame())
    cv2.imwrite(str(folder / "sad" / "4.png"), square_frame(50))
    (folder / "surprised" / "broken.jpg").write_bytes(b"\xff\xd8 no")
    (folder / "happy" / "notes.txt").write_text("no photo")
    (folder / "happy" / ".hidden.jpg").write_bytes(b"")
    (folder / "top.jpg").write_bytes(b"")
    return folder


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
        "happy/notes.txt": "not a photo in a format that can be read; save it as JPEG or PNG",
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


def test_a_photo_without_a_face_has_no_answer_and_one_that_cannot_be_used_is_skipped(
    album: Path, square_predictor: Predictor
) -> None:
    answered = answer_photos(square_predictor, labelled_photos(album))
    assert list(answered.faces) == ["Happiness/1.png", "happy/2.PNG", "surprised/3.png"]
    assert answered.unanswered == [
        {"path": "surprised/wall.png", "label": "surprise", "reason": "no face found"}
    ]
    assert answered.left_out == 1
    assert answered.skipped["sad/4.png"] == "the model does not know the emotion 'sad'"
    assert "broken.jpg" in answered.skipped["surprised/broken.jpg"]
    faces, probabilities = answered.to_dataset()
    assert faces.index["label"].tolist() == ["happy", "happy", "surprise"]
    assert (faces.pixels.shape, probabilities.shape) == ((3, 24, 24, 1), (3, 2))
    alone = square_predictor.predict(album / "happy" / "2.PNG").faces[0]
    assert probabilities[1] == pytest.approx(list(alone.probabilities.values()), abs=1e-5)


def test_the_largest_of_several_faces_counts(
    tmp_path: Path, tiny_model: Model, square_detector: Any, make_face: Callable[..., Face]
) -> None:
    square_detector.detect = lambda photo: [make_face(20, 30, 60), make_face(120, 20, 40)]
    (tmp_path / "happy").mkdir()
    photo = np.random.default_rng(0).integers(0, 256, (160, 200, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "happy" / "1.png"), photo)
    answered = answer_photos(Predictor(tiny_model, square_detector), labelled_photos(tmp_path))
    assert answered.several == 1
    assert len(answered.to_dataset()[0]) == 1
    assert answered.faces["happy/1.png"].box == (20, 30, 60, 60)


def test_known_results_are_used_until_a_photo_changes(
    album: Path, square_predictor: Predictor, square_detector: Any, square_frame: Frame
) -> None:
    photos, seen = labelled_photos(album), list[tuple[int, int]]()
    known: Known = {}
    answer_photos(square_predictor, photos, known=known)
    calls = square_detector.calls
    again = answer_photos(square_predictor, photos, known=known)
    assert square_detector.calls == calls
    assert len(again.faces) == 3
    cv2.imwrite(str(album / "surprised" / "wall.png"), square_frame(10, 10))
    changed = answer_photos(
        square_predictor,
        photos,
        known=known,
        progress=lambda done, planned: seen.append((done, planned)),
    )
    assert square_detector.calls == calls + 1
    assert (changed.unanswered, len(changed.faces)) == ([], 4)
    assert seen == [(4, 5), (5, 5)]  # the broken one is read again: it may be whole now
    assert not [path for path, *_ in known if "broken" in path]


def test_photos_without_any_face_or_of_unknown_classes_only_are_errors(
    tmp_path: Path, square_predictor: Predictor, square_frame: Frame
) -> None:
    (tmp_path / "happy").mkdir()
    cv2.imwrite(str(tmp_path / "happy" / "wall.png"), square_frame())
    answered = answer_photos(square_predictor, labelled_photos(tmp_path))
    with pytest.raises(DatasetError, match="has an answer: no face found on 1"):
        answered.to_dataset()
    (tmp_path / "happy").rename(tmp_path / "fear")
    with pytest.raises(DatasetError, match=r"None of the 1 photos.*'fear'.*knows happy, surprise"):
        answer_photos(square_predictor, labelled_photos(tmp_path))


def test_equal_photos_are_searched_once(square_detector: Any, square_frame: Frame) -> None:
    detector = RememberingDetector(square_detector)
    places = [detector.detect(square_frame(x))[0].box[0] for x in (10, 20, 20, 30, 10)]
    assert places == [10, 20, 20, 30, 10]
    assert detector.detect(square_frame()) == []
    assert (square_detector.calls, detector.name) == (4, "square")


def test_photos_are_chosen_by_answer_with_the_most_confident_errors_first(
    album: Path, square_predictor: Predictor
) -> None:
    answered = answer_photos(square_predictor, labelled_photos(album))
    happy = {"Happiness/1.png": 0.2, "happy/2.PNG": 0.1, "surprised/3.png": 0.3}
    for path, share in happy.items():
        shares = {"happy": share, "surprise": 1 - share}
        faces = (replace(answered.results[path].faces[0], probabilities=shares),)
        answered.results[path] = replace(answered.results[path], faces=faces)
    wrong = ["happy/2.PNG", "Happiness/1.png"]
    assert answered.select() == [*wrong, "surprised/wall.png", "surprised/3.png"]
    assert answered.select(show="wrong") == wrong
    assert answered.select(show="right") == ["surprised/3.png"]
    assert answered.select(label="surprise", show="unanswered") == ["surprised/wall.png"]
    assert answered.select(label="happy", predicted="surprise") == wrong
    assert answered.select(predicted="happy") == []


def test_a_face_too_small_to_say_is_not_judged(
    tmp_path: Path, tiny_model: Model, square_detector: Any, make_face: Callable[..., Face]
) -> None:
    square_detector.detect = lambda photo: [make_face(20, 30, MIN_RELIABLE_SIDE_PX - 1)]
    (tmp_path / "happy").mkdir()
    photo = np.random.default_rng(0).integers(0, 256, (160, 200, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "happy" / "1.png"), photo)
    answered = answer_photos(Predictor(tiny_model, square_detector), labelled_photos(tmp_path))
    assert [photo["reason"] for photo in answered.unanswered] == [TOO_SMALL]
    assert answered.faces == {}
    assert answered.select(show="unanswered") == ["happy/1.png"]
    with pytest.raises(DatasetError, match="has an answer: too small to say on 1"):
        answered.to_dataset()
