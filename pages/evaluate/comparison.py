"""Two models on the same faces: which is right where the other is wrong."""

from collections.abc import Sequence
from contextlib import suppress

import pandas as pd
import streamlit as st

from fer.errors import FerError
from fer.evaluation.comparison import compare, verdict
from fer.evaluation.predictions import PredictionTable
from fer.models import CARD_FILE, find, list_models
from fer.models.card import read_card
from pages.common import errors
from pages.common.choices import page_of
from pages.common.gallery import face_page
from pages.evaluate import keys
from pages.evaluate.detail import show_face, show_shares
from pages.evaluate.evaluated import Evaluation
from pages.evaluate.faces import pictures

_COMPARED = 60


def comparison(evaluated: Evaluation) -> None:
    """The verdict, the difference of the matrices, and the faces that make it."""
    here = evaluated.table
    others = other_models(here)
    if not others:
        st.info("There is no second model of the same classes. Train one: `python -m fer train`.")
        return
    other = st.selectbox("Compare with", others, key=keys.OTHER, bind="query-params")
    second = evaluated.beside(other)
    compared = compare(here, second)
    st.markdown(errors.plain(verdict(compared)))
    st.caption(
        f"Confusion matrix of {errors.plain(other)} minus that of {errors.plain(here.model)}:"
    )
    labels, difference = compared["labels"], compared["matrix_difference"]
    st.dataframe(
        pd.DataFrame(difference, index=labels, columns=labels).rename_axis("true"),
        alt="Difference of the confusion matrices",
    )
    for name, paths, key in (
        (here.model, compared["only_first_right"], "first"),
        (other, compared["only_second_right"], "second"),
    ):
        st.markdown(f"**Only {errors.plain(name)} is right: {len(paths):,} faces**")
        if paths:
            _compared_faces(evaluated, second, paths, key)


def _compared_faces(
    evaluated: Evaluation, second: PredictionTable, paths: Sequence[str], key: str
) -> None:
    """A page of the faces that one gets right and the other wrong; a click opens one."""
    on_page, _ = page_of(paths, _COMPARED, key=f"{keys.BESIDE}.{key}.page")
    frame = evaluated.table.frame
    shown = frame.loc[frame["path"].isin(on_page), "row"].to_numpy()
    clicked = face_page(
        pictures(evaluated, shown),
        label="Faces that only one gets right",
        key=f"{keys.BESIDE}.{key}",
        height_px=260,
    )
    if clicked is not None and clicked < len(shown):
        _show_beside(evaluated, second, int(shown[clicked]))


@st.dialog("Face", width="medium")
def _show_beside(evaluated: Evaluation, second: PredictionTable, row: int) -> None:
    show_face(evaluated, row)
    path = evaluated.dataset.index["path"].iloc[row]  # places may differ in the second data set
    answer = second.frame.set_index("path").loc[path]
    st.markdown(
        f"**{errors.plain(second.model)} predicts {errors.plain(answer['predicted'])}, "
        f"{answer['confidence']:.0%} sure:**"
    )
    show_shares(answer, second)


def other_models(here: PredictionTable) -> list[str]:
    """The models that a table's can be compared with: those of the same classes."""
    others = []
    for name in list_models():
        with suppress(FerError):  # the model selector reports damaged models
            labels = read_card(find(name) / CARD_FILE).labels
            if name != here.model and set(labels) == set(here.labels):
                others.append(name)
    return others
