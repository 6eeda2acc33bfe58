import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from fer.evaluation.calibration import expected_calibration_error
from fer.evaluation.intervals import (
    areas_under_curves,
    bootstrap,
    calibration_errors,
    from_matrices,
)

pairs = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=50)


@settings(deadline=None, max_examples=50)
@given(pairs)
@pytest.mark.filterwarnings("ignore:A single label was found")
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_figures_of_matrices_agree_with_scikit_learn(rows: list[tuple[int, int]]) -> None:
    targets, predicted = np.array(rows).T
    matrix = oracle.confusion_matrix(targets, predicted, labels=[0, 1, 2])
    found = {name: value[0] for name, value in from_matrices(matrix[None]).items()}
    present = np.unique(targets)
    among = {"labels": present, "zero_division": 0}
    assert found["accuracy"] == pytest.approx(oracle.accuracy_score(targets, predicted))
    assert found["balanced_accuracy"] == pytest.approx(
        oracle.balanced_accuracy_score(targets, predicted)
    )
    for average in ("macro", "weighted"):
        assert found[f"{average}_f1"] == pytest.approx(
            oracle.f1_score(targets, predicted, average=average, **among)
        )
    if len(present) > 1 and len(np.unique(predicted)) > 1:
        assert found["kappa"] == pytest.approx(oracle.cohen_kappa_score(targets, predicted))
        assert found["matthews"] == pytest.approx(oracle.matthews_corrcoef(targets, predicted))


def test_the_bootstrap_is_as_wide_as_theory_says_and_the_same_twice() -> None:
    generator = np.random.default_rng(1)
    targets = np.zeros(2000, np.int64)
    predicted = (generator.random(2000) > 0.7).astype(np.int64)
    loss = generator.normal(size=2000)
    answers = np.eye(2)[predicted]
    found = bootstrap(targets, answers, {"loss": loss})
    for name, values in {"accuracy": predicted == 0, "loss": loss}.items():
        error = values.std() / np.sqrt(2000)
        low, high = found[name]
        assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
        assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)
    assert bootstrap(targets, answers, {"loss": loss}) == found
    assert "roc_auc" not in found  # one class has no curve


# Few values, so that there are ties; each face with how often it was drawn.
drawn_faces = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(0, 5), st.integers(0, 3)),
    min_size=3,
    max_size=40,
)


@given(drawn_faces)
def test_areas_agree_with_scikit_learn_on_what_was_drawn(rows: list[tuple[int, ...]]) -> None:
    targets, first, second, times = np.array(rows).T
    scores = np.stack([first, second, 10 - first - second], axis=1) / 10
    [area] = areas_under_curves(targets, scores)(times[:, None].astype(np.float32))
    drawn = np.repeat(np.arange(len(rows)), times)
    there = np.unique(targets[drawn])
    if len(there) > 1:
        expected = [oracle.roc_auc_score(targets[drawn] == i, scores[drawn, i]) for i in there]
        assert area == pytest.approx(np.mean(expected))
    else:
        assert np.isnan(area)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50))
def test_calibration_errors_of_resamples_are_those_of_one_sample(
    rows: list[tuple[float, bool]],
) -> None:
    confidence, correct = np.array(sorted(rows)).T
    expected = expected_calibration_error(confidence, correct.astype(bool))
    assert calibration_errors((confidence - correct)[None]) == pytest.approx([expected])


def test_a_calibration_errors_and_an_areas_interval_hold_the_figure_they_are_about() -> None:
    generator = np.random.default_rng(2)
    answers = generator.dirichlet([0.3, 0.3, 0.3], size=1500)
    targets = np.where(generator.random(1500) < 0.6, answers.argmax(axis=1), 0)
    found = bootstrap(targets, answers, {})
    area = oracle.roc_auc_score(targets, answers, multi_class="ovr")
    gap = expected_calibration_error(answers.max(axis=1), answers.argmax(axis=1) == targets)
    for name, value in {"roc_auc": area, "ece": gap}.items():
        low, high = found[name]
        assert low < value < high < low + 0.1
