import csv
import io
import json
from concurrent.futures import Future
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from fer.errors import UnreadableImageError
from fer.faces.quality import TOO_SMALL, Quality
from fer.inference.album import Photo
from fer.inference.answer import FacePrediction
from pages.predict.analysis import Analysis, Drawn, Options
from pages.predict.photo import MadeWith
from pages.predict.results import as_csv, as_table, photos_as_json

FACE = FacePrediction(
    number=1,
    box=(1, 2, 30, 40),
    score=0.9,
    quality=Quality(side_px=30, tilt_deg=None, turn=None, sharpness=0.5, brightness=128.0),
    probabilities={"happy": 0.75, "sad": 0.25},
    crop=np.zeros((48, 48, 1), np.uint8),
)
SECOND = replace(FACE, number=2)
SMALL = "small (30 px; 40 or more is better)"
CARD = SimpleNamespace(name="tiny", model_sha256="0123456789", labels=("happy", "sad"))
PREDICTOR: Any = SimpleNamespace(card=CARD, detector_name="yunet")
MADE_WITH = MadeWith(settings=1, predictor=PREDICTOR, options=Options(False, 16), unsure_below=0.8)
NAMED = {"model": "tiny 01234567", "detector": "yunet"}
SETTINGS = {"min_face_px": 16, "unsure_below": 0.8}


def photo(name: str) -> Photo:
    return Photo(name=name, key=name, read=bytes)


def analysis(*faces: FacePrediction) -> Analysis:
    drawing: Future[Drawn] = Future()
    drawing.set_result(Drawn(b"", ""))
    return Analysis(drawing=drawing, size=(64, 48), detector="yunet", faces=faces, timings_ms={})


RESULTS = [
    (photo("a.png"), analysis(FACE, SECOND)),
    (photo("wall.png"), analysis()),
    (photo("bad.png"), UnreadableImageError("No picture.")),
]
ANSWERS = {("a.png", 2): "sad"}


def test_json_is_that_of_the_command_with_settings_notes_and_answers() -> None:
    notes = {"not_sure": True, "tilt_deg": None, "warnings": SMALL}
    first, wall, bad = json.loads(json.dumps(photos_as_json(RESULTS, ANSWERS, MADE_WITH)))
    assert first == {
        "file": "a.png",
        "error": None,
        "note": None,
        **NAMED,
        "faces": [
            {**FACE.to_json(), **notes, "your_answer": ""},
            {**SECOND.to_json(), **notes, "your_answer": "sad"},
        ],
        **SETTINGS,
    }
    assert wall == {
        "file": "wall.png",
        "error": None,
        "note": None,
        **NAMED,
        "faces": [],
        **SETTINGS,
    }
    reason = {"error": "No picture.", "note": None}
    assert bad == {"file": "bad.png", **reason, **NAMED, "faces": [], **SETTINGS}


def test_csv_keeps_whole_numbers_whole_and_states_that_a_photo_has_no_face() -> None:
    face, second, wall, bad = csv.DictReader(io.StringIO(as_csv(RESULTS, ANSWERS, MADE_WITH)))
    whole = [face[name] for name in ("face", "x", "y", "width", "height", "photo_width")]
    assert whole == ["1", "1", "2", "30", "40", "64"]
    assert (face["confidence"], face["not_sure"], second["your_answer"]) == ("0.75", "true", "sad")
    filled = {name: value for name, value in wall.items() if value}
    assert filled == {
        "file": "wall.png", **NAMED, "photo_width": "64", "photo_height": "48",
        "unreliable_because": "no face found", "min_face_px": "16", "unsure_below": "0.8",
    }  # fmt: skip
    assert bad["error"] == "No picture."
    assert {row["model"] for row in (face, second, wall, bad)} == {"tiny 01234567"}


def test_warnings_about_a_face_go_into_the_downloads() -> None:
    quality = Quality(side_px=90, tilt_deg=40.04, turn=0.5, sharpness=0.0, brightness=128.0)
    face = replace(FACE, quality=quality, probabilities={"sad": 1.0})
    [answer] = photos_as_json([(photo("a.png"), analysis(face))], {}, MADE_WITH)
    [written] = answer["faces"]
    assert (written["tilt_deg"], written["warnings"]) == (40.0, "blurred; turned away")


def test_the_table_has_no_share_of_a_face_that_is_too_small_and_a_row_for_a_photo_without() -> None:
    tiny = replace(SECOND, unreliable_because=TOO_SMALL)
    good = [(photo("a.png"), analysis(FACE, tiny)), (photo("wall.png"), analysis())]
    table = as_table(good, ANSWERS, CARD.labels)
    assert table["Answer"].tolist() == ["😄 happy", TOO_SMALL, "no face found"]
    assert table["Confidence"].notna().tolist() == [True, False, False]
    assert table["Happy"].notna().tolist() == [True, False, False]
    assert table["Face"].tolist()[:2] == [1, 2]
    assert as_table([good[1]], {}, CARD.labels)["Face"].isna().all()
