"""Start a training, watch it, and keep what it made."""

import streamlit as st

from fer import runs
from fer.errors import FerError
from fer.runs import queue
from fer.training.config import PRESETS, TrainingConfig
from pages.common import errors, predictors
from pages.train import form, keys, run_list, run_view

PRESET_WORDS = {
    "quick": "A small network on drawn faces: two minutes from the click to a model.",
    "classic": "The network of the tutorials, with batch normalisation: a first serious run.",
    "strong": "A residual network with a long schedule: for good figures, over hours.",
}
BUSY_EVERY_S, IDLE_EVERY_S = 2.0, 5.0


def main() -> None:
    st.title("Train a network", anchor=False)
    with st.spinner("Loading Keras. Once per server start, a few seconds.", show_time=True):
        predictors.import_keras()
    show_start()
    known = run_list.overview()
    run = shown_run(known)
    watch(known, busy=any(row.state in (*runs.ACTIVE, "queued") for row in known))
    if run is None:
        st.info(
            "No runs yet. Press Train: it goes on when you close this tab, and what it made "
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
            preset: str = st.segmented_control(
                "Preset",
                list(PRESETS),
                format_func=str.capitalize,
                default="quick",
                required=True,
                key=keys.PRESET,
                persist_state="session",
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
        "Train",
        icon=":material/play_arrow:",
        type="primary",
        key="train.start",
        disabled=config is None,
        width=180,
    )
    if config is not None:
        form.show_estimate(config)
    if clicked and config is not None:
        start(config, name)
    said = st.session_state.pop(keys.STARTED, None)
    if said:
        st.success(errors.plain(said), icon=":material/check:")


def start(config: TrainingConfig, name: str) -> None:
    """Queue a run; what is said about it survives the rerun."""
    try:
        form.check_dataset(config.dataset)
        busy = queue.blocker()
        run = runs.create(config, name=name)
        queue.submit(run)
    except (FerError, OSError) as error:
        errors.show(error if isinstance(error, FerError) else FerError(str(error)))
        return
    st.session_state[keys.STARTED] = (
        f"Queued: it begins when “{busy.name}” has ended."
        if busy
        else "Started. You can close this tab; it goes on by itself."
    )
    st.session_state[keys.SHOWN] = busy.id if busy else run.id
    st.rerun()


def shown_run(known: list[run_list.Row]) -> runs.Run | None:
    """The chosen run, else the one that is at work, else the newest."""
    by_id = {row.run.id: row for row in known}
    chosen = st.session_state.get(keys.SHOWN)
    if chosen in by_id:
        return by_id[chosen].run
    working = [row.run for row in known if row.state in runs.ACTIVE]
    return next(iter([*working, *(row.run for row in known)]), None)


def watch(known: list[run_list.Row], *, busy: bool) -> None:
    """Draw the page again once a run has come, gone or changed its state, in whichever tab."""
    drawn = run_list.signature(known)

    def look() -> None:
        if run_list.signature(run_list.overview()) != drawn:
            st.rerun()

    st.fragment(look, run_every=BUSY_EVERY_S if busy else IDLE_EVERY_S)()


main()
