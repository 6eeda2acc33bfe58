"""One training run: its state, progress, curves and log, all read from its folder."""

import time
from functools import partial
from typing import Any

import streamlit as st

from fer import runs
from fer.errors import FerError
from fer.runs import queue
from fer.runs.run import Run
from pages.common import errors
from pages.common.facts import facts_html
from pages.common.progress import duration
from pages.train import charts
from pages.train.actions import button
from pages.train.overview import STATE_SYMBOLS

CHARTS_EVERY_S = 6.0
_LOG_BYTES = 6000


def show(run: Run, *, every_s: float) -> None:
    """Draw the run, and redraw it regularly while it is active."""
    live = run.status().get("state") in runs.ACTIVE
    with st.container(border=True):
        st.fragment(partial(show_status, run), run_every=every_s if live else None)()
        st.fragment(partial(show_charts, run), run_every=CHARTS_EVERY_S if live else None)()


def show_status(run: Run) -> None:
    status = run.status()
    state = status.get("state", "crashed")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(errors.plain(run.name), anchor=False, width="content")
        st.markdown(f"**{STATE_SYMBOLS.get(state, state)}**", width="content")
        show_buttons(run, state)
        if state in runs.ACTIVE:
            ago = max(0.0, time.time() - status.get("updated", 0))
            st.caption(f"last update {ago:.0f} s ago", width="content")
    if status.get("reason"):
        show_reason = st.error if state in ("failed", "crashed") else st.info
        show_reason(errors.plain(status["reason"]))
    if state in runs.ACTIVE:
        show_progress(status)
    show_figures(status)


def show_buttons(run: Run, state: str) -> None:
    stop, pause, play = ":material/stop:", ":material/pause:", ":material/play_arrow:"
    if state in ("running", "preparing", "paused", "queued"):
        button("Stop", partial(queue.stop, run), icon=stop, key="train.stop")
    if state == "running":
        button("Pause", partial(run.request, "pause"), icon=pause, key="train.pause")
    if state == "paused":
        button("Resume", partial(run.request, ""), icon=play, key="train.unpause")
    if state in runs.RESUMABLE:
        button("Resume", partial(queue.submit, run), icon=play, key="train.resume", type="primary")


def show_progress(status: dict[str, Any]) -> None:
    epochs, batches = status.get("epochs", 1), status.get("batches")
    if not batches:
        files, planned = status.get("files", 0), status.get("files_planned", 0)
        building = "Reading the data set and building the network"
        reading = f"Reading the data set: {files:,} of {planned:,} files"
        st.progress(files / planned if planned else 0.0, reading if planned else building)
        return
    if status["state"] == "measuring":
        st.progress(1.0, "Training has ended; evaluating the best epoch on every split")
        return
    epoch, batch = status.get("epoch", 0), status.get("batch", 0)
    done = (max(epoch, 1) - 1) * batches + batch
    eta, speed = status.get("eta_s"), status.get("faces_per_s")
    words = [f"Epoch {epoch} of {epochs}"]
    words += [f"{speed:,.0f} images/s"] if speed else []
    words += [f"about {duration(eta)} left"] if eta else []
    st.progress(min(1.0, done / (epochs * batches)), " · ".join(words))
    loss, accuracy = status.get("loss"), status.get("accuracy")
    text = f"Batch {batch} of {batches}"
    text += "" if batch else " · the first takes longest, because it compiles the network"
    if loss is not None and accuracy is not None:
        text += f" · loss {loss:.3f} · accuracy {accuracy:.1%}"
    st.progress(min(1.0, batch / batches), text)


def show_figures(status: dict[str, Any]) -> None:
    figures = {
        "Epochs done": f"{status.get('finished_epochs', 0)} of {status.get('epochs', '?')}",
        "Best on validation": _percent(status.get("best_val_accuracy")),
        "Best epoch": str(status.get("best_epoch", "–")),
        "Test": _percent(status.get("test_accuracy")),
        "Network": f"{status['parameters'] / 1e3:,.0f}k weights" if "parameters" in status else "–",
    }
    st.html(facts_html(figures))


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def show_charts(run: Run) -> None:
    charts.show_curves(run)
    charts.show_classes(run)
    with st.expander("Log", icon=":material/notes:"):
        st.code(_log_tail(run) or "Nothing yet.", language=None, height=240)
    with st.expander("Configuration", icon=":material/settings:"):
        try:
            st.code(run.config().to_toml(), language="toml", height=300)
        except FerError as error:
            errors.show(error)


def _log_tail(run: Run) -> str:
    try:
        log = (run.folder / "train.log").read_bytes()
        return log[-_LOG_BYTES:].decode(errors="replace")
    except OSError:
        return ""
