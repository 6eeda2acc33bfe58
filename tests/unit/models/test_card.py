import pytest

from fer.errors import CardError
from fer.models.card import ModelCard


@pytest.mark.parametrize("temperature", [0, -1, "warm", float("nan"), True])
def test_an_impossible_temperature_is_refused(temperature: object) -> None:
    with pytest.raises(CardError, match="temperature must be"):
        ModelCard(
            name="any",
            labels=("happy", "sad"),
            height=48,
            width=48,
            channels=1,
            framing={},
            data={},
            temperature=temperature,  # type: ignore[arg-type]
        )
