import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from fer import emotions
from fer.errors import DatasetError
from fer.faces.quality import Quality
from fer.inference.answer import FacePrediction
from pages.common import errors
from pages.common.charts import bars_html
from pages.common.choices import page_of
from pages.common.errors import plain
from pages.common.facts import facts_html
from pages.common.pictures import annotated, by_class, pictures_html
from pages.common.progress import Meter, progress_text


def face(box: tuple[int, int, int, int], label: str) -> FacePrediction:
    probabilities = {other: float(other == label) for other in emotions.FER2013}
    crop = np.zeros((48, 48, 1), np.uint8)
    quality = Quality(side_px=90, tilt_deg=0.0, turn=0.0, sharpness=0.5, brightness=128.0)
    return FacePrediction(
        number=1, box=box, score=0.9, probabilities=probabilities, crop=crop, quality=quality
    )


def opened(picture: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture)), int)


def test_a_large_photo_is_scaled_to_the_screen_and_keeps_its_proportions() -> None:
    shown = opened(annotated(np.zeros((3000, 4000, 3), np.uint8), []))
    assert shown.shape == (960, 1280, 3)


def test_a_box_stands_where_the_face_is_in_the_colour_of_its_emotion() -> None:
    photo = np.zeros((2000, 2000, 3), np.uint8)
    shown = opened(annotated(photo, [face((500, 1000, 800, 500), "happy")]))
    orange = np.abs(shown - (0xE6, 0x9F, 0x00)).sum(axis=2) < 60
    rows, columns = np.nonzero(orange[645:])  # under the tag with the name
    scale = 1280 / 2000
    assert abs(columns.min() - 500 * scale) < 5
    assert abs(columns.max() - 1300 * scale) < 5
    assert abs(rows.max() + 645 - 1500 * scale) < 5
    assert not orange[700:900, 400:800].any()


@pytest.mark.parametrize(
    "box", [(-40, -40, 90, 90), (0, 0, 300, 4), (290, 0, 90, 4), (400, 9, 5, 5)]
)
def test_a_box_over_the_edge_can_be_drawn(box: tuple[int, int, int, int]) -> None:
    annotated(np.zeros((12, 300, 3), np.uint8), [face(box, "sad")])


def test_bars_keep_their_order_and_cannot_smuggle_html_in() -> None:
    html = bars_html({"<b>own</b>": 0.75, "happy": 0.25}, top="happy")
    assert "<b>" not in html
    assert html.index("own") < html.index("happy")
    assert html.count("fer-strong") == 1
    assert "width: 75.0%" in html


def test_only_a_share_of_nothing_has_no_bar_at_all() -> None:
    assert bars_html({"happy": 0.0, "sad": 0.0001}).count("<i ") == 1


def test_progress_names_the_piece_and_the_time_left_once_it_is_known_and_long() -> None:
    assert progress_text("Photo", 0, 5, 9.0) == "Photo 1 of 5"
    assert progress_text("Photo", 2, 5, 4.0) == "Photo 3 of 5, about 6 s left"
    assert progress_text("Photo", 4, 5, 0.4) == "Photo 5 of 5"
    assert progress_text("Photo", 1, 10, 40.0) == "Photo 2 of 10, about 6 min left"
    assert progress_text("Face", 1000, 1000, 40.0) == "Face 1,000 of 1,000"


def test_a_meter_counts_the_time_left_down_and_starts_afresh_with_other_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, shown = [0.0], []
    monkeypatch.setattr("pages.common.progress.time.monotonic", lambda: now[0])
    slot = SimpleNamespace(progress=lambda share, text: shown.append((share, text)))
    meter = Meter()
    meter(50, 100)
    meter.begin("Arranging 90 faces", "step")
    meter.draw(slot)
    meter(0, 4)
    now[0] = 10.0
    meter(1, 4)
    meter.draw(slot)
    now[0] = 14.0
    meter.draw(slot)
    assert shown == [
        (0, "Arranging 90 faces…"),
        (0.25, "Arranging 90 faces: step 2 of 4, about 30 s left"),
        (0.25, "Arranging 90 faces: step 2 of 4, about 26 s left"),
    ]


