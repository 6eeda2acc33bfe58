"""Cards: what is refused, and that what is not refused can be shown."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer import options
from fer.errors import CardError
from fer.models.card import ModelCard, read_card
from fer.models.readme import readme

SHIPPED = [
    json.loads(file.read_text())
    for file in sorted((Path(__file__).parents[3] / "models").glob("*/card.json"))
]
CHECKED = {"dataset": "x", "images": 5, "accuracy": 0.5, "accuracy_ci95": [0.1, 0.9], "limits": []}
ADOPTED = SHIPPED[0] | {
    "data": {}, "metrics": {}, "slices": {}, "config": {}, "training": {}, "calibration": {},
    "contract": {"scale": "0-1", "checked": CHECKED},
}  # fmt: skip
JUNK = [
    None, True, 0, -1, 2**70, 10**400, 1.5, float("nan"), float("inf"), "", "x", "\ud800", [], {},
    [None], ["a"], {"a": 1}, {"": {}}, [0.5, 0.5], {"images": 3, "accuracy": None},
]  # fmt: skip


def test_a_card_of_version_0_1_0_is_read_and_shown() -> None:
    card = read_card(Path(__file__).with_name("card-0.1.0.json"))
    assert card.forms["keras"]["accuracy"] == pytest.approx(0.8452, abs=1e-4)
    assert "ferplus" in readme(card)


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


def read(values: Any, folder: Path) -> ModelCard:
    (folder / "card.json").write_text(json.dumps(values))
    return read_card(folder / "card.json")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"contract": {"checked": "yes"}}, "contract.checked must be an object"),
        ({"contract": {"checked": {"images": 3}}}, "contract.checked lacks accuracy, accuracy_ci"),
        ({"metrics": {"test": {"accuracy": 1}}}, "metrics.test lacks accuracy_ci95, balanced_acc"),
        ({"metrics": {"test": CHECKED | {"images": None}}}, "metrics.test lacks balanced_accuracy"),
        ({"remarks": "one"}, "remarks must be a list, not 'one'"),
        ({"extra": float("inf")}, "holds a number that is infinite or none"),
        ({"forms": {"litert": []}}, r"forms.litert must be an object, not \[\]"),
        ({"versions": {"fer": 1}}, "versions.fer must be text, not 1"),
        ({"parameters": 2**70}, "parameters must be a whole number"),
        ({"config": {"options": {"width": "wide"}}}, "config.options.width must be a number"),
    ],
)
def test_an_entry_of_another_type_is_named(
    tmp_path: Path, changes: dict[str, object], problem: str
) -> None:
    with pytest.raises(CardError, match=rf"is not valid: .*{problem}"):
        read(ADOPTED | changes, tmp_path)


@pytest.mark.parametrize("content", [b'{"remarks": ["\\ud800"]}', b'{"x": ' + b"[" * 10_000])
def test_half_a_character_and_endless_lists_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "card.json").write_bytes(content)
    with pytest.raises(CardError, match=r"nested too deeply|half a character"):
        read_card(tmp_path / "card.json")


@pytest.mark.parametrize("text", ['{"format": ' + "[" * 100_000, '{"format": ' + "9" * 5000 + "}"])
def test_a_card_that_json_cannot_hold_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(CardError, match="cannot be read"):
        read_card(tmp_path / "card.json")


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in plain data."""
    entries = value.items() if isinstance(value, dict) else ()
    entries = enumerate(value) if isinstance(value, list) else entries
    return [place, *(one for key, item in entries for one in places(item, (*place, key)))]


@settings(max_examples=80, derandomize=True)
@given(data=st.data())
def test_a_card_with_anything_in_any_place_is_refused_or_can_be_shown(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    values = copy.deepcopy(data.draw(st.sampled_from([*SHIPPED, ADOPTED])))
    depth = data.draw(st.integers(1, 5))
    *way, last = data.draw(
        st.sampled_from([place for place in places(values) if 0 < len(place) <= depth])
    )
    whole = values
    for key in way:
        whole = whole[key]
    if data.draw(st.booleans()):
        whole[last] = data.draw(st.sampled_from(JUNK))
    else:
        del whole[last]
    try:
        card = read(values, tmp_path_factory.getbasetemp())
    except CardError:
        return
    assert readme(card).encode()
    assert card.to_json().encode()
    assert options.to_toml(card.config).encode()
