import json
from dataclasses import replace

import numpy as np

from fer.errors import UnreadableImageError
from fer.faces.quality import Quality
from fer.inference.answer import FacePrediction, PhotoFaces
from fer.inference.photo_rows import photo_columns, photo_json, photo_rows

FACE = FacePrediction(
    number=1,
    box=(1, 2, 30, 40),
    score=0.9,
    quality=Quality(side_px=30, tilt_deg=None, turn=None, sharpness=0.5, brightness=128.0),
    probabilities={"happy": 0.75, "sad": 0.25},
    crop=np.zeros((48, 48, 1), np.uint8),
)
MADE_WITH = {"model": "tiny 0123", "detector": "yunet"}
ERROR = UnreadableImageError("No picture.")


def photo(*faces: FacePrediction) -> PhotoFaces:
    return PhotoFaces(size=(64, 48), detector="yunet", faces=faces, timings_ms={})


def test_each_face_is_a_row_and_so_is_a_photo_without_any_which_states_so() -> None:
    face, second = photo_rows("a.png", photo(FACE, FACE), **MADE_WITH)
    assert set(face) == set(photo_columns(["happy", "sad"])) - {"error", "note"}
    assert (face["file"], face["photo_width"], face["face"]) == ("a.png", 64, 1)
    assert face == second
    [wall] = photo_rows("wall.png", photo(), **MADE_WITH)
    assert wall["unreliable_because"] == "no face found"
    [bad] = photo_rows("bad.png", ERROR, **MADE_WITH)
    assert bad == {"file": "bad.png", **MADE_WITH, "error": "No picture."}


def test_numbers_are_numbers_in_json() -> None:
    text = json.dumps([photo_json("a.png", photo(FACE), **MADE_WITH)])
    [face] = json.loads(text)[0]["faces"]
    assert (face["number"], face["box"], face["score"]) == (1, [1, 2, 30, 40], 0.9)
    assert face["probabilities"] == {"happy": 0.75, "sad": 0.25}


def test_json_names_model_and_detector_with_every_photo() -> None:
    for result in (photo(FACE), photo(), ERROR):
        assert photo_json("a.png", result, **MADE_WITH).items() >= MADE_WITH.items()
    assert photo_json("a.png", ERROR, **MADE_WITH)["faces"] == []


def test_the_answer_for_an_animation_states_that_only_the_first_image_was_used() -> None:
    first = replace(photo(FACE), is_first_of_several=True)
    [row] = photo_rows("a.gif", first, **MADE_WITH)
    note = photo_json("a.gif", first, **MADE_WITH)["note"]
    assert row["note"] == note == "the file holds several images, of which only the first was used"
    assert photo_json("a.png", photo(FACE), **MADE_WITH)["note"] is None
