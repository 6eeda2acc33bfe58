from dataclasses import replace
from pathlib import Path

import pytest

from fer.models.card import read_card
from fer.models.readme import readme

SHIPPED = sorted((Path(__file__).parents[3] / "models").glob("*/card.json"))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.parent.name)
def test_a_shipped_readme_is_the_one_of_its_card(file: Path) -> None:
    assert file.with_name("README.md").read_text(encoding="utf-8") == readme(read_card(file))


def test_the_readme_of_a_model_that_was_not_trained_names_the_command_that_made_it() -> None:
    card = read_card(SHIPPED[0])
    text = readme(replace(card, training={"command": "python bench/average_models.py a b"}))
    assert "`python bench/average_models.py a b`" in text
    assert "fer train" not in text


def test_a_readme_states_what_annotations_change_beside_the_figures_as_given() -> None:
    card = read_card(SHIPPED[0])
    split, row = next((split, row) for split, row in card.metrics.items() if "test" in split)
    by_hand = {"relabelled": 400, "excluded": 2, "images": 1234, "accuracy": 0.913}
    text = readme(replace(card, metrics={split: {**row, "by_hand": by_hand}}))
    assert "(400 labels, 2 exclusions), accuracy is 91.3% (n 1,234)" in text
    assert f"{row['accuracy']:.1%}" in text
