import numpy as np
import pytest

from fer.evaluation.charts import confusion_matrix_chart, coverage_chart, reliability_chart

LABELS = ("happy", "sad", "fear")
MATRIX = np.array([[8, 1, 1], [2, 2, 0], [0, 0, 0]])


def test_every_cell_can_be_clicked_and_names_its_true_and_predicted_label() -> None:
    cells = confusion_matrix_chart(MATRIX, LABELS).data[1]
    named = dict(zip(zip(cells.y, cells.x, strict=True), cells.customdata[:, 0], strict=True))
    assert named[("happy", "sad")] == 1
    assert named[("sad", "happy")] == 2
    assert len(named) == 9


def test_right_is_above_zero_wrong_below_and_the_largest_confusion_is_the_strongest() -> None:
    strength = confusion_matrix_chart(MATRIX, LABELS).data[0].z
    np.testing.assert_allclose(strength, [[0.8, -0.2, -0.2], [-1, 0.5, 0], [0, 0, 0]])


@pytest.mark.parametrize(("unit", "shown"), [("count", 8), ("share", 0.8)])
def test_cells_show_counts_or_shares_of_their_row(unit: str, shown: float) -> None:
    figure = confusion_matrix_chart(MATRIX, LABELS, unit=unit)  # type: ignore[arg-type]
    assert figure.data[0].text[0][0] == pytest.approx(shown)


def test_thresholds_that_no_face_reaches_are_not_drawn() -> None:
    curve = [
        {"threshold": 0.0, "coverage": 1.0, "accuracy": 0.5, "images": 4},
        {"threshold": 0.5, "coverage": 0.5, "accuracy": 1.0, "images": 2},
        {"threshold": 1.0, "coverage": 0.0, "accuracy": None, "images": 0},
    ]
    line, emphasised = coverage_chart(curve, threshold=1).data
    assert list(line.x) == [1.0, 0.5]
    assert list(emphasised.y) == [1.0]
    assert len(coverage_chart(curve, threshold=2).data) == 1


def test_the_reliability_chart_sets_accuracy_against_confidence() -> None:
    line = reliability_chart([{"confidence": 0.6, "accuracy": 0.5, "images": 7}]).data[1]
    assert (line.x, line.y, line.customdata) == ((0.6,), (0.5,), (7,))
