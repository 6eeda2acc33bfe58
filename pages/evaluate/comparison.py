"""Two models on the same faces: which is right where the other is wrong."""

from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import streamlit as st

from fer.errors import FerError
from fer.evaluation.comparison import compare, verdict
from fer.evaluation.matrix import Cell, strengths
from fer.evaluation.predictions import PredictionTable
from fer.models import CARD_FILE, find, list_models
from fer.models.card import read_card
from fer.wording import counted, percent, signed
from pages.common import errors
from pages.common.choices import page_of, segments
from pages.common.gallery import gallery
from pages.common.matrix import Legend, count_ticks, matrix_table
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
        st.info("There is no second model of the same classes. Train one first.")
        st.page_link("pages/train/page.py", label="Train", icon=":material/model_training:")
        return
    other = st.selectbox("Compare with", others, key=keys.OTHER, bind="query-params")
    second = evaluated.beside(other)
    compared = compare(here, second)
    st.markdown(errors.plain(verdict(compared)))
    st.markdown(
        f"**Confusion matrix of {errors.plain(other)} minus that of {errors.plain(here.model)}**"
    )
    _show_difference(np.array(compared["matrix_difference"]), compared["labels"], here.model, other)
    only = {"first": (here.model, "only_first_right"), "second": (other, "only_second_right")}
    paths = {which: compared[found] for which, (_, found) in only.items()}
    which = segments(
        "Faces that only one gets right",
        {
            which: f"Only {errors.plain(name)} is right: {counted(len(paths[which]), 'face')}"
            for which, (name, _) in only.items()
        },
        default="first",
        key=f"{keys.BESIDE}.which",
        label_visibility="collapsed",
    )
    if paths[which]:
        _compared_faces(evaluated, second, paths[which], which)


def _show_difference(
    difference: np.ndarray, labels: Sequence[str], first: str, second: str
) -> None:
    """Blue where the second is better: more right answers, or fewer wrong ones."""
    largest = int(np.abs(difference).max(initial=0))
    strength = strengths(difference, largest)
    is_better = np.where(np.eye(len(labels), dtype=bool), difference, -difference) > 0
    matrix_table(
        labels,
        [
            Cell(
                text=signed(difference[i, j]),
                title=f"True {true}, predicted {predicted}: {signed(difference[i, j])}",
                tone="right" if is_better[i, j] else "wrong",
                strength=float(strength[i, j]),
            )
            for i, true in enumerate(labels)
            for j, predicted in enumerate(labels)
        ],
        key="evaluate.difference",
        name=f"Confusion matrix of {second} minus that of {first}",
        legend=Legend(
            tones=(("right", f"{second} is better"), ("wrong", f"{first} is better")),
            ticks=count_ticks(largest),
        ),
    )


def _compared_faces(
    evaluated: Evaluation, second: PredictionTable, paths: Sequence[str], key: str
) -> None:
    """A page of the faces that one gets right and the other wrong; a click opens one."""
    on_page, _ = page_of(paths, _COMPARED, key=f"{keys.BESIDE}.{key}.page")
    frame = evaluated.table.frame
    shown = frame.loc[frame["path"].isin(on_page), "row"].to_numpy()
    clicked = gallery(
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
        f"{percent(answer['confidence'])} sure:**"
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
