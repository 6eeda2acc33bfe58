import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from fer.errors import DatasetError
from fer.evaluation.metrics import metrics

LABELS = ("angry", "happy", "sad")
# Each face: its true class, and three numbers that become its probabilities.
rows = st.tuples(st.integers(0, 2), *[st.integers(1, 99)] * 3)
tables = st.lists(rows, min_size=1, max_size=60)


def one_hot(predicted: list[int]) -> np.ndarray:
    return np.eye(3, dtype=np.float32)[predicted]


@settings(deadline=None, max_examples=50)
@given(tables)
@pytest.mark.filterwarnings("ignore:A single label was found")
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_figures_agree_with_scikit_learn(table: list[tuple[int, int, int, int]]) -> None:
    values = np.array(table)
    targets, weights = values[:, 0], values[:, 1:].astype(np.float64)
    answers = weights / weights.sum(axis=1, keepdims=True)
    predicted = answers.argmax(axis=1)
    figures = metrics(targets, answers, LABELS)
    present = np.unique(targets)
    among = {"labels": present, "zero_division": 0}
    assert figures["images"] == len(table)
    expected = {
        "accuracy": oracle.accuracy_score(targets, predicted),
        "balanced_accuracy": oracle.balanced_accuracy_score(targets, predicted),
        "macro_f1": oracle.f1_score(targets, predicted, average="macro", **among),
        "weighted_f1": oracle.f1_score(targets, predicted, average="weighted", **among),
        "matthews": oracle.matthews_corrcoef(targets, predicted),
        "log_loss": oracle.log_loss(targets, answers, labels=[0, 1, 2]),
        "top2_accuracy": oracle.top_k_accuracy_score(targets, answers, k=2, labels=[0, 1, 2]),
        "brier": np.mean(((answers - np.eye(3)[targets]) ** 2).sum(axis=1)),
    }
    for name, value in expected.items():
        assert figures[name] == pytest.approx(value), name
    if len(present) == 3:
        assert figures["roc_auc"] == pytest.approx(
            oracle.roc_auc_score(targets, answers, multi_class="ovr")
        )
        assert figures["kappa"] == pytest.approx(oracle.cohen_kappa_score(targets, predicted))
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


def test_means_go_over_the_classes_that_are_present() -> None:
    figures = metrics(np.array([0, 0, 1, 1]), one_hot([0, 0, 1, 2]), LABELS)
    assert list(figures["per_class"]) == ["angry", "happy"]
    assert figures["balanced_accuracy"] == pytest.approx(0.75)
    assert figures["per_class"]["happy"]["recall"] == 0.5


def test_two_classes_are_measured_too() -> None:
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
