"""How far a training run is, why it ended, and what resuming it does."""

import time
from contextlib import suppress
from typing import Any

import streamlit as st

from fer import runs
from fer.errors import FerError
from fer.runs import queue
from fer.runs.run import Run
from fer.wording import counted, duration
from pages.common import errors


def show_state(run: Run, status: dict[str, Any]) -> None:
    """The progress of a run that is at work; of another, why it is not, and what Resume does."""
    state = status.get("state", "crashed")
    if status.get("reason"):
        show_reason = st.error if state in ("failed", "crashed") else st.info
        show_reason(errors.plain(status["reason"]))
    if state in runs.RESUMABLE:
        st.caption(_resumption(run, status))
    elif state == "queued":
        st.caption(_waiting(run))
    elif state in runs.ACTIVE:
        _show_progress(status)


def _resumption(run: Run, status: dict[str, Any]) -> str:
    done, epochs = status.get("finished_epochs", 0), status.get("epochs", "?")
    if not done:
        return "No epoch has ended, so Resume begins with the first one."
    if done == epochs:
        return "All epochs have ended; Resume measures the model."
    with suppress(FerError):  # a configuration that cannot be read
        if run.config().is_over(done, best=status.get("best_epoch", done)):
            return f"Early stopping ended it after epoch {done}; Resume measures the model."
    return f"Resume continues with epoch {done + 1} of {epochs}."


def _waiting(run: Run) -> str:
    active = queue.active()
    if active:
        return f"It waits until “{errors.plain(active.name)}” has ended."
    first = queue.waiting()[:1]
    return "Its process is starting …" if first in ([], [run]) else "It waits for its turn."


def _show_progress(status: dict[str, Any]) -> None:
    """How far the work of the present state is."""
    match status["state"]:
        case "starting":
            seconds = max(0.0, time.time() - status.get("updated", 0))
            st.progress(0.0, f"Loading Keras, for {duration(seconds)} so far")
        case "preparing":
            files, planned = status.get("files", 0), status.get("files_planned", 0)
            building = "Reading the data set and building the network"
            reading = f"Reading the data set: {files:,} of {counted(planned, 'file')}"
            st.progress(files / planned if planned else 0.0, reading if planned else building)
        case "measuring":
            done, planned = status.get("measured", 0), status.get("to_measure", 0)
            words = ["Training has ended; measuring the best epoch"]
            words += [f"{done:,} of {counted(planned, 'face')}"] if planned else []
            words += _left(status)
            st.progress(done / planned if planned else 0.0, " · ".join(words))
        case _:
            _show_training(status)


def _show_training(status: dict[str, Any]) -> None:
    epochs, batches = status.get("epochs", 1), status.get("batches", 1)
    epoch, batch = status.get("epoch", 0), status.get("batch", 0)
    done = (max(epoch, 1) - 1) * batches + batch
    begun, speed = status.get("first_epoch", 1), status.get("faces_per_s")
    words = [f"Epoch {max(epoch, 1)} of {epochs}"]
    words += [f"resumed with epoch {begun}"] if begun > 1 else []
    words += [f"{speed:,.0f} faces/s"] if speed else []
    st.progress(min(1.0, done / (epochs * batches)), " · ".join(words + _left(status)))
    loss, accuracy = status.get("loss"), status.get("accuracy")
    text = f"Batch {batch} of {batches}"
    text += "" if batch else " · the first takes longest, because it compiles the network"
    if loss is not None and accuracy is not None:
        text += f" · loss {loss:.3f} · accuracy {accuracy:.1%}"
    st.progress(min(1.0, batch / batches), text)


def _left(status: dict[str, Any]) -> list[str]:
    eta_s = status.get("eta_s")
    return [f"about {duration(eta_s)} left"] if eta_s else []
