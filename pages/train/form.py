"""The form before a training, made from the declarations of the options."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import cycle
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer import emotions, options, runs
from fer.data import SYNTHETIC, registered
from fer.data.roots import check_source
from fer.errors import FerError
from fer.images import to_network_input
from fer.models import list_models
from fer.options import Option
from fer.training.config import PRESETS, TrainingConfig
from pages.common.examples import example_face
from pages.common.pictures import data_uri
from pages.train import keys
from pages.train.network import show_network

PREVIEW_LABELS = ("happy", "surprise", "angry", "sad")
PREVIEW_VARIANTS = 7


def choose_dataset() -> str:
    """A data set's name or folder."""
    known = dict.fromkeys([SYNTHETIC, *(source.name for source in registered()), *_used_before()])
    chosen = st.selectbox(
        "Data set",
        list(known),
        accept_new_options=True,
        key=keys.DATASET,
        persist_state="session",
        format_func=lambda name: "Drawn faces (synthetic)" if name == SYNTHETIC else name,
        help="Drawn faces, a data set of the Data page, or a folder that you type, with "
        "train/<emotion>/*.jpg and so on.",
    )
    return str(chosen or SYNTHETIC)


def _used_before() -> list[str]:
    used = []
    for run in runs.list_runs()[:50]:
        with suppress(FerError):
            check_source(name := run.config().dataset)
            used.append(name)
    return used


def choose_options(preset: str, dataset: str) -> tuple[TrainingConfig, str]:
    """The preset with the visitor's changes, and the name of the run.

    Raises:
        ConfigError: If the choices contradict each other.
    """
    base = PRESETS[preset]
    name = st.text_input(
        "Name of the run", key=f"{keys.NAME}.{preset}", placeholder="Optional", max_chars=100
    )
    groups: dict[str, dict[str, Option]] = {}
    for field, option in options.declared(base).items():
        if option.group:
            groups.setdefault(option.group, {})[field] = option
    values: dict[str, Any] = {"dataset": dataset}
    *tabs, augmentation, network = st.tabs([*groups, "Augmentation", "The network, layer by layer"])
    for tab, group in zip(tabs, groups.values(), strict=True):
        with tab:
            values |= _widgets(vars(base), group, preset)
            if "architecture" in group:
                values["options"] = {}  # of the model to start from
                if not values["start_from"]:
                    values["options"] = _network_options(base, values["architecture"], preset)
    with augmentation:
        varied = base.augmentation
        changed = _widgets(vars(varied), options.declared(varied), f"{preset}.augmentation")
        config = base.changed({**values, "augmentation": changed})
        show_preview(config)
    with network:
        show_network(config)
    return config, name


def _widgets(
    values: Mapping[str, Any], declared: Mapping[str, Option], scope: str
) -> dict[str, Any]:
    """One widget per option, in two columns; the chosen values by name."""
    columns = cycle(st.columns(2, gap="large"))
    return {
        name: _widget(column, name, option, values[name], scope)
        for column, (name, option) in zip(columns, declared.items(), strict=False)
    }


def _widget(place: DeltaGenerator, name: str, option: Option, value: Any, scope: str) -> Any:
    """The widget that suits the option, with its help below."""
    label = name.replace("_", " ").capitalize()
    common: dict[str, Any] = {"key": f"{keys.OPTION}.{scope}.{name}", "persist_state": "session"}
    choices = list(_choices(option))
    chosen: Any
    with place:
        if isinstance(value, tuple):
            chosen = tuple(
                st.multiselect(label, choices, value, placeholder=option.empty, **common)
            )
        elif choices or isinstance(value, str):
            choices = ["", *choices] if option.empty else choices
            chosen = st.selectbox(
                label,
                choices,
                choices.index(value),
                format_func=lambda choice: option.empty if choice == "" else str(choice),
                **common,
            )
        elif isinstance(value, bool):
            chosen = st.toggle(label, value, **common)
        else:
            chosen = st.number_input(label, value=value, **_range(option, value), **common)
        if option.help:
            st.caption(option.help)
    return chosen


def _range(option: Option, value: float) -> dict[str, Any]:
    """Limits for a number's widget, and a step that suits its size."""
    if option.low is None or option.high is None:
        return {}
    kind = type(value)
    limits = {"min_value": kind(option.low), "max_value": kind(option.high)}
    if isinstance(value, int):
        return limits
    step = 0.5 if value >= 1 else value / 5 or 0.01
    if option.high <= 1 and value >= 0.05:
        step = 0.05
    return {**limits, "step": step, "format": "%g"}


def _choices(option: Option) -> Sequence[Any]:
    match option.source:
        case "architectures":
            from fer.nets.architectures import NAMES

            return NAMES
        case "emotions":
            return emotions.ALL
        case "models":
            return list_models()
    return option.choices


def _network_options(base: TrainingConfig, architecture: str, preset: str) -> dict[str, float]:
    from fer.nets.architectures import OPTION_RANGES, describe, options_of

    st.caption(" ".join(describe(architecture).split("\n\n")))
    values = options_of(architecture)
    if architecture == base.architecture:
        values |= base.options
    values = {name: float(value) for name, value in values.items()}
    ranges = {name: OPTION_RANGES[name] for name in values}
    declared = {
        name: Option(kind=float, help="", low=low, high=high)
        for name, (low, high) in ranges.items()
    }
    return _widgets(values, declared, f"{preset}.{architecture}")


def show_preview(config: TrainingConfig) -> None:
    """Drawn faces as the network would see them."""
    st.caption("Left: an unchanged face. Right: variants of it, as training would use them.")
    shown = []
    for number, label in enumerate(PREVIEW_LABELS):
        face = to_network_input(
            example_face(label), height=config.height, width=config.width, channels=config.channels
        )
        many = np.repeat(face[None], PREVIEW_VARIANTS, axis=0)
        rng = np.random.default_rng((config.seed, number))
        shown += [face, *config.augmentation.apply(many, rng)]
    pictures = "".join(
        f'<img src="{data_uri(face)}" alt="{"Face" if place % 8 == 0 else "Varied face"}">'
        for place, face in enumerate(shown)
    )
    st.html(f'<div class="fer-variants">{pictures}</div>')
