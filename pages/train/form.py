"""The choices before a training: a form made from the options' own declarations."""

import dataclasses
from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import streamlit as st

from fer import emotions, runs
from fer.data import SYNTHETIC, registered
from fer.data.roots import allowed
from fer.errors import ConfigError, DatasetError, FerError
from fer.images import to_network_input
from fer.models import list_models
from fer.nets.augmentation import Augmentation
from fer.runs import queue
from fer.training.config import PRESETS, TrainingConfig
from pages.common.examples import example_face
from pages.common.pictures import data_uri
from pages.common.progress import duration
from pages.train import keys

GROUPS = {
    "Data": (
        "truth", "label_mode", "labels", "use_excluded", "validation_fraction", "class_weights",
        "logit_adjustment", "teachers", "teacher_share",
    ),
    "Network": (
        "architecture", "height", "width", "channels", "start_from", "widen", "frozen_layers",
    ),
    "Learning": (
        "epochs", "batch_size", "optimizer", "learning_rate", "schedule", "warmup_epochs",
        "plateau_patience", "plateau_factor", "weight_decay", "early_stopping",
    ),
    "Loss and averaging": ("loss", "focal_gamma", "label_smoothing", "ema", "select_on"),
    "Machine": ("precision", "seed", "tensorboard"),
}  # fmt: skip
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
        help="Drawn faces, a data set of the Data page, or type a folder: train/<emotion>/*.jpg "
        "and so on.",
    )
    return str(chosen or SYNTHETIC)


def _used_before() -> list[str]:
    used = []
    for run in runs.list_runs()[:50]:
        try:
            name = run.config().dataset
            check_dataset(name)
        except FerError:
            continue
        used.append(name)
    return used


def check_dataset(name: str) -> None:
    """Refuse what is not there or may not be read, before a run is made of it.

    Raises:
        DatasetError: If so.
    """
    known = {source.name: source.path for source in registered()}
    path = known.get(name, name)
    if path is not None and not allowed(path).exists():
        raise DatasetError(f"No data set at '{name}'. Type the path of a folder that is there.")


def choose_options(preset: str, dataset: str) -> tuple[TrainingConfig, str]:
    """The preset with what was changed, and what to call the run.

    Raises:
        ConfigError: If the choices do not go together.
    """
    base = PRESETS[preset]
    name = st.text_input(
        "Name of the run", key=f"{keys.NAME}.{preset}", placeholder="Optional", max_chars=100
    )
    values: dict[str, Any] = {"dataset": dataset}
    tabs = st.tabs([*GROUPS, "Augmentation", "The network, layer by layer"])
    for tab, names in zip(tabs, GROUPS.values(), strict=False):
        with tab:
            values |= _widgets(base, names, preset)
            if "architecture" in names:
                values["options"] = _network_options(base, values["architecture"], preset)
    with tabs[len(GROUPS)]:
        fields = [field.name for field in dataclasses.fields(Augmentation)]
        changed = _widgets(base.augmentation, fields, f"{preset}.augmentation")
        config = base.changed({**values, "augmentation": changed})
        show_preview(config)
    with tabs[-1]:
        show_network(config)
    return config, name


def _widgets(config: Any, names: Any, scope: str) -> dict[str, Any]:
    fields = {field.name: field for field in dataclasses.fields(config)}
    columns = st.columns(2, gap="large")
    return {
        name: _widget(columns[place % 2], fields[name], getattr(config, name), scope)
        for place, name in enumerate(names)
    }


def _widget(place: Any, field: "dataclasses.Field[Any]", value: Any, scope: str) -> Any:
    """The widget that suits an option's declaration, its help below it."""
    label = field.name.replace("_", " ").capitalize()
    key = f"{keys.OPTION}.{scope}.{field.name}"
    declared = field.metadata
    common: dict[str, Any] = {"key": key, "persist_state": "session"}
    chosen: Any
    with place:
        if field.name == "architecture":
            chosen = st.selectbox(label, _architectures(), _architectures().index(value), **common)
        elif field.name == "start_from":
            chosen = st.selectbox(label, ["", *list_models()], format_func=_or_scratch, **common)
        elif field.name == "labels":
            chosen = tuple(
                st.multiselect(label, emotions.ALL, placeholder="All of the data set", **common)
            )
        elif field.name == "teachers":
            chosen = tuple(st.multiselect(label, list_models(), placeholder="None", **common))
        elif field.name == "select_on":
            chosen = st.selectbox(label, ["validation", "last"], **common)
        elif declared["choices"]:
            choices = list(declared["choices"])
            chosen = st.selectbox(label, choices, choices.index(value), **common)
        elif isinstance(value, bool):
            chosen = st.toggle(label, value, **common)
        elif isinstance(value, int):
            chosen = st.number_input(
                label, int(declared["low"]), int(declared["high"]), value, **common
            )
        else:
            low, high = float(declared["low"]), float(declared["high"])
            step = 0.05 if high <= 1 and value >= 0.05 else 0.5 if value >= 1 else value / 5 or 0.01
            chosen = st.number_input(label, low, high, value, step, format="%g", **common)
        st.caption(declared["help"])
    return chosen


