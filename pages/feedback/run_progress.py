"""A training on corrections: how far it is."""

from functools import partial
from typing import Any

import streamlit as st

from fer import runs
from fer.runs import queue
from fer.runs.run import Run
from fer.wording import counted, duration
from pages.common import errors

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
    if is_live:
        share, words = progress(status)
        st.progress(share, words)
    if state in ("failed", "crashed"):
        reason = str(status.get("reason", "")) or "It ended without a reason."
        st.error(errors.plain(reason), icon=":material/error:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            "pages/train/page.py", label="All about this run", icon=":material/monitoring:"
        )
        if state in runs.RESUMABLE and st.button(
            "Resume", icon=":material/play_arrow:", key="feedback.resume"
        ):
            errors.attempt(partial(queue.submit, run))


def progress(status: dict[str, Any]) -> tuple[float, str]:
    """How much of its present work a run has done, 0–1, and in words."""
    eta_s = status.get("eta_s")
    left = f", about {duration(eta_s)} left" if eta_s else ""
    match status.get("state"):
        case "queued":
            return 0.0, "Waiting for its turn"
        case "starting" | "preparing":
            return 0.0, "Preparing: loading Keras and reading the faces"
        case "measuring":
            done, planned = status.get("measured", 0), status.get("to_measure", 0)
            share = done / planned if planned else 0.0
            return share, f"Measuring: {done:,} of {counted(planned, 'face')}{left}"
        case "paused":
            return 0.0, "Paused: resume it on the Train page"
    epochs, batches = status.get("epochs", 1), max(1, status.get("batches", 1))
    epoch, batch = max(1, status.get("epoch", 1)), status.get("batch", 0)
    share = min(1.0, ((epoch - 1) * batches + batch) / (epochs * batches))
    return share, f"Epoch {epoch} of {epochs}{left}"
