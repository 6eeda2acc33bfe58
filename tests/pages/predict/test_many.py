from concurrent.futures import Future
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
from streamlit.testing.v1 import AppTest

from fer.errors import UnreadableImageError
from fer.faces.quality import TOO_SMALL, Quality
from fer.inference.album import Photo
from fer.inference.answer import FacePrediction
from pages.predict import keys
from pages.predict.analysis import Analysis, Drawn, Options
from pages.predict.many import headline
from pages.predict.photo import MadeWith

HAPPY = FacePrediction(
    number=1,
    box=(1, 2, 60, 60),
    score=0.9,
    quality=Quality(side_px=60, tilt_deg=None, turn=None, sharpness=0.5, brightness=128.0),
    probabilities={"happy": 0.75, "sad": 0.25},
    crop=np.zeros((48, 48, 1), np.uint8),
)
SAD = replace(HAPPY, probabilities={"happy": 0.001, "sad": 0.999})
TINY = replace(SAD, number=2, unreliable_because=TOO_SMALL)
CARD = SimpleNamespace(name="tiny", model_sha256="0123456789", labels=("happy", "sad"))
PREDICTOR: Any = SimpleNamespace(card=CARD, detector_name="yunet")
MADE_WITH = MadeWith(settings=1, predictor=PREDICTOR, options=Options(False, 16), unsure_below=0.8)


def done(name: str, *faces: FacePrediction) -> tuple[Photo, Analysis]:
    drawing: Future[Drawn] = Future()
    drawing.set_result(Drawn(b"", ""))
    analysis = Analysis(
        drawing=drawing, size=(64, 48), detector="yunet", faces=faces, timings_ms={}
    )
    return Photo(name=name, key=name, read=bytes), analysis


BAD = (Photo(name="bad.png", key="bad", read=bytes), UnreadableImageError("No picture."))
RESULTS = [done("a.png", HAPPY, TINY), done("b.png", SAD), done("wall.png"), BAD]


def shown() -> None:
    import streamlit as st

    from pages.predict.many import chosen_results, show_photos, show_totals

    results = chosen_results(st.session_state.results)
    st.markdown(", ".join(photo.name for photo, _ in results))
    show_photos(results, {}, st.session_state.made_with)
    show_totals(results)


def page() -> AppTest:
    app = AppTest.from_function(shown, default_timeout=60)
    app.session_state.results = RESULTS
    app.session_state.made_with = MADE_WITH
    return app


def test_the_headline_counts_what_counts_nowhere_else() -> None:
    assert headline(RESULTS) == (
        "4 photos, 3 faces, 1 too small to say, 1 photo without a face, 1 photo skipped."
    )
    assert headline(RESULTS[1:2]) == "1 photo, 1 face."


def test_the_filter_narrows_photos_totals_and_what_is_downloaded() -> None:
    app = page().run()
    assert app.markdown[0].value == "a.png, b.png, wall.png, bad.png"
    assert "67%" not in app.html[0].value
    assert "50%" in app.html[0].value
    app.button_group(key=keys.FILTER).set_value(["sad"]).run()
    assert not app.exception
    assert app.markdown[0].value == "b.png"
    assert "100%" in app.html[0].value
    app.button_group(key=keys.FILTER).set_value(["no face found", TOO_SMALL]).run()
    assert app.markdown[0].value == "a.png, wall.png"


def test_a_face_that_is_too_small_is_in_no_share() -> None:
    app = page()
    app.session_state.results = RESULTS[:1]
    shares, means = (html.value for html in app.run().html)
    assert "100%" in shares.split("sad")[0]
    assert "75%" in means


def test_the_table_writes_confidence_as_the_cards_do() -> None:
    app = page()
    app.session_state[keys.VIEW] = "table"
    app.run()
    assert not app.exception
    [table] = app.dataframe
    assert table.value["Answer"].tolist() == ["😄 happy", TOO_SMALL, "😢 sad", "no face found"]
    written = (
        pa.ipc.open_stream(table.proto.arrow_data.styler.display_values).read_all().to_pydict()
    )
    assert [column for column in written.values() if ">99%" in column]
    assert not [column for column in written.values() if "100%" in column]
