import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from fer.evaluation.intervals import bootstrap, from_matrices

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
    found = bootstrap(targets, predicted, 2, {"loss": loss})
    for name, values in {"accuracy": predicted == 0, "loss": loss}.items():
        error = values.std() / np.sqrt(2000)
        low, high = found[name]
        assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
        assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)
    assert bootstrap(targets, predicted, 2, {"loss": loss}) == found
