import numpy as np

from fer.evaluation.charts import (
    confusion_matrix_chart,
    coverage_chart,
    reliability_chart,
    strengths,
)

LABELS = ("happy", "sad", "fear")
MATRIX = np.array([[8, 1, 1], [2, 2, 0], [0, 0, 0]])


def test_a_quarter_of_the_largest_count_has_half_the_colour_whether_right_or_wrong() -> None:
    figure = confusion_matrix_chart(MATRIX, LABELS)
    strength = figure.data[0].z
    assert strength[0][0] == 1
    assert strength[1][0] == -0.5
    assert strength[1][1] == 0.5
    assert strength[2].tolist() == [0, 0, 0]


def test_classes_named_like_numbers_are_classes_and_not_a_scale() -> None:
    layout = confusion_matrix_chart(MATRIX, ("1", "2", "3")).layout
    assert layout.xaxis.type == layout.yaxis.type == "category"


def test_a_matrix_without_a_face_has_no_colour() -> None:
    assert strengths(np.zeros((2, 2), int), 0).tolist() == [[0, 0], [0, 0]]


def test_a_decrease_is_as_strong_as_an_increase() -> None:
    assert strengths(np.array([-4, 4, 1]), 4).tolist() == [1, 1, 0.5]


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
