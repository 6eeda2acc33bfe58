"""One face of an evaluation: what the model answered, why, and all else that is known."""

from collections.abc import Callable
from typing import cast

import numpy as np
import pandas as pd
import streamlit as st

from fer.data import Dataset
from fer.errors import FerError
from fer.evaluation.predictions import PredictionTable
from fer.nets.explain import grad_cam, heat_on_face, occlusion
from fer.wording import percent
from pages.common import errors
from pages.common.browser import detail
from pages.common.charts import bars_html
from pages.common.pictures import Picture, data_uri, pictures_html
from pages.evaluate import keys
from pages.evaluate.evaluated import Evaluation


def choose_face(evaluated: Evaluation) -> int | None:
    """The position of the open face; its path is in the URL."""
    keys.BROWSER.settle()
    hint = "Click a face, or paste its path"
    path = st.text_input("Open face", key=keys.FACE, bind="query-params", placeholder=hint).strip()
    if not path:
        st.caption("Click a face to see the model's answer and people's votes.")
        return None
    row = evaluated.browser.row_of(path)
    if row is None:
        name = errors.plain(evaluated.dataset.name)
        st.info(
            f"No face '{errors.plain(path)}' among those of {name}. Check its path.",
            icon=":material/search_off:",
        )
    return row


def show_face(evaluated: Evaluation, row: int, shown: np.ndarray | None = None) -> None:
    """Show everything that is known about a face.

    `shown` are the positions of the faces to step through; None beside the open face.
    """
    dataset, browser = evaluated.dataset, evaluated.browser
    if shown is not None:
        detail.show_steps(browser, shown)
    predicted = ""
    if row in evaluated.answers.index:
        answer = cast(pd.Series, evaluated.answers.loc[row])
        predicted = str(answer["predicted"])
        _show_answer(evaluated, row, answer, ".beside" if shown is None else "")
    else:
        label = dataset.index["label"].iloc[row]
        st.markdown(f"**Labelled {errors.plain(label)}. It is not among the faces measured here.**")
        st.html(pictures_html([_face(dataset, row)]))
    detail.show_face(browser, row, st.container(), predicted=predicted, rows=shown)


def _face(dataset: Dataset, row: int) -> Picture:
    label = dataset.index["label"].iloc[row]
    return Picture(data_uri(dataset.pixels[row]), "The face", f"Face labelled {label}")


def _show_answer(evaluated: Evaluation, row: int, answer: pd.Series, place: str) -> None:
    label, predicted = answer["label"], answer["predicted"]
    st.markdown(
        f"**True: {errors.plain(label)}. Predicted: {errors.plain(predicted)}, "
        f"{percent(answer['confidence'])} sure.**"
    )
    _show_pictures(evaluated, row, predicted, place)
    show_shares(answer, evaluated.table)
    st.caption(f"Loss {answer['loss']:.2f} · entropy {answer['entropy']:.2f} nats")


def show_shares(answer: pd.Series, table: PredictionTable) -> None:
    """The probabilities of a row of a table."""
    shares = {name: float(answer[f"p_{name}"]) for name in table.labels}
    st.html(bars_html(shares, top=answer["predicted"]))


def _show_pictures(evaluated: Evaluation, row: int, predicted: str, place: str) -> None:
    model, pixels = evaluated.model, evaluated.dataset.pixels[row]
    target = evaluated.table.labels.index(predicted)
    shown = [_face(evaluated.dataset, row)]
    slot = st.empty()
    explanations: dict[str, Callable[[], np.ndarray]] = {
        "Grad-CAM": lambda: grad_cam(model.network, pixels, target)
    }
    if st.toggle(
        "Second opinion: hide parts of the face",
        key=f"{keys.OCCLUSION}{place}",
        help="Occlusion: bright where hiding that part lowers the predicted emotion most.",
    ):
        explanations["Occlusion"] = lambda: occlusion(model.classify, pixels, target)
    for name, explain in explanations.items():
        try:
            heat = data_uri(heat_on_face(pixels, explain()))
        except FerError as error:
            errors.show(error, about=name)
        else:
            shown.append(Picture(heat, name, f"{name}: evidence for {predicted}"))
    slot.html(pictures_html(shown))
