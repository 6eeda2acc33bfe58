"""Start a training, watch it, and keep its model."""

from functools import partial

import streamlit as st

from fer import runs
from fer.data.roots import check_source
from fer.errors import FerError
from fer.runs import queue
from fer.training.config import PRESETS, TrainingConfig
from pages.common import errors, predictors
from pages.common.choices import segments
from pages.train import form, keys, run_list, run_view
from pages.train.network import show_estimate
from pages.train.overview import Row, overview, signature

PRESET_WORDS = {
    "quick": "A small network on drawn faces: a model in about two minutes.",
    "classic": "The network of the tutorials, with batch normalisation: a first serious run.",
    "strong": "A residual network with a long schedule: better figures after some hours.",
}
BUSY_EVERY_S, IDLE_EVERY_S = 2.0, 5.0


def main() -> None:
    st.title("Train a network", anchor=False)
    with st.spinner("Loading Keras: a few seconds, once per server start", show_time=True):
        predictors.import_keras()
    show_start()
    known = overview()
    run = shown_run(known)
    watch(known, busy=any(row.state in (*runs.ACTIVE, "queued") for row in known))
    if run is None:
        st.info(
            "No runs yet. Press Train: the training continues when you close this tab, and the run "
            "appears here.",
            icon=":material/model_training:",
        )
        return
    run_view.show(run, every_s=BUSY_EVERY_S)
    run_list.show(known)
    run_list.show_tuning()


def show_start() -> None:
    with st.container(border=True):
        left, right = st.columns([3, 2], gap="large", vertical_alignment="bottom")
        with left:
            names = {preset: preset.capitalize() for preset in PRESETS}
            preset = segments(
                "Preset", names, default="quick", key=keys.PRESET, persist_state="session"
            )
            st.caption(PRESET_WORDS[preset])
        with right:
            dataset = form.choose_dataset()
        start = st.container()
        config: TrainingConfig | None = None
        name = ""
        with st.expander("Advanced", icon=":material/tune:"):
            try:
                config, name = form.choose_options(preset, dataset)
            except FerError as error:
                errors.show(error)
        with start:
            show_button(config, name)


def show_button(config: TrainingConfig | None, name: str) -> None:
    clicked = st.button(
        "Train", icon=":material/play_arrow:", type="primary", key="train.start",
        disabled=config is None, width=180,
    )  # fmt: skip
    if config is not None:
        show_estimate(config)
        if clicked:
            errors.attempt(partial(start, config, name))
    if message := st.session_state.pop(keys.MESSAGE, None):
        st.success(errors.plain(message), icon=":material/check:")


def start(config: TrainingConfig, name: str) -> None:
    """Queue a run and leave a message for the next draw of the page."""
    check_source(config.dataset)
    active = queue.blocker()
    run = runs.create(config, name=name)
    queue.submit(run)
    st.session_state[keys.MESSAGE] = (
        f"Queued: it starts when “{active.name}” has ended."
        if active
        else "Started. You can close this tab; the training continues."
    )
    st.session_state[keys.SHOWN] = active.id if active else run.id


def shown_run(known: list[Row]) -> runs.Run | None:
    """The chosen run, else the active one, else the newest."""
    chosen = st.session_state.get(keys.SHOWN)
    ranked = sorted(known, key=lambda row: (row.run.id != chosen, row.state not in runs.ACTIVE))
    return ranked[0].run if ranked else None


def watch(known: list[Row], *, busy: bool) -> None:
    """Redraw the page once a run is added, deleted or changes its state, in any tab."""
    drawn = signature(known)

    def check() -> None:
        if signature(overview()) != drawn:
            st.rerun()

    st.fragment(check, run_every=BUSY_EVERY_S if busy else IDLE_EVERY_S)()


main()