def test_a_filter_that_is_set_before_it_was_ever_drawn_is_in_the_address() -> None:
    def page() -> None:
        import streamlit as st

        from pages.common.choices import select, set_linked

        def choose(value: str, name: str) -> None:
            set_linked("part", value, name)
            st.session_state["is_open"] = True

        if st.session_state.get("is_open"):
            names = {"": "any", "dark": "dark ones"}
            select(st.container(), "Part", names, key="part", bind="query-params")
        st.button("Dark", key="dark", on_click=choose, args=("dark", "dark ones"))
        st.button("Any", key="any", on_click=choose, args=("", ""))

    app = AppTest.from_function(page, default_timeout=60).run()
    app.button(key="dark").click().run()
    assert app.selectbox(key="part").value == "dark"
    assert app.query_params["part"] == "dark ones"
    app.button(key="any").click().run()
    assert not app.exception
    assert app.selectbox(key="part").value == ""


def test_a_file_name_is_shown_as_it_is() -> None:
    assert plain("my_*photo*[1](x).jpg") == r"my\_\*photo\*\[1\]\(x\).jpg"


@pytest.mark.parametrize(
    ("error", "explained"),
    [
        (DatasetError("No face 'x_1'. Choose another."), "No face 'x_1'. Choose another."),
        (OSError(28, "No space left on device", "/a"), "No space left on device ('/a')"),
    ],
)
def test_an_action_that_fails_is_explained_and_does_not_count_as_done(
    error: Exception, explained: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: list[str] = []
    reruns: list[str] = []
    monkeypatch.setattr(errors.st, "error", lambda text, **_: texts.append(text))
    monkeypatch.setattr(errors.st, "rerun", lambda: reruns.append("rerun"))

    def fail() -> None:
        raise error

    errors.attempt(fail)
    assert explained in texts[0].replace("\\", "")
    assert not reruns
    errors.attempt(lambda: None)
    assert len(texts) == len(reruns) == 1


def test_facts_keep_their_order_and_cannot_smuggle_html_in() -> None:
    html = facts_html({"Name": "<b>own</b>", "Images": "1,000"})
    assert "<b>" not in html
    assert html.index("own") < html.index("Images") < html.index("1,000")


def test_a_class_is_pictured_with_its_symbol_and_colour_and_cannot_smuggle_html_in() -> None:
    face = np.zeros((4, 4), np.uint8)
    html = pictures_html(by_class({"happy": face, "<b>": face}, "Drawn face:"), "fer-row")
    assert html.startswith('<div class="fer-row">')
    assert 'alt="Drawn face: happy"' in html
    assert f"<figcaption>{emotions.EMOTIONS['happy'].symbol} happy</figcaption>" in html
    assert f"--emotion: {emotions.EMOTIONS['happy'].color}" in html
    assert "<b>" not in html


def _pages() -> None:
    import streamlit as st

    from pages.common.choices import page_of

    st.text(page_of(list(range(7)), 3, key="page"))


def test_many_things_are_shown_page_by_page_and_a_page_that_is_not_there_is_the_first() -> None:
    app = AppTest.from_function(_pages, default_timeout=60).run()
    assert app.text[0].value == "([0, 1, 2], 'page 1 of 3')"
    app.session_state["page"] = 3
    assert app.run().text[0].value == "([6], 'page 3 of 3')"
    app.session_state["page"] = 9
    assert app.run().text[0].value == "([0, 1, 2], 'page 1 of 3')"


def test_what_fits_on_one_page_or_is_nothing_needs_no_choice() -> None:
    assert page_of([1, 2, 3], 3, key="page") == ([1, 2, 3], "page 1 of 1")
    assert page_of([], 3, key="page") == ([], "page 1 of 1")


def test_a_bug_is_not_swallowed_as_a_failed_action() -> None:
    with pytest.raises(ZeroDivisionError):
        errors.attempt(lambda: 1 / 0)
