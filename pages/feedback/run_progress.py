"""A training on corrections: how far it is."""

from functools import partial

import streamlit as st

from fer import runs
from fer.runs import queue
from fer.runs.run import Run
from pages.common import errors
from pages.common.run_progress import show_state

_EVERY_S = 2.0


def show_run(run: Run) -> None:
    """The state of a run; once it ends, the page is drawn again."""
    is_live = run.status().get("state") in (*runs.ACTIVE, "queued")
    st.fragment(partial(_show, run), run_every=_EVERY_S if is_live else None)()


def _show(run: Run) -> None:
    status = run.status()
    state = str(status.get("state", ""))
    is_live = state in (*runs.ACTIVE, "queued")
    if st.session_state.get(key := f"feedback.live.{run.id}") and not is_live:
        st.session_state[key] = False
        st.rerun()
    st.session_state[key] = is_live
    show_state(run, status)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            "pages/train/page.py", label="All about this run", icon=":material/monitoring:"
        )
        if state == "paused":
            st.markdown(":material/pause: Paused", width="content")
        resume = None
        if state in runs.RESUMABLE:
            resume = partial(queue.submit, run)
        elif state == "paused":
            resume = partial(run.request, "")
        if resume and st.button("Resume", icon=":material/play_arrow:", key="feedback.resume"):
            errors.attempt(resume)
