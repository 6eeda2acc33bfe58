"""Labelled faces to try a network on, and what fits them."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from fer.data import SYNTHETIC, registered
from fer.evaluation.contract import ContractSearch, Fit
from fer.wording import counted
from pages.common import errors

_SHARE = st.column_config.NumberColumn(format="%.1f%%")


def choose_labelled(key: str) -> str:
    """Choose a data set; real faces come first."""
    names = [source.name for source in registered()]
    real = [name for name in names if name != SYNTHETIC]
    dataset = st.selectbox(
        "Labelled faces", [*real, SYNTHETIC], key=key, width=320, persist_state="session",
        help="Its validation part is used, never a test. Add more on the Data page.",
    )  # fmt: skip
    if dataset == SYNTHETIC:
        st.caption("These faces are drawn: they suit only networks that learnt drawn faces.")
    return dataset


def show_fits(search: ContractSearch, fits: Sequence[Fit]) -> None:
    """Every scale with the labels that suit it, the best first."""
    table = pd.DataFrame(
        {
            "scale": fit.scale,
            "accuracy": 100 * fit.accuracy,
            "95% interval": "{:.1%} to {:.1%}".format(*fit.accuracy_ci95),
            "mean recall": 100 * fit.mean_recall,
            "labels by output": ", ".join(fit.labels),
        }
        for fit in fits
    )
    st.dataframe(
        table, hide_index=True, alt="What fits, the best first",
        column_config={"accuracy": _SHARE, "mean recall": _SHARE},
    )  # fmt: skip
    drawn = " They are drawn, so the figures do not apply to photos." if search.synthetic else ""
    st.caption(
        f"Measured on {counted(fits[0].images, 'validation face')} of "
        f"{errors.plain(search.dataset)}; as many others ranked the scales and found the "
        f"order of the labels.{drawn} " + " ".join(map(errors.plain, search.limits(fits[0].labels)))
    )
