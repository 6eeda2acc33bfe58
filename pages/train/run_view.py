"""One training run: its state, progress, curves and log, all read from its folder."""

import time
from functools import partial
from typing import Any

import streamlit as st

from fer import runs
from fer.data import TEST_SPLITS
from fer.errors import FerError
from fer.people import Action, may
from fer.runs import queue
from fer.runs.catalogue import in_words
from fer.runs.run import Run, worked_s
from fer.wording import duration, split_name
from pages.common import errors
from pages.common.facts import facts_html
from pages.common.run_progress import show_state
from pages.train import charts, keys
from pages.train.actions import button, show_next_steps
from pages.train.overview import STATE_SYMBOLS, row_of

CHARTS_EVERY_S = 6.0
_LOG_BYTES = 6000
_WORKING = ("running", "preparing", "stopping", "measuring")


def show(run: Run, *, every_s: float) -> None:
    """Draw the run, and redraw it regularly while it is active."""
    row = row_of(run)
    live = row.state in (*runs.ACTIVE, "queued")
    with st.container(border=True):
        st.fragment(partial(show_status, run), run_every=every_s if live else None)()
        show_next_steps(row, "run")
        st.fragment(partial(show_charts, run), run_every=CHARTS_EVERY_S if live else None)()
        show_notes(run)


def show_status(run: Run) -> None:
    row = row_of(run)
    status, state = row.status, row.state
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(errors.plain(run.name), anchor=False, width="content")
        st.markdown(f"**{STATE_SYMBOLS.get(state, state)}**", width="content")
        show_buttons(run, state)
        if state in _WORKING:
            ago = max(0.0, time.time() - status.get("updated", 0))
            st.caption(f"last update {ago:.0f} s ago", width="content")
    if by := run.by:
        st.caption(f"Begun by {errors.plain(by)}")
    show_state(run, status)
    show_figures(run, status)
    show_missing(status)


def show_buttons(run: Run, state: str) -> None:
    if not may(Action.TRAIN):
        return
    stop, pause, play = ":material/stop:", ":material/pause:", ":material/play_arrow:"
    if state in ("queued", "starting", "preparing", "running", "paused", "measuring"):
        label = "Stop measuring" if state == "measuring" else "Stop"
        button(label, partial(queue.stop, run), icon=stop, key="train.stop")
    if state == "running":
        button("Pause", partial(run.request, "pause"), icon=pause, key="train.pause")
    if state == "paused":
        button("Resume", partial(run.request, ""), icon=play, key="train.unpause")
    if state in runs.RESUMABLE:
        button("Resume", partial(queue.submit, run), icon=play, key="train.resume", type="primary")


def show_figures(run: Run, status: dict[str, Any]) -> None:
    facts = {
        "Epochs done": f"{status.get('finished_epochs', 0)} of {status.get('epochs', '?')}",
        "Best on validation": _percent(status.get("best_val_accuracy")),
        "Best epoch": str(status.get("best_epoch", "–")),
        "Time worked": "–" if (seconds := worked_s(status)) is None else duration(seconds),
        "Network": f"{status['parameters'] / 1e3:,.0f}k weights" if "parameters" in status else "–",
    }
    st.html(facts_html(facts))
    measured = run.figures()
    for split in TEST_SPLITS:
        if split in measured:
            accuracy, recall, faces = in_words(measured[split])
            st.markdown(
                f"Split {split_name(split)}, {faces} faces: accuracy **{accuracy}**, mean recall "
                f"**{recall}**, with 95% intervals."
            )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def show_missing(status: dict[str, Any]) -> None:
    """Name the classes that validation cannot measure."""
    counts = status.get("validation_counts") or {}
    if missing := [label for label, count in counts.items() if not count]:
        st.caption(
            f":material/warning: No validation face shows {', '.join(map(errors.plain, missing))}: "
            "recall is not measured there, and the choice of the best epoch ignores it."
        )


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


def show_notes(run: Run) -> None:
    """A field for notes, which are kept as soon as it is left."""
    key, shown = f"{keys.NOTES}.{run.id}", f"{keys.NOTES}.shown.{run.id}"
    notes = run.notes
    if key not in st.session_state or notes != st.session_state.get(shown):
        st.session_state[key] = st.session_state[shown] = notes

    def keep() -> None:
        text, found = st.session_state[key].strip(), run.notes
        if found not in (st.session_state[shown], text):
            text = "\n\n".join(filter(None, (found, text)))
            st.session_state[keys.PROBLEM] = (
                "The notes were changed elsewhere meanwhile. Both versions are kept: shorten them."
            )
        try:
            run.write_notes(text)
        except FerError as error:
            st.session_state[keys.PROBLEM] = str(error)

    st.text_area(
        "Notes", key=key, on_change=keep, height=80, max_chars=2000,
        disabled=not may(Action.TRAIN),
        placeholder="What you tried, and what came of it. Kept with the run, shown in the list.",
    )  # fmt: skip


def _log_tail(run: Run) -> str:
    try:
        log = (run.folder / "train.log").read_bytes()
        return log[-_LOG_BYTES:].decode(errors="replace")
    except OSError:
        return ""
