"""The form before a training, made from the declarations of the options."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import cycle
from pathlib import PurePath
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer import emotions, options, runs
from fer.data import SYNTHETIC, registered
from fer.data.roots import check_source
from fer.errors import ConfigError, FerError
from fer.images import to_network_input
from fer.models import list_models
from fer.options import Option
from fer.runs.run import NAME_LENGTH
from fer.training.config import PRESETS, TrainingConfig
from pages.common import errors
from pages.common.downloads import download
from pages.common.examples import example_face
from pages.common.pictures import data_uri
from pages.train import keys
from pages.train.network import show_network
from pages.train.presets import load_file

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
    return str(chosen or SYNTHETIC).strip()


def choose_name(chosen: str, title: str, dataset: str) -> str:
    """The name of the run: what is typed, or else one that no run has yet."""
    default = runs.free_name(f"{title} on {PurePath(dataset).name}" if chosen in PRESETS else title)
    typed = st.text_input(
        "Name of the run", key=keys.NAME, placeholder=default, max_chars=NAME_LENGTH
    )
    return typed.strip() or default


def _used_before() -> list[str]:
    used = []
    for run in runs.list_runs()[:50]:
        with suppress(FerError):
            check_source(name := run.config().dataset)
            used.append(name)
    return used


def choose_options(scope: str, base: TrainingConfig, dataset: str) -> TrainingConfig:
    """These options with the visitor's changes.

    Args:
        scope: Part of the widgets' keys, so that each preset keeps changes of its own.
        base: What the widgets show at first.
        dataset: The chosen data set.

    Raises:
        ConfigError: If a choice is impossible, or some contradict each other.
    """
    groups: dict[str, dict[str, Option]] = {}
    for field, option in options.declared(base).items():
        if option.group:
            groups.setdefault(option.group, {})[field] = option
    values: dict[str, Any] = {"dataset": dataset}
    *tabs, augmentation, network, file = st.tabs(
        [*groups, "Augmentation", "The network, layer by layer", "File"]
    )
    with file:
        st.file_uploader(
            "Load the options of a file", ["toml", "json"],
            key=keys.FILE, on_change=load_file, max_upload_size=1,
            help="The configuration of a run, or one that `fer train --config` takes.",
        )  # fmt: skip
    for tab, group in zip(tabs, groups.values(), strict=True):
        with tab:
            values |= _widgets(vars(base), group, scope)
            if "architecture" in group:
                values["options"] = {}  # of the model to start from
                if not values["start_from"]:
                    values["options"] = _network_options(base, values["architecture"], scope)
    with augmentation:
        varied = base.augmentation
        changed = _widgets(vars(varied), options.declared(varied), f"{scope}.augmentation")
        config = base.changed({**values, "augmentation": changed})
        show_preview(config)
    with network:
        show_network(config)
    with file:
        download("Download these options", config.to_toml, "options.toml")
    return config


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
            choices += [one for one in value if one not in choices]  # classes of its data set
            chosen = tuple(
                st.multiselect(label, choices, value, placeholder=option.empty, **common)
            )
        elif choices or isinstance(value, str):
            choices = ["", *choices] if option.empty else choices
            choices += [] if value in choices else [value]  # a model that was removed
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
            # The widget has no limits: it would show a number beyond them, and not send it.
            chosen = st.number_input(label, value=value, **_step(option, value), **common)
            try:
                options.check_bounds(label, chosen, option)
            except ConfigError as error:
                st.markdown(f":red[:material/error: {errors.plain(str(error))}]")
        if option.help:
            st.caption(option.help)
    return chosen


def _step(option: Option, value: float) -> dict[str, Any]:
    """The step of a number's widget, which suits its size."""
    if isinstance(value, int):
        return {}
    step = 0.5 if value >= 1 else value / 5 or 0.01
    if option.high is not None and option.high <= 1 and value >= 0.05:
        step = 0.05
    return {"step": step, "format": "%g"}


def _choices(option: Option) -> Sequence[Any]:
    match option.source:
        case "architectures":
            from fer.nets.architectures import NAMES

            return NAMES
        case "datasets":
            return [source.name for source in registered()]
        case "emotions":
            return emotions.ALL
        case "models":
            return list_models()
    return option.choices


def _network_options(base: TrainingConfig, architecture: str, scope: str) -> dict[str, float]:
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
    return _widgets(values, declared, f"{scope}.{architecture}")


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
