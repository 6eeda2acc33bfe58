from dataclasses import replace
from pathlib import Path

import pytest

from fer.models.card import ModelCard, read_card
from fer.models.readme import readme

SHIPPED = sorted((Path(__file__).parents[3] / "models").glob("*/card.json"))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.parent.name)
def test_a_shipped_readme_is_the_one_of_its_card(file: Path) -> None:
    assert file.with_name("README.md").read_text(encoding="utf-8") == readme(read_card(file))


def test_the_readme_of_a_model_that_was_not_trained_names_the_command_that_made_it() -> None:
    card = read_card(SHIPPED[0])
    text = readme(replace(card, training={"command": "python bench/train_on_accelerator.py a b"}))
    assert "`python bench/train_on_accelerator.py a b`" in text
    assert "fer train" not in text


def test_a_readme_states_what_annotations_change_beside_the_figures_as_given() -> None:
    card = read_card(SHIPPED[0])
    split, row = next((split, row) for split, row in card.metrics.items() if "test" in split)
    by_hand = {"relabelled": 400, "excluded": 2, "images": 1234, "accuracy": 0.913}
    text = readme(replace(card, metrics={split: {**row, "by_hand": by_hand}}))
    assert "(400 labels, 2 exclusions), accuracy is 91.3% (n 1,234)" in text
    assert f"{row['accuracy']:.1%}" in text


def adopted(**contract: object) -> ModelCard:
    return ModelCard(
        name="mine", labels=("happy", "sad"), height=48, width=48, channels=1, framing={}, data={},
        contract={"scale": "-1-1", **contract}, remarks=("Adopted from elsewhere.",),
    )  # fmt: skip


def test_the_readme_of_an_adopted_model_warns_until_its_contract_is_checked() -> None:
    text = readme(adopted())
    assert "**Never checked on labelled faces.**" in text
    assert "`python -m fer check mine DATASET`" in text
    fit = {"dataset": "fer2013", "images": 1234, "accuracy": 0.652, "accuracy_ci95": [0.64, 0.67]}
    text = readme(adopted(checked=fit))
    assert "Never checked" not in text
    assert "on 1,234 validation faces of fer2013" in text
    assert "expects values -1-1" in text
    assert "65.2% (64.0%–67.0%)" in text


def test_the_readme_of_an_adopted_model_leaves_out_what_nobody_knows() -> None:
    text = readme(adopted())
    assert "None" not in text
    assert "A network that names" in text
    assert "is not recorded" in text
    assert "## Figures" not in text
    assert "## Training" not in text


def test_a_readme_names_whoever_made_the_model_as_text() -> None:
    card = replace(read_card(SHIPPED[0]), made_by="kim `<b>` @example.org")
    assert "by `kim <b> @example.org`" in readme(card)
