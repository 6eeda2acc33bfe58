import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from fer.evaluation.calibration import expected_calibration_error
from fer.evaluation.intervals import bootstrap, calibration_errors, class_means

pairs = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=50)


@settings(deadline=None, max_examples=50)
@given(pairs)
@pytest.mark.filterwarnings("ignore:A single label was found")
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_figures_of_matrices_agree_with_scikit_learn(rows: list[tuple[int, int]]) -> None:
    targets, predicted = np.array(rows).T
    matrix = oracle.confusion_matrix(targets, predicted, labels=[0, 1, 2])
    means = {name: value[0] for name, value in class_means(matrix[None]).items()}
    assert means["balanced_accuracy"] == pytest.approx(
        oracle.balanced_accuracy_score(targets, predicted)
    )
    among = {"labels": np.unique(targets), "zero_division": 0}
    assert means["macro_f1"] == pytest.approx(
        oracle.f1_score(targets, predicted, average="macro", **among)
    )


def test_the_bootstrap_is_as_wide_as_theory_says_and_the_same_twice() -> None:
    generator = np.random.default_rng(1)
    targets = np.zeros(2000, np.int64)
    predicted = (generator.random(2000) > 0.7).astype(np.int64)
    correct = predicted == 0
    intervals = bootstrap(targets, np.eye(2)[predicted])
    low, high = intervals["balanced_accuracy"]  # of one class, it is the accuracy
    error = correct.std() / np.sqrt(2000)
    assert low == pytest.approx(correct.mean() - 1.96 * error, abs=0.2 * error)
    assert high == pytest.approx(correct.mean() + 1.96 * error, abs=0.2 * error)
    assert bootstrap(targets, np.eye(2)[predicted]) == intervals


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50))
def test_calibration_errors_of_resamples_are_those_of_one_sample(
    rows: list[tuple[float, bool]],
) -> None:
    confidence, correct = np.array(sorted(rows)).T
    expected = expected_calibration_error(confidence, correct.astype(bool))
    assert calibration_errors((confidence - correct)[None]) == pytest.approx([expected])


def test_the_interval_of_a_figure_holds_the_figure() -> None:
    generator = np.random.default_rng(2)
    answers = generator.dirichlet([0.3, 0.3, 0.3], size=1500)
    targets = np.where(generator.random(1500) < 0.6, answers.argmax(axis=1), 0)
    predicted = answers.argmax(axis=1)
    intervals = bootstrap(targets, answers)
    figures = {
        "balanced_accuracy": oracle.balanced_accuracy_score(targets, predicted),
        "macro_f1": oracle.f1_score(targets, predicted, average="macro"),
        "ece": expected_calibration_error(answers.max(axis=1), predicted == targets),
    }
    assert intervals.keys() == figures.keys()
    for name, value in figures.items():
        low, high = intervals[name]
        assert low < value < high < low + 0.1


def test_the_bootstrap_is_the_same_however_few_resamples_fit_into_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generator = np.random.default_rng(3)
    answers = generator.dirichlet([0.3, 0.3, 0.3], size=101)
    targets = generator.integers(0, 3, size=101)
    at_once = bootstrap(targets, answers)
    monkeypatch.setattr("fer.evaluation.intervals._DRAWN_AT_ONCE", 707)  # 7, and 6 at the end
    assert bootstrap(targets, answers) == at_once
