import base64
import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import cv2
import numpy as np
import pytest

from fer.evaluation.calibration import coverage_curve, reliability
from fer.evaluation.figures import figures
from fer.evaluation.predictions import PredictionTable
from fer.evaluation.report_html import html
from fer.models.card import ModelCard

LABELS = ("happy", "sad", "surprise")
ANSWERS = np.array([[0.7, 0.2, 0.1], [0.2, 0.5, 0.3], [0.1, 0.8, 0.1], [0.3, 0.1, 0.6]])
TRUE = [0, 0, 1, 2]


def card(**framing: float) -> ModelCard:
    return ModelCard(
        name="made", labels=LABELS, height=48, width=48, channels=1, framing=framing, data={}
    )


@pytest.fixture
def full(make_table: Callable[..., PredictionTable]) -> dict[str, Any]:
    """All that a report holds of four faces, of which the second is taken for sad."""
    table = make_table(TRUE, ANSWERS)
    confidence, correct = ANSWERS.max(axis=1), ANSWERS.argmax(axis=1) == TRUE
    return {
        **figures(table),
        "reliability": reliability(confidence, correct),
        "coverage": coverage_curve(confidence, correct),
        "slices": [],
        "label_errors": [],
        "attention": {},
    }


def table_under(heading: str, page: str) -> list[list[str]]:
    """The texts of the cells, by row, of the first table after a heading."""
    table = page.split(f"<h2>{heading}</h2>")[1].split("</table>")[0]
    return [
        [
            " ".join(re.sub(r"<.*?>", " ", cell).split())
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", table.replace("\n", ""))
    ]


def test_the_confusion_matrix_has_the_true_emotion_in_the_row(full: dict[str, Any]) -> None:
    head, happy, sad, surprise = table_under("Confusion matrix", html(full, card()))
    assert head == ["true", *LABELS]
    assert [cell.split(" ")[-1] for cell in (happy[0], sad[0], surprise[0])] == list(LABELS)
    assert happy[1:] == ["1 50%", "1 50%", "0 0%"]
    assert sad[1:] == ["0 0%", "1 100%", "0 0%"]
    assert surprise[1:] == ["0 0%", "0 0%", "1 100%"]


def test_a_class_has_its_own_figures(full: dict[str, Any]) -> None:
    rows = table_under("Classes", html(full, card()))
    assert rows[1:] == [
        ["happy", "2", "1.000", "0.500", "0.667"],
        ["sad", "1", "0.500", "1.000", "0.667"],
        ["surprise", "1", "1.000", "1.000", "1.000"],
    ]


def test_a_confidence_that_no_face_reaches_has_no_row(full: dict[str, Any]) -> None:
    rows = table_under("Accuracy by confidence", html(full, card()))[1:]
    assert [row[0] for row in rows] == [f"{percent}%" for percent in range(0, 81, 10)]
    assert rows[6] == ["60%", "75.0%", "100.0%"]


def test_a_chart_holds_its_figures_for_the_page_to_draw(full: dict[str, Any]) -> None:
    charts = re.findall(r'data-figure="(.*?)"', html(full, card()))
    reliable, coverage = (json.loads(unescape(chart)) for chart in charts)
    assert reliable["data"][1]["x"] == pytest.approx([0.5, 0.6, 0.7, 0.8])
    assert coverage["data"][0]["y"][0] == 0.75


@pytest.mark.parametrize(("split", "is_grave"), [("test", False), ("train", True)])
def test_a_figure_on_training_faces_is_marked_as_doubtful(
    split: str, is_grave: bool, full: dict[str, Any]
) -> None:
    assert ('class="warning"' in html({**full, "split": split}, card())) == is_grave


def test_a_report_states_when_it_was_measured_and_names_split_and_slices_readably(
    full: dict[str, Any],
) -> None:
    one = {"images": 20, "accuracy": 0.5, "accuracy_ci95": [0.3, 0.7]}
    slices = [
        {"by": "in_training", "value": "False", **one},
        {"by": "label", "value": "sad", **one},
    ]
    changed = {"measured": "2026-11-26T17:10:59+00:00", "split": "public_test", "slices": slices}
    page = html({**full, **changed}, card())
    assert "on 4 faces" in " ".join(page.split())
    assert "Measured 2026-11-26, 17:10 UTC." in page
    assert "split PublicTest" in page
    rows = table_under("Slices, the worst first", page)
    assert [row[0] for row in rows[1:]] == ["not in training", "true emotion: sad"]


def test_a_report_gives_the_second_figure_of_the_annotations(full: dict[str, Any]) -> None:
    by_hand = {"relabelled": 400, "excluded": 0, "images": 4, "accuracy": 1.0,
               "accuracy_ci95": [0.5, 1.0]}  # fmt: skip
    sentence = "<li>With 400 labels set by hand: accuracy 100.0%"
    assert sentence not in html(full, card())
    assert sentence in html({**full, "by_hand": by_hand}, card())


def test_of_many_likely_label_errors_the_first_fifty_are_listed(full: dict[str, Any]) -> None:
    full["label_errors"] = [
        {
            "path": f"{n}.png",
            "label": "sad",
            "predicted": "happy",
            "label_quality": n / 1000,
            "by_hand": "",
        }
        for n in range(51)
    ]
    page = html(full, card())
    assert "The first 50 of 51." in page
    assert "49.png" in page
    assert "50.png" not in page


def test_the_eyes_are_circled_on_a_heat_map_where_the_card_has_their_position(
    full: dict[str, Any],
) -> None:
    full["attention"] = {"happy": {"images": 1, "heat": np.zeros((16, 16)).tolist()}}

    def heat_map(made: ModelCard) -> np.ndarray:
        [uri] = re.findall(r'<img[^>]+src="data:image/png;base64,(.*?)"', html(full, made))
        return cv2.imdecode(np.frombuffer(base64.b64decode(unescape(uri)), np.uint8), 1)

    assert heat_map(card()).max() < 50
    circled = heat_map(card(eyes_x=0.5, eyes_y=0.25, span=0.5))
    rows, columns = np.nonzero(circled.min(axis=2) > 150)
    left = columns < 64
    for eye, x in ((left, 32), (~left, 96)):  # of 128 px
        assert np.mean([rows[eye].min(), rows[eye].max()]) == pytest.approx(32, abs=1)
        assert np.mean([columns[eye].min(), columns[eye].max()]) == pytest.approx(x, abs=1)
