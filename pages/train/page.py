"""Start a training, watch it, and keep its model."""

from functools import partial

import streamlit as st

from fer import runs
from fer.errors import FerError
from fer.people import Action, may
from fer.runs import queue
from fer.training.config import TrainingConfig
from pages.common import errors, people, predictors, reveal
from pages.train import form, keys, presets, run_list, run_view
from pages.train.network import faces_of, show_estimate
from pages.train.overview import Row, overview, signature

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
    reveal.reveal(keys.RUN)
    run_view.show(run, every_s=BUSY_EVERY_S)
    run_list.show(known)
    run_list.show_tuning()


def show_start() -> None:
    """The form and the button, which trains what the form shows or refuses it with a sentence."""
    with st.container(border=True):
        left, middle, right = st.columns([4, 3, 3])
        with left:
            chosen, title, base = presets.choose_preset()
        with middle:
            dataset = form.choose_dataset()
        with right:
            name = form.choose_name(chosen, title, dataset)
        st.caption(presets.describe(chosen, dataset))
        place = st.container()
        with st.expander("Advanced", icon=":material/tune:"):
            config, refusal = None, None
            try:
                config = form.choose_options(chosen, base, dataset)
                presets.check_models(config)
                faces = faces_of(config)
            except FerError as error:
                refusal = error
        with place:
            clicked = st.button(
                "Train", icon=":material/play_arrow:", type="primary", key="train.start",
                disabled=refusal is not None or not may(Action.TRAIN), width=180,
            )  # fmt: skip
            people.allows(Action.TRAIN)
            if refusal is not None:
                errors.show(refusal, about="This cannot be trained")
            elif config is not None:
                show_estimate(config, faces)
                if clicked:
                    errors.attempt(partial(start, config, name))
            show_messages()


def show_messages() -> None:
    if message := st.session_state.pop(keys.MESSAGE, None):
        st.success(errors.plain(message), icon=":material/check:")
    if toast := st.session_state.pop(keys.TOAST, None):
        st.toast(errors.plain(toast), icon=":material/vertical_align_top:")
    if problem := st.session_state.pop(keys.PROBLEM, None):
        errors.show(FerError(problem))


def start(config: TrainingConfig, name: str) -> None:
    """Queue a run and leave a message for the next draw of the page."""
    active = queue.blocker()
    run = runs.create(config, name=name)
    queue.submit(run)
    st.session_state[keys.MESSAGE] = (
        f"Queued: it starts when “{active.name}” has ended."
        if active
        else "Its process is starting. You can close this tab; the training continues."
    )
    st.session_state[keys.SHOWN] = active.id if active else run.id
    reveal.ask(keys.RUN)


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
