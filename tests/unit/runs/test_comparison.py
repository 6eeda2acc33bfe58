from fer import runs
from fer.training.config import TrainingConfig


def test_a_comparison_shows_figures_and_only_the_options_that_differ() -> None:
    one = runs.create(TrainingConfig(epochs=5), name="one")
    two = runs.create(TrainingConfig(epochs=9, options={"width": 2.0}), name="two")
    rows = runs.comparison([one, two])
    assert rows["epochs"] == [5, 9]
    assert rows["options.width"] == ["", 2.0]
    assert "seed" not in rows
    assert rows["state"] == ["queued", "queued"]
