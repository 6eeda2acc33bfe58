import pytest

from fer import runs
from fer.errors import TrainingError
from fer.training.config import TrainingConfig


def test_a_run_is_found_by_its_id_the_start_of_its_id_its_name_or_last() -> None:
    first = runs.create(TrainingConfig(epochs=1), name="my first")
    second = runs.create(TrainingConfig(epochs=2, architecture="vgg"))
    assert runs.find("my first") == runs.find(first.id) == first
    assert runs.find(second.id[:-2]) == second
    assert runs.find("last") in (first, second)
    with pytest.raises(TrainingError, match=r"No run 'gone'\. Known: "):
        runs.find("gone")
    with pytest.raises(TrainingError, match="Several runs match '20'"):
        runs.find("20")


def test_a_comparison_shows_figures_and_only_the_options_that_differ() -> None:
    one = runs.create(TrainingConfig(epochs=5), name="one")
    two = runs.create(TrainingConfig(epochs=9, options={"width": 2.0}), name="two")
    rows = runs.comparison([one, two])
    assert rows["epochs"] == [5, 9]
    assert rows["options.width"] == ["", 2.0]
    assert "seed" not in rows
    assert rows["state"] == ["queued", "queued"]
