"""What models learn from the accepted corrections: a run, before and after, and the way back."""

from datetime import datetime
from functools import partial

import streamlit as st

from fer import runs, settings
from fer.data import registered
from fer.data.registry import FEEDBACK
from fer.errors import FeedbackError, FerError
from fer.feedback import learning, promotion
from fer.feedback.dataset import is_published, publish
from fer.feedback.records import Promotion
from fer.feedback.store import Store
from fer.models import CARD_FILE, find
from fer.models.card import read_card
from fer.people import Action, may
from fer.runs import queue
from fer.runs.run import Run
from pages.common import errors
from pages.feedback import keys
from pages.feedback.before_after import show_comparison
from pages.feedback.opened import open_feedback
from pages.feedback.run_progress import show_run


def show_learning(store: Store) -> None:
    """The training, the comparison of its model with the one in use, and earlier promotions."""
    show_outdated(store)
    known = learning.fine_tunes()
    st.header("Train", anchor=False)
    show_training(
        store, busy=bool(known) and known[0].status().get("state") in (*runs.ACTIVE, "queued")
    )
    if known:
        st.header("Before and after", anchor=False)
        chosen = choose_run(known)
        show_run(chosen)
        if chosen.status().get("state") in ("finished", "stopped") and chosen.has_model:
            show_comparison(store, chosen)
    show_promotions(store)


def show_earlier(store: Store) -> None:
    """What was learnt from corrections that are all gone, and the way back."""
    show_outdated(store)
    show_promotions(store)


def show_training(store: Store, *, busy: bool) -> None:
    """The button that trains, and what it will learn from."""
    model = settings.default_model()
    try:
        replay = _choose_replay(model)
    except FerError as error:
        errors.show(error)
        return
    st.markdown(
        f"The model in use, **{errors.plain(model)}**, learns from the accepted corrections and "
        f"replays faces of **{errors.plain(replay)}**, so that it forgets nothing. About a "
        "third of the corrections, of whole contributors, is held out to measure it."
    )
    pressed = st.button(
        f"Train {errors.plain(model)} on the corrections",
        icon=":material/model_training:",
        type="primary",
        key="feedback.train",
        disabled=busy,
        help="A training on corrections is at work or waits." if busy else None,
    )
    if pressed:
        errors.attempt(partial(_train, store, replay))


def _choose_replay(model: str) -> str:
    """The data set to replay: the model's own, or one that the visitor chooses."""
    card = read_card(find(model) / CARD_FILE)
    try:
        return learning.replay_data(card)
    except FeedbackError as error:
        st.warning(errors.plain(str(error)), icon=":material/database_off:")
    names = [source.name for source in registered() if source.name != FEEDBACK]
    return str(st.selectbox("Data set to replay", names, key=keys.REPLAY, persist_state="session"))


def _train(store: Store, replay: str) -> None:
    examined = open_feedback().examined  # with its progress, as it may take minutes
    with st.spinner("Reading the data sets …", show_time=True):
        replay = learning.read_replay(replay=replay)
        if not is_published(store):
            publish(store, examined=examined)
        config = learning.plan(replay=replay)
    run = learning.create_run(config)
    queue.submit(run)
    st.session_state[keys.RUN] = run.id


def choose_run(known: list[Run]) -> Run:
    """The run to look at; the newest one unless the visitor chooses another."""
    by_id = {run.id: run for run in known}
    if len(known) == 1:
        return known[0]
    if st.session_state.get(keys.RUN) not in by_id:
        st.session_state[keys.RUN] = known[0].id
    chosen = st.selectbox(
        "Training", list(by_id), format_func=lambda id: by_id[id].name, key=keys.RUN
    )
    return by_id[str(chosen)]


def show_promotions(store: Store) -> None:
    """Earlier promotions, the last one with its way back."""
    promotions = store.promotions()
    if not promotions:
        return
    st.header("Promotions", anchor=False)
    if last := promotion.last_promotion(store):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{errors.plain(last.model_after)}** is in use, in place of "
                f"**{errors.plain(last.model_before)}**.",
                width="content",
            )
            if may(Action.MANAGE_MODELS) and st.button(
                "Undo", icon=":material/undo:", key="feedback.undo_promotion"
            ):
                errors.attempt(lambda: promotion.undo(store))
    st.dataframe(
        [_row(one) for one in reversed(promotions)],
        hide_index=True,
        key="feedback.promotions",
        alt="Promotions, the last one first",
    )


def _row(one: Promotion) -> dict[str, object]:
    return {
        "when": _time(one.when),
        "in use then": one.model_after,
        "before": one.model_before,
        "by": one.by or f"the rule {one.rule}",
        "undone": _time(one.undone) if one.undone else "",
    }


def _time(when: datetime) -> str:
    return f"{when.astimezone():%d %b %Y, %H:%M}"


def show_outdated(store: Store) -> None:
    """The models that learnt from what is gone."""
    found = learning.outdated_models(store)
    if not found:
        return
    lines = [f"- {errors.plain(one.words)}" for one in found]
    st.warning(
        "\n".join((*lines, "", errors.plain(learning.MAKE_AGAIN))),
        icon=":material/history_toggle_off:",
    )
