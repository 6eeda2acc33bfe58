"""One training run: its state, progress, curves and log, all read from its folder."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import streamlit as st

from fer import runs
from fer.errors import FerError
from fer.runs import queue
from fer.runs.run import Run
from pages.common import errors
from pages.common.progress import duration
from pages.train import charts
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
    if state in ("running", "preparing", "paused", "queued"):
        _button("Stop", "stop", "train.stop", partial(queue.stop, run))
    if state == "running":
        _button("Pause", "pause", "train.pause", partial(run.request, "pause"))
    if state == "paused":
        _button("Resume", "play_arrow", "train.unpause", partial(run.request, ""))
    if state in runs.RESUMABLE:
        _button("Resume", "play_arrow", "train.resume", partial(queue.submit, run), "primary")


def _button(
    label: str, icon: str, key: str, action: Callable[[], object],
    type: Literal["primary", "secondary"] = "secondary",
) -> None:  # fmt: skip
    clicked = st.button(label, icon=f":material/{icon}:", key=key, type=type)
    if clicked and errors.attempt(action):
        st.rerun()


def show_progress(status: dict[str, Any]) -> None:
    state, epochs, batches = status["state"], status.get("epochs", 1), status.get("batches")
    if not batches:
        files, planned = status.get("files", 0), status.get("files_planned", 0)
        if planned:
            st.progress(files / planned, f"Reading the data set: {files:,} of {planned:,} files")
        else:
            st.progress(0.0, "Reading the data set and building the network")
        return
    if state == "measuring":
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
    cells = "".join(
        f'<div><span class="fer-quiet">{name}</span><strong>{value}</strong></div>'
        for name, value in figures.items()
    )
    st.html(f'<div class="fer-facts">{cells}</div>')


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
        with (run.folder / "train.log").open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _LOG_BYTES))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
