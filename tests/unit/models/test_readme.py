from pathlib import Path

import pytest

from fer.models.card import read_card
from fer.models.readme import readme

SHIPPED = sorted((Path(__file__).parents[3] / "models").glob("*/card.json"))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.parent.name)
def test_a_shipped_readme_is_the_one_of_its_card(file: Path) -> None:
    assert file.with_name("README.md").read_text(encoding="utf-8") == readme(read_card(file))
