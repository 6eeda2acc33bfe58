"""Options of a configuration, each declared once: default, range, help, place in a form.

A configuration is a frozen dataclass whose fields are made by `option`. From that one
declaration come the check of its values, its reading and writing, and the form on a page.
"""

import dataclasses
import difflib
import json
import reprlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from fer.errors import ConfigError

Config = TypeVar("Config")

MAX_FILE_BYTES = 16_000
"""Of a configuration. The memory that TOML takes to read can grow with the square of its size."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Option:
    """What is declared of a field beside its default.

    Attributes:
        kind: Type of its values.
        help: One line for people.
        low: Least value allowed, of a number.
        high: Greatest value allowed, of a number.
        choices: The only values allowed, if these are known here.
        group: Heading in a form; an option without one gets no widget of its own.
        source: Where a form finds the choices, if they depend on the machine or on heavy imports:
            `architectures`, `datasets`, `emotions` or `models`.
        empty: The meaning of an empty text or list, in a form.
    """

    kind: type
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    group: str = ""
    source: str = ""
    empty: str = ""


def option(
    default: Any, help: str, low: float | None = None, high: float | None = None, **declared: Any
) -> Any:
    """A field of a configuration.

    Args:
        default: Its value, of the option's type. A dict is a table of numbers.
        help: One line for people.
        low: Least value allowed, of a number.
        high: Greatest value allowed.
        declared: The other attributes of `Option`.
    """
    facts = Option(kind=type(default), help=help, low=low, high=high, **declared)
    metadata = {"option": facts}
    if isinstance(default, dict):
        return dataclasses.field(default_factory=lambda: dict(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def declared(config: Any) -> dict[str, Option]:
    """The options of a configuration, or of its class, by name in the order of declaration."""
    return {
        field.name: field.metadata["option"]
        for field in dataclasses.fields(config)
        if "option" in field.metadata
    }


def check(config: Any, *, prefix: str = "") -> None:
    """Check every value of a configuration against its declaration.

    Raises:
        ConfigError: Naming the option, what was found and what is allowed.
    """
    for name, option in declared(config).items():
        value = getattr(config, name)
        if (option.kind, type(value)) in ((float, int), (tuple, list)):
            try:
                value = option.kind(value)
            except OverflowError:
                raise ConfigError(
                    f"{prefix}{name} is {short(value)}, which is too large."
                ) from None
            object.__setattr__(config, name, value)
        if type(value) is not option.kind:
            raise ConfigError(
                f"{prefix}{name} is {short(value)}; it must be {_KINDS[option.kind]}."
            )
        if isinstance(value, tuple) and not all(isinstance(item, str) for item in value):
            raise ConfigError(
                f"{prefix}{name} is {short(list(value))}; it must be a list of texts."
            )
        check_bounds(prefix + name, value, option)


_KINDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    tuple: "a list of texts",
    dict: "a table",
}


def short(value: Any) -> str:
    """A value as code, cut short where it is long or deeply nested."""
    return _SHORT.repr(value)


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 100


def check_bounds(name: str, value: Any, option: Option) -> None:
    """Check one value against the choices or the limits of its declaration.

    Raises:
        ConfigError: If it is none of them or beyond them.
    """
    choices, low, high = option.choices, option.low, option.high
    if choices and value not in choices:
        allowed = ", ".join(map(str, choices))
        shown = f"'{value}'" if isinstance(value, str) else value
        raise ConfigError(f"{name} is {shown}; it must be one of {allowed}.")
    if low is not None and high is not None and not low <= value <= high:
        shown = f"{value:.10g}" if isinstance(value, float) else short(value)
        raise ConfigError(f"{name} is {shown}; it must be {low:.10g} to {high:.10g}.")


def from_mapping(kind: type[Config], values: Mapping[str, Any], *, prefix: str = "") -> Config:
    """Make a configuration from plain values; what is not named keeps its default.

    Raises:
        ConfigError: If a name is unknown or a value impossible.
    """
    known = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    given = dict(values)
    for name, value in values.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f" Did you mean {near[0]}?" if near else ""
            raise ConfigError(
                f"Unknown option '{prefix}{name}'.{meant} Known: {', '.join(sorted(known))}."
            )
        table: Any = known[name].default_factory
        if isinstance(table, type) and dataclasses.is_dataclass(table):
            if not isinstance(value, Mapping):
                raise ConfigError(f"{prefix}{name} is {short(value)}; it must be a table.")
            given[name] = from_mapping(table, value, prefix=f"{prefix}{name}.")
    return kind(**given)


def read_file(path: Path) -> dict[str, Any]:
    """Plain values from a TOML or JSON file.

    Raises:
        ConfigError: If it is not there or cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"The configuration '{path}' cannot be read: {error}.") from None
    return parse(content, str(path))


def parse(content: bytes, file_name: str) -> dict[str, Any]:
    """Plain values from the content of a TOML file, or of a JSON file by its name.

    Raises:
        ConfigError: If it cannot be read, or is larger than any configuration.
    """
    if len(content) > MAX_FILE_BYTES:
        raise ConfigError(
            f"'{file_name}' has {len(content):,} bytes; a configuration has at most "
            f"{MAX_FILE_BYTES:,}. Choose a smaller file."
        )
    try:
        text = content.decode("utf-8-sig")
        if file_name.lower().endswith(".json"):
            values = json.loads(text)
            json.dumps(values, ensure_ascii=False).encode()  # refuses half a surrogate pair
        else:
            values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"The configuration '{file_name}' cannot be read: {error}.") from None
    if not isinstance(values, dict):
        raise ConfigError(f"'{file_name}' holds a {type(values).__name__}; it must hold a table.")
    return values


def to_toml(values: Mapping[str, Any]) -> str:
    """Plain values as TOML, tables last."""
    flat = {name: value for name, value in values.items() if not isinstance(value, Mapping)}
    lines = [f"{name} = {_toml_value(value)}" for name, value in flat.items()]
    for name, table in values.items():
        if isinstance(table, Mapping) and table:
            lines += ["", f"[{name}]", *(f"{key} = {_toml_value(v)}" for key, v in table.items())]
    return "\n".join(lines) + "\n"


def _toml_value(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml_value, value))}]"
    # JSON's texts, numbers and truth values are TOML's, given that DEL is escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
