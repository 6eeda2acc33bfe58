"""Whether confidence matches accuracy, and the button that makes it do so."""

from functools import partial
from pathlib import Path

import streamlit as st

from fer import api, models
from fer.data import Dataset
from fer.evaluation.calibration import reliability
from fer.evaluation.charts import reliability_chart
from fer.models.card import ModelCard
from fer.models.folder import is_protected
from fer.wording import counted
from pages.common import errors, predictors
from pages.common.cache import Work
from pages.common.models_folder import why_read_only
from pages.common.progress import Meter
from pages.evaluate import keys
from pages.evaluate.evaluated import Evaluation


def calibration(evaluated: Evaluation) -> None:
    frame = evaluated.table.frame
    bins = reliability(frame["confidence"].to_numpy(), frame["correct"].to_numpy(bool))
    left, right = st.columns([3, 2], gap="large")
    left.plotly_chart(
        reliability_chart(bins),
        config={"displayModeBar": False},
        alt="Accuracy by confidence; the dashed line is ideal",
    )
    with right:
        st.metric("Expected calibration error", f"{evaluated.figures['ece']:.1%}")
        st.markdown(
            "Above the dashed line the model is right more often than its confidence promises; "
            "below, less often."
        )
        if done := st.session_state.pop(keys.CALIBRATED, ""):
            st.success(done, icon=":material/check:")
        st.markdown(_fitted(evaluated.model.card))
        if not evaluated.is_calibrated_here:
            _offer(evaluated.dataset, has_one=bool(evaluated.model.card.calibration))


def _fitted(card: ModelCard) -> str:
    """The temperature, and what it changed where it was fitted."""
    if not (record := card.calibration):
        return "No temperature was fitted."
    return (
        f"Temperature **{card.temperature:.3f}**, fitted on {record['images']:,} validation faces "
        f"of {errors.plain(record['dataset'])}: there the error was {record['ece_before']:.1%} "
        f"before and {record['ece_after']:.1%} after."
    )


def _offer(dataset: Dataset, *, has_one: bool) -> None:
    """The button, or why there is none; `has_one` is whether the model has a temperature."""
    name, faces = errors.plain(dataset.name), dataset.as_given.splits.get("validation", 0)
    if not faces:
        st.caption(
            f"A temperature is fitted on validation faces, and {name} has none. Choose a data set "
            "with a validation part to fit one."
        )
        return
    if refusal := why_read_only():
        st.caption(refusal)
        return
    folder = models.find(st.session_state[keys.MODEL])
    st.caption(
        f"A temperature fitted on the {counted(faces, 'validation face')} of {name} changes "
        "how sure the model is, never which emotion a face gets. It is kept in the card"
        + (" in place of the one above." if has_one else ".")
        + (" A copy of the model is made for that." if is_protected(folder) else "")
    )
    if st.button("Calibrate on validation", icon=":material/thermostat:", key=keys.CALIBRATE):
        errors.attempt(partial(_calibrate, folder, dataset))


def _calibrate(folder: Path, dataset: Dataset) -> None:
    def fit(meter: Meter) -> ModelCard:
        meter.note("Loading Keras and the network…")
        predictors.import_keras()
        return api.calibrate(folder, dataset, progress=meter)

    card = Work(fit).result()
    st.session_state[keys.CHOOSE] = card.name
    st.session_state[keys.CALIBRATED] = (
        f"**{errors.plain(card.name)}** has a new temperature, and the figures here are at it."
    )
