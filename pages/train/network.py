"""The network that the form describes: its layers, its cost and its training time."""

from typing import Any

import streamlit as st

from fer import emotions
from fer.runs import queue
from fer.runs.estimate import throughput, training_faces
from fer.training.config import TrainingConfig
from pages.common.cache import Work
from pages.common.progress import duration

_training_faces = st.cache_data(max_entries=20, ttl=60, show_spinner=False)(training_faces)


@st.cache_data(max_entries=50, show_spinner="Building the network")
def _network(
    architecture: str, chosen: dict[str, float], shape: tuple[int, int, int], classes: int
) -> tuple[list[dict[str, Any]], int, int]:
    from fer.nets.architectures import build
    from fer.nets.cost import multiply_adds, summary

    model = build(architecture, shape, classes=classes, options=chosen)
    return summary(model), model.count_params(), multiply_adds(model)


def _described(config: TrainingConfig) -> tuple[list[dict[str, Any]], int, int]:
    classes = len(config.labels) or len(emotions.FER2013)
    return _network(config.architecture, dict(config.options), config.shape, classes)


def show_network(config: TrainingConfig) -> None:
    rows, parameters, cost = _described(config)
    st.markdown(
        f"**{parameters:,}** parameters, **{cost / 1e6:.1f}** million multiply-adds per face"
    )
    st.dataframe(rows, hide_index=True, height=320)


def show_estimate(config: TrainingConfig) -> None:
    """What the network costs, and how long training takes on this machine."""
    _, parameters, cost = _described(config)
    words = f"{parameters:,} parameters, {cost / 1e6:.0f} million multiply-adds per face"
    faces = _training_faces(config.dataset, config.validation_fraction)
    if queue.active() is not None:
        st.caption(f"{words}. A run is active; this one would wait for it.")
        return
    measured = _throughput(
        config.architecture,
        dict(config.options),
        config.shape,
        min(config.batch_size, 256),
    ).future
    waiting = not measured.done()

    def show() -> None:
        if waiting and measured.done():
            st.rerun()  # the whole page, so that this fragment no longer runs every second
        if not measured.done():
            st.caption(f"{words}. Measuring the throughput of this machine …")
            return
        text = words
        if measured.exception() is None:
            text += f". About {measured.result():,.0f} images/s on this machine"
            if faces:
                epoch_s = faces / measured.result()
                total = duration(epoch_s * config.epochs)
                text += f": {duration(epoch_s)} per epoch, {total} in all"
        st.caption(f"{text}.")

    st.fragment(show, run_every=1.0 if waiting else None)()


@st.cache_resource(max_entries=20, show_spinner=False)
def _throughput(
    architecture: str, chosen: dict[str, float], shape: tuple[int, int, int], batch_size: int
) -> Work[float]:
    return Work(lambda _: throughput(architecture, chosen, shape, batch_size))
