import csv
import io
from dataclasses import replace

import numpy as np
from streamlit.testing.v1 import AppTest

from fer.errors import UnreadableImageError
from fer.faces.quality import TOO_SMALL, Quality
from fer.inference.answer import FacePrediction
from pages.predict.analysis import Analysis, Photo
from pages.predict.results import as_csv, photos_as_json, rows

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


def photo(name: str) -> Photo:
    return Photo(name=name, key=name, read=bytes)


def analysis(*faces: FacePrediction) -> Analysis:
    return Analysis(
        picture=b"", size=(64, 48), detector="yunet", faces=faces, heats=(), timings_ms={}
    )


def test_the_downloads_hold_each_face_with_the_visitors_answer() -> None:
    results = [
        (photo("a.png"), analysis(FACE, SECOND)),
        (photo("wall.png"), analysis()),
        (photo("bad.png"), UnreadableImageError("No picture.")),
    ]
    answers = {("a.png", 2): "sad"}
    table = rows(results, answers)
    assert [(row["file"], row.get("face"), row.get("your_answer")) for row in table] == [
        ("a.png", 1, ""), ("a.png", 2, "sad"), ("wall.png", None, None), ("bad.png", None, None),
    ]  # fmt: skip
    assert (table[0]["emotion"], table[0]["p_sad"]) == ("happy", 0.25)
    first, wall, bad = photos_as_json(results, answers)
    assert first == {
        "file": "a.png",
        "error": None,
        "detector": "yunet",
        "faces": [
            {**FACE.to_json(), "warnings": SMALL, "your_answer": ""},
            {**SECOND.to_json(), "warnings": SMALL, "your_answer": "sad"},
        ],
    }
    assert wall == {"file": "wall.png", "error": None, "detector": "yunet", "faces": []}
    assert bad == {"file": "bad.png", "error": "No picture.", "detector": None, "faces": []}
    assert [row.get("detector") for row in table] == ["yunet", "yunet", "yunet", None]


def test_the_csv_keeps_whole_numbers_whole_where_a_photo_has_no_face() -> None:
    results = [(photo("a.png"), analysis(FACE)), (photo("wall.png"), analysis())]
    face, wall = csv.DictReader(io.StringIO(as_csv(results, {})))
    whole = [face[name] for name in ("face", "x", "y", "width", "height")]
    assert whole == ["1", "1", "2", "30", "40"]
    assert set(wall.values()) == {"wall.png", "yunet", ""}


def test_warnings_about_a_face_go_into_the_downloads() -> None:
    quality = Quality(side_px=90, tilt_deg=40.04, turn=0.5, sharpness=0.0, brightness=128.0)
    face = replace(FACE, quality=quality, probabilities={"sad": 1.0})
    [row] = rows([(photo("a.png"), analysis(face))], {})
    assert (row["tilt_deg"], row["warnings"]) == (40.0, "blurred; turned away")


def summarised() -> None:
    import streamlit as st

    from pages.predict.results import summary

    summary(st.session_state.results, {})


def test_a_face_that_is_too_small_is_counted_and_listed_and_is_in_no_share() -> None:
    tiny = replace(SECOND, probabilities={"happy": 0.0, "sad": 1.0}, unreliable_because=TOO_SMALL)
    page = AppTest.from_function(summarised)
    page.session_state.results = [(photo("a.png"), analysis(FACE, tiny))]
    page.run()
    assert not page.exception
    assert page.markdown[0].value == "1 photo, 2 faces, 1 too small to say."
    shares, means = (html.value for html in page.html)
    assert "100 %" in shares.split("sad")[0]
    assert "75 %" in means
    assert page.dataframe[0].value["emotion"].tolist() == ["happy", TOO_SMALL]
    page.session_state.results = [(photo("a.png"), analysis(tiny))]
    page.run()
    assert not page.exception
    assert page.dataframe[0].value["emotion"].tolist() == [TOO_SMALL]
