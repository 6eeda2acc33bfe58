import io

import numpy as np
import pytest
from PIL import Image

from fer import emotions
from fer.errors import DatasetError
from fer.inference.answer import FacePrediction
from pages.common import errors
from pages.common.charts import bars_html, percent
from pages.common.errors import plain
from pages.common.pictures import annotated
from pages.common.progress import progress_text


def face(box: tuple[int, int, int, int], label: str) -> FacePrediction:
    probabilities = {other: float(other == label) for other in emotions.FER2013}
    crop = np.zeros((48, 48, 1), np.uint8)
    return FacePrediction(number=1, box=box, score=0.9, probabilities=probabilities, crop=crop)


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


def test_a_small_share_never_reads_as_nothing() -> None:
    shares = (0, 0.001, 0.005, 0.0444, 0.996, 1)
    assert [percent(share) for share in shares] == ["0 %", "<1 %", "<1 %", "4 %", ">99 %", "100 %"]


def test_bars_keep_their_order_and_cannot_smuggle_html_in() -> None:
    html = bars_html({"<b>own</b>": 0.75, "happy": 0.25}, top="happy")
    assert "<b>" not in html
    assert html.index("own") < html.index("happy")
    assert html.count("fer-strong") == 1
    assert "width: 75.0%" in html


def test_progress_names_the_piece_and_the_time_left_once_it_is_known_and_long() -> None:
    assert progress_text("Photo", 0, 5, 9.0) == "Photo 1 of 5"
    assert progress_text("Photo", 2, 5, 4.0) == "Photo 3 of 5, about 6 s left"
    assert progress_text("Photo", 4, 5, 0.4) == "Photo 5 of 5"
    assert progress_text("Photo", 1, 10, 40.0) == "Photo 2 of 10, about 6 min left"


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
    monkeypatch.setattr(errors.st, "error", lambda text, **_: texts.append(text))

    def fail() -> None:
        raise error

    assert not errors.attempt(fail)
    assert explained in texts[0].replace("\\", "")
    assert errors.attempt(lambda: None)
    assert len(texts) == 1


def test_a_bug_is_not_swallowed_as_a_failed_action() -> None:
    with pytest.raises(ZeroDivisionError):
        errors.attempt(lambda: 1 / 0)
