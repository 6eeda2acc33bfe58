import pytest

from fer.data import load_dataset
from fer.errors import ConfigError


@pytest.mark.parametrize(
    "how",
    [
        {"height": 0},
        {"width": 24.0},
        {"channels": 2},
        {"validation_fraction": 2},
        {"validation_fraction": float("nan")},
        {"seed": -1},
    ],
)
def test_an_impossible_number_is_refused_by_name(how: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=f"{next(iter(how))} is .*; it must be"):
        load_dataset("synthetic", **how)  # type: ignore[arg-type]
