import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer.errors import DatasetError
from fer.evaluation.metrics import metrics

LABELS = ("angry", "happy", "sad")
# Each face: its true class, and three numbers that become its probabilities.
rows = st.tuples(st.integers(0, 2), *[st.integers(1, 99)] * 3)
tables = st.lists(rows, min_size=1, max_size=60)


def one_hot(predicted: list[int]) -> np.ndarray:
    return np.eye(3, dtype=np.float32)[predicted]


def test_every_figure_of_a_small_example_is_the_one_worked_out_by_hand() -> None:
    # True: 3 angry, 2 happy, 1 sad. Predicted: angry angry happy | happy happy | angry.
    answers = np.array(
        [
            [0.8, 0.1, 0.1],
            [0.6, 0.3, 0.1],
            [0.3, 0.5, 0.2],
            [0.2, 0.7, 0.1],
            [0.1, 0.6, 0.3],
            [0.5, 0.3, 0.2],
        ]
    )
    figures = metrics(np.array([0, 0, 0, 1, 1, 2]), answers, LABELS)
    by_class = figures["per_class"]
    assert figures["images"] == 6
    assert figures["accuracy"] == pytest.approx(4 / 6)
    assert by_class["angry"] == pytest.approx(
        {"precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3, "support": 3}
    )
    assert by_class["happy"] == pytest.approx(
        {"precision": 2 / 3, "recall": 1, "f1": 4 / 5, "support": 2}
    )
    assert by_class["sad"] == {"precision": 0, "recall": 0, "f1": 0, "support": 1}
    assert figures["balanced_accuracy"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert figures["macro_f1"] == pytest.approx((2 / 3 + 4 / 5 + 0) / 3)
    assert figures["weighted_f1"] == pytest.approx((3 * 2 / 3 + 2 * 4 / 5) / 6)
    assert figures["top2_accuracy"] == pytest.approx(5 / 6)
    # Chance agreement: (3·3 + 2·3 + 1·0) / 36 = 15/36.
    assert figures["kappa"] == pytest.approx((24 / 36 - 15 / 36) / (1 - 15 / 36))
    # Gorodkin 2004: (c·n − Σ pₖtₖ) / √((n² − Σ pₖ²)(n² − Σ tₖ²)).
    assert figures["matthews"] == pytest.approx((4 * 6 - 15) / ((36 - 18) * (36 - 14)) ** 0.5)
    assert figures["log_loss"] == pytest.approx(-np.log([0.8, 0.6, 0.3, 0.7, 0.6, 0.2]).sum() / 6)
    assert figures["brier"] == pytest.approx((0.06 + 0.26 + 0.78 + 0.14 + 0.26 + 0.98) / 6)
    # Pairs of a face of the class and another one in the right order: 8 of 9, 8 of 8, 3.5 of 5.
    assert figures["roc_auc"] == pytest.approx((8 / 9 + 1 + 3.5 / 5) / 3)


def test_a_class_that_is_never_predicted_has_no_precision() -> None:
    figures = metrics(np.array([0, 1]), one_hot([0, 0]), LABELS)
    assert figures["per_class"]["happy"]["precision"] == 0


@settings(deadline=None, max_examples=30)
@given(tables)
@pytest.mark.filterwarnings("ignore:A single label was found")
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_figures_follow_from_the_confusion_matrix(table: list[tuple[int, int, int, int]]) -> None:
    values = np.array(table)
    targets, weights = values[:, 0], values[:, 1:].astype(np.float64)
    figures = metrics(targets, weights / weights.sum(axis=1, keepdims=True), LABELS)
    matrix = np.zeros((3, 3))
    for true, *shares in table:
        matrix[true, int(np.argmax(shares))] += 1
    assert figures["confusion_matrix"] == matrix.tolist()
    present = np.flatnonzero(matrix.sum(axis=1))
    hits = matrix.diagonal()[present]
    recall = hits / matrix.sum(axis=1)[present]
    precision = hits / np.maximum(matrix.sum(axis=0)[present], 1)
    f1 = 2 * hits / (matrix.sum(axis=0) + matrix.sum(axis=1))[present]
    assert figures["accuracy"] == pytest.approx(matrix.trace() / len(table))
    assert figures["balanced_accuracy"] == pytest.approx(recall.mean())
    assert figures["macro_f1"] == pytest.approx(f1.mean())
    assert [row["precision"] for row in figures["per_class"].values()] == pytest.approx(precision)
    low, high = figures["accuracy_ci95"]
    assert 0 <= low <= figures["accuracy"] <= high <= 1


def test_confusion_matrix_puts_the_true_emotion_in_the_row() -> None:
    figures = metrics(np.array([0, 0, 1]), one_hot([0, 1, 1]), LABELS)
    assert figures["confusion_matrix"] == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert figures["labels"] == list(LABELS)


def test_the_interval_of_accuracy_is_wilsons() -> None:
    # Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662.
    targets = np.zeros(263, np.int64)
    predicted = np.where(np.arange(263) < 81, 0, 1)
    assert metrics(targets, one_hot(list(predicted)), LABELS)["accuracy_ci95"] == pytest.approx(
        [0.2553, 0.3662], abs=5e-5
    )


def test_means_include_only_the_classes_that_are_present() -> None:
    figures = metrics(np.array([0, 0, 1, 1]), one_hot([0, 0, 1, 2]), LABELS)
    assert list(figures["per_class"]) == ["angry", "happy"]
    assert figures["balanced_accuracy"] == pytest.approx(0.75)
    assert figures["per_class"]["happy"]["recall"] == 0.5


def test_two_classes_can_be_measured() -> None:
    answers = np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3]])
    figures = metrics(np.array([0, 1, 1]), answers, ("happy", "sad"))
    assert figures["top2_accuracy"] == 1
    assert figures["roc_auc"] == 1
    assert figures["brier"] == pytest.approx((0.02 + 0.32 + 0.98) / 3)


def test_one_class_has_no_kappa_and_no_roc_auc() -> None:
    figures = metrics(np.array([1, 1]), one_hot([1, 1]), LABELS)
    assert figures["kappa"] is None
    assert figures["roc_auc"] is None


def test_no_faces_is_an_error() -> None:
    with pytest.raises(DatasetError, match="no faces"):
        metrics(np.array([], int), np.empty((0, 3)), LABELS)
