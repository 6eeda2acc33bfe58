"""The network that the form describes: its layers, its cost, and how long it would train."""

from concurrent.futures import Future
from threading import Thread
from typing import Any

import streamlit as st

from fer import emotions
from fer.runs import queue
from fer.runs.estimate import training_faces
from fer.training.config import TrainingConfig
from pages.common.progress import duration


@st.cache_data(max_entries=50, show_spinner="Building the network")
def _network(
    architecture: str, chosen: dict[str, float], shape: tuple[int, int, int], classes: int
) -> tuple[list[dict[str, Any]], int, int]:
    from fer.nets.architectures import build
    from fer.nets.cost import multiply_adds, summary

    height, width, channels = shape
    model = build(
        architecture,
        height=height,
        width=width,
        channels=channels,
        classes=classes,
        options=chosen,
    )
    return summary(model), model.count_params(), multiply_adds(model)


def _shape(config: TrainingConfig) -> tuple[int, int, int]:
    return config.height, config.width, config.channels


def show_network(config: TrainingConfig) -> None:
    classes = len(config.labels) or len(emotions.FER2013)
    rows, parameters, cost = _network(
        config.architecture, dict(config.options), _shape(config), classes
    )
    st.markdown(
        f"**{parameters:,}** parameters, **{cost / 1e6:.1f}** million multiply-adds per face"
    )
    st.dataframe(rows, hide_index=True, height=320)


def show_estimate(config: TrainingConfig) -> None:
    """What the network costs, and how long training takes on this machine."""
    _, parameters, cost = _network(config.architecture, dict(config.options), _shape(config), 7)
    words = f"{parameters:,} parameters, {cost / 1e6:.0f} million multiply-adds per face"
    faces = _training_faces(config.dataset, config.validation_fraction)
    if queue.active() is not None:
        st.caption(f"{words}. A run is active; this one would wait for it.")
        return
    measured = _throughput(
        config.architecture,
        tuple(config.options.items()),
        _shape(config),
        min(config.batch_size, 256),
    )
    waiting = not measured.done()

    def show() -> None:
        if waiting and measured.done():
            st.rerun()  # of the page, so that this fragment is not run every second any more
        if not measured.done():
            st.caption(f"{words}. Measuring the throughput of this machine …")
            return
        if measured.exception() is not None:
            st.caption(f"{words}.")
            return
        rate = measured.result()
        text = f"{words}. About {rate:,.0f} images/s here"
        if faces:
            seconds = faces / rate
            text += f": {duration(seconds)} per epoch, {duration(seconds * config.epochs)} in all"
        st.caption(text + ".")

    st.fragment(show, run_every=1.0 if waiting else None)()


@st.cache_data(max_entries=20, ttl=60, show_spinner=False)
def _training_faces(dataset: str, validation_fraction: float) -> int | None:
    return training_faces(dataset, validation_fraction)


@st.cache_resource(max_entries=20, show_spinner=False)
def _throughput(
    architecture: str,
    chosen: tuple[tuple[str, float], ...],
    shape: tuple[int, int, int],
    batch_size: int,
) -> "Future[float]":
    future: Future[float] = Future()

    def measure() -> None:
        from fer.training.throughput import measure_speed

        try:
            future.set_result(measure_speed(architecture, dict(chosen), shape, batch_size))
        except BaseException as error:  # noqa: BLE001 - checked where the result is shown
            future.set_exception(error)

    Thread(target=measure, daemon=True).start()
    return future