def _or_scratch(name: str) -> str:
    return name or "From scratch"


def _architectures() -> tuple[str, ...]:
    from fer.nets.architectures import NAMES

    return NAMES


def _network_options(base: TrainingConfig, architecture: str, preset: str) -> dict[str, float]:
    from fer.nets.architectures import OPTION_RANGES, describe, options_of

    st.caption(" ".join(describe(architecture).split("\n\n")))
    chosen = {}
    defaults = options_of(architecture)
    if architecture == base.architecture:
        defaults |= base.options
    for column, (name, value) in zip(st.columns(3), defaults.items(), strict=False):
        low, high = OPTION_RANGES[name]
        key = f"{keys.OPTION}.{preset}.{architecture}.{name}"
        chosen[name] = column.number_input(
            name.capitalize(),
            float(low),
            float(high),
            float(value),
            key=key,
            format="%g",
            persist_state="session",
        )
    return chosen


def show_preview(config: TrainingConfig) -> None:
    """Drawn faces as the network would meet them."""
    st.caption("Left, a face as it is; the others, as training would vary it.")
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


@st.cache_data(max_entries=50, show_spinner="Building the network")
def _network(
    architecture: str, chosen: dict[str, float], shape: tuple[int, int, int], classes: int
) -> tuple[list[dict[str, Any]], int, int]:
    from fer.nets.architectures import build
    from fer.nets.cost import multiply_adds, summary

    height, width, channels = shape
    model = build(
        architecture,
        height=height,
        width=width,
        channels=channels,
        classes=classes,
        options=chosen,
    )
    return summary(model), model.count_params(), multiply_adds(model)


def _shape(config: TrainingConfig) -> tuple[int, int, int]:
    return config.height, config.width, config.channels


def show_network(config: TrainingConfig) -> None:
    classes = len(config.labels) or len(emotions.FER2013)
    rows, parameters, cost = _network(
        config.architecture, dict(config.options), _shape(config), classes
    )
    st.markdown(f"**{parameters:,}** parameters, **{cost / 1e6:.1f}** million multiply-adds a face")
    st.dataframe(rows, hide_index=True, height=320)


def show_estimate(config: TrainingConfig) -> None:
    """What the network costs, and how long an epoch takes on this machine."""
    _, parameters, cost = _network(config.architecture, dict(config.options), _shape(config), 7)
    words = f"{parameters:,} parameters, {cost / 1e6:.0f} million multiply-adds a face"
    faces = train_faces(config.dataset, config.validation_fraction)
    if queue.active() is not None:
        st.caption(f"{words}. A run is at work; this one would wait for it.")
        return
    measured = _speed(
        config.architecture,
        tuple(config.options.items()),
        _shape(config),
        min(config.batch_size, 256),
    )

    waiting = not measured.done()

    def tell() -> None:
        if waiting and measured.done():
            st.rerun()  # ends the looking
        if not measured.done():
            st.caption(f"{words}. Measuring how fast this machine learns …")
            return
        if measured.exception() is not None:
            st.caption(f"{words}.")
            return
        rate = measured.result()
        text = f"{words}. About {rate:,.0f} images/s here"
        if faces:
            seconds = faces / rate
            text += f": {duration(seconds)} an epoch, {duration(seconds * config.epochs)} in all"
        st.caption(text + ".")

    st.fragment(tell, run_every=1.0 if waiting else None)()


@st.cache_resource(max_entries=20, show_spinner=False)
def _speed(
    architecture: str,
    chosen: tuple[tuple[str, float], ...],
    shape: tuple[int, int, int],
    batch_size: int,
) -> "Future[float]":
    future: Future[float] = Future()

    def measure() -> None:
        from fer.training.throughput import measure_speed

        try:
            future.set_result(measure_speed(architecture, dict(chosen), shape, batch_size))
        except BaseException as error:  # noqa: BLE001 - looked at where the result is asked for
            future.set_exception(error)

    Thread(target=measure, daemon=True).start()
    return future


@st.cache_data(max_entries=20, ttl=60, show_spinner=False)
def train_faces(dataset: str, validation_fraction: float) -> int | None:
    """Faces that an epoch has, from the drawn set's own numbers or the last run on this set."""
    if dataset == SYNTHETIC:
        from fer.data.synthetic_reader import PER_CLASS

        return round(PER_CLASS["train"] * len(emotions.FER2013) * (1 - validation_fraction))
    for run in runs.list_runs():
        try:
            if run.config().dataset == dataset and "train_faces" in run.stored_status():
                return int(run.stored_status()["train_faces"])
        except ConfigError:
            continue
    try:
        check_dataset(dataset)
    except DatasetError:
        return None
    folder = Path(dataset).expanduser() / "train"
    if folder.is_dir():
        from fer.images import SUFFIXES

        found = sum(file.suffix.lower() in SUFFIXES for file in folder.glob("*/*"))
        return round(found * (1 - validation_fraction)) or None
    return None
