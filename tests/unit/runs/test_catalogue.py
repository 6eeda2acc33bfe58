import json

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


def test_a_comparison_has_accuracy_and_mean_recall_on_the_test_split_with_intervals() -> None:
    measured = runs.create(TrainingConfig(), state="finished")
    figures = {
        "accuracy": 0.5,
        "accuracy_ci95": [0.4, 0.6],
        "balanced_accuracy": 0.3,
        "ci95": {"balanced_accuracy": [0.25, 0.35]},
        "images": 1200,
    }
    (measured.folder / "figures.json").write_text(json.dumps({"test": figures}))
    rows = runs.comparison([measured, runs.create(TrainingConfig())])
    assert rows["accuracy on test"] == ["50.0% (40.0% to 60.0%)", ""]
    assert rows["mean recall on test"] == ["30.0% (25.0% to 35.0%)", ""]
    assert rows["faces in test"] == ["1,200", ""]
    assert "accuracy on public_test" not in rows


def test_a_name_that_a_run_has_gets_the_next_number() -> None:
    assert runs.free_name("mine") == "mine"
    for name in ("mine", "mine 2"):
        runs.create(TrainingConfig(), name=name)
    assert runs.free_name("mine") == runs.free_name("mine 2") == "mine 3"


def test_a_long_name_makes_room_for_its_number() -> None:
    name = "n" * 99
    runs.create(TrainingConfig(), name=name)
    assert runs.create(TrainingConfig(), name=runs.free_name(name)).name == "n" * 98 + " 2"
    assert runs.free_name("m" * 120) == "m" * 100


def test_a_run_that_only_knows_the_time_of_its_epochs_is_compared_by_it() -> None:
    old = runs.create(TrainingConfig())
    old.write_status(**old.stored_status(), seconds=90.0)
    new = runs.create(TrainingConfig())
    new.write_status(**new.stored_status(), seconds=90.0, worked_s=120.0)
    assert runs.comparison([old, new])["minutes worked"] == ["1.5", "2.0"]
