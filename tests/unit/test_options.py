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
    racks: int = option(2, "How many.", low=1, high=9)
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


@pytest.mark.parametrize("depth", [900, 5000])
@pytest.mark.parametrize("name", ["names", "degrees"])
def test_a_deeply_nested_file_is_a_sentence(depth: int, name: str) -> None:
    for content, file in (
        (f'{{"{name}": {"[" * depth}{"]" * depth}}}', "deep.json"),
        (f"{name} = {'[' * depth}{']' * depth}", "deep.toml"),
        (f"{name}{'.a' * depth} = 1", "deep.toml"),
    ):
        with pytest.raises(ConfigError, match=r"cannot be read|it must be"):
            options.from_mapping(Oven, options.parse(content.encode(), file))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"names": [1, ["Ann"]]}', r"names is \[1, \['Ann'\]\]; it must be a list of texts"),
        ('{"degrees": 1' + "0" * 400 + "}", "degrees is 1000.*000, which is too large"),
        ('{"racks": 1' + "0" * 400 + "}", "racks is 1000.*000; it must be 1 to 9"),
        ('{"shelf": "\\ud800"}', "cannot be read"),
        (" " * 20_000, "20,000 bytes; a configuration has at most 16,000"),
    ],
)
def test_a_value_that_no_option_can_hold_is_a_sentence(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        options.from_mapping(Oven, options.parse(text.encode(), "file.json"))


def test_a_damaged_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("a = = 1")
    with pytest.raises(ConfigError, match="cannot be read"):
        options.read_file(tmp_path / "bad.toml")
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(ConfigError, match="holds a list"):
        options.read_file(tmp_path / "list.json")
