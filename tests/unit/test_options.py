import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from fer import options
from fer.errors import ConfigError
from fer.options import option


@dataclass(frozen=True, kw_only=True)
class Oven:
    degrees: float = option(180.0, "How hot.", low=0, high=300)
    fan: bool = option(False, "Move the air.")
    shelf: str = option("middle", "Where.", choices=("top", "middle"))
    extras: dict[str, float] = option({}, "Whatever.")
    names: tuple[str, ...] = option((), "Who eats.")

    def __post_init__(self) -> None:
        options.check(self)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"degrees": 301}, "degrees is 301; it must be 0 to 300"),
        ({"degrees": float("nan")}, "degrees is nan"),
        ({"degrees": "hot"}, "degrees is 'hot'; it must be a number"),
        ({"degrees": True}, "degrees is True; it must be a number"),
        ({"fan": 1}, "fan is 1; it must be true or false"),
        ({"shelf": "cellar"}, "shelf is 'cellar'; it must be one of top, middle"),
        ({"degree": 5}, "Unknown option 'degree'. Did you mean degrees"),
    ],
)
def test_an_impossible_value_is_refused_by_name(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        options.from_mapping(Oven, values)


def test_whole_numbers_and_lists_become_what_the_option_holds() -> None:
    oven = options.from_mapping(Oven, {"degrees": 200, "names": ["Ann"]})
    assert (oven.degrees, type(oven.degrees), oven.names) == (200.0, float, ("Ann",))


@pytest.mark.parametrize("suffix", ["toml", "json"])
def test_what_is_written_is_read_again(tmp_path: Path, suffix: str) -> None:
    values = {"a": 1, "b": 0.5, "c": True, "d": 'a "word" — \\ ü\x7f', "e": ["x"], "t": {"u": 2.0}}
    file = tmp_path / f"file.{suffix}"
    text = options.to_toml(values) if suffix == "toml" else json.dumps(values)
    file.write_text(text, encoding="utf-8")
    assert options.read_file(file) == values


def test_a_damaged_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("a = = 1")
    with pytest.raises(ConfigError, match="cannot be read"):
        options.read_file(tmp_path / "bad.toml")
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(ConfigError, match="holds a list"):
        options.read_file(tmp_path / "list.json")
