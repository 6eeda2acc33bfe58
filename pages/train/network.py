"""The network that the form describes: its layers, its cost and its training time."""

from typing import Any

import streamlit as st

from fer import emotions
from fer.data.roots import check_source
from fer.runs import estimate, queue
from fer.runs.estimate import Faces, throughput
from fer.training.config import TrainingConfig
from fer.wording import counted, duration
from pages.common import errors
from pages.common.cache import Work

LONG_S = 3600.0
WAITING_EVERY_S = 5.0


def faces_of(config: TrainingConfig) -> Faces:
    """As `estimate.faces_of`, which takes some tenths of a second for a large data set.

    Raises:
        DatasetError: As it does.
    """
    check_source(config.dataset)  # it may have been removed since they were counted
    names = (
        "dataset",
        "validation_fraction",
        "seed",
        "truth",
        "labels",
        "label_mode",
        "use_excluded",
    )
    return _faces_of(**{name: getattr(config, name) for name in names})


@st.cache_data(max_entries=20, ttl=300, show_spinner=False)
def _faces_of(**options: Any) -> Faces:
    return estimate.faces_of(TrainingConfig(**options))


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


def show_estimate(config: TrainingConfig, faces: Faces) -> None:
    """What the network costs, how long training takes on this machine, and what to expect."""
    _, parameters, cost = _described(config)
    words = f"{parameters:,} parameters, {cost / 1e6:.0f} million multiply-adds per face"
    if faces.train:
        words += f", {faces.train:,} faces to learn from"
    st.caption(f"{words}.")
    if queue.blocker() is not None:  # a measurement would disturb it, and be disturbed
        rate = estimate.recorded_throughput(config.architecture, cost)
        st.fragment(lambda: st.caption(_waiting()), run_every=WAITING_EVERY_S)()
        show_time(config, faces, rate, "as in earlier runs")
    else:
        _measure(config, faces)
    for caveat in faces.caveats():
        st.warning(errors.plain(caveat), icon=":material/warning:")


def _measure(config: TrainingConfig, faces: Faces) -> None:
    measured = _throughput(
        config.architecture,
        dict(config.options),
        config.shape,
        min(config.batch_size, 256),
    ).future
    waiting = not measured.done()

    def show() -> None:
        if waiting and measured.done() and measured.exception() is None:
            st.rerun()  # the whole page, so that this fragment no longer runs every second
        if not measured.done():
            st.caption("Measuring the throughput of this machine …")
        elif measured.exception() is None:
            show_time(config, faces, measured.result(), "on this machine")

    st.fragment(show, run_every=1.0 if waiting else None)()


def show_time(config: TrainingConfig, faces: Faces, rate: float | None, source: str) -> None:
    """How long training takes at a rate in faces per second, with a warning if that is long."""
    if rate is None:
        return
    text = f"About {rate:,.0f} faces/s {source}"
    if not faces.train:
        st.caption(
            f"{text}. The number of faces, and so the time, is known once the data set has been "
            "read: add it on the Data page, or start."
        )
        return
    epoch_s = faces.train / rate
    total_s = epoch_s * config.epochs
    text += f": {duration(max(1, epoch_s))} per epoch, **{duration(max(1, total_s))} in all**."
    if total_s < LONG_S:
        st.caption(text)
    else:
        st.warning(
            f"{text} You can stop at any time: the best epoch is kept, and the run can be resumed.",
            icon=":material/schedule:",
        )


def _waiting() -> str:
    """What a new run would wait for, in a sentence; empty if nothing."""
    if (active := queue.blocker()) is None:
        return ""
    left, others = active.status().get("eta_s"), sum(run != active for run in queue.waiting())
    text = f"It starts when “{errors.plain(active.name)}” has ended"
    text += f", in about {duration(left)}" if left else ""
    return text + (f", after {counted(others, 'waiting run')}" if others else "") + "."


@st.cache_resource(max_entries=20, show_spinner=False, validate=Work.is_usable)
def _throughput(
    architecture: str, chosen: dict[str, float], shape: tuple[int, int, int], batch_size: int
) -> Work[float]:
    return Work(lambda _: throughput(architecture, chosen, shape, batch_size))
