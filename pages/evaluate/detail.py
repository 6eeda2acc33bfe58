"""One face of an evaluation: what the model answered, why, and all else that is known."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer.errors import FerError
from fer.nets.explain import grad_cam, heat_on_face, occlusion
from pages.common import errors
from pages.common.browser import detail
from pages.common.charts import bars_html
from pages.common.pictures import pictures_html
from pages.evaluate import keys
from pages.evaluate.evaluated import Evaluation


def choose_face(evaluated: Evaluation) -> int | None:
    """The position of the open face; its path is in the URL."""
    path = st.text_input(
        "Open face",
        key=keys.FACE,
        bind="query-params",
        placeholder="Click a face, or paste its path",
    ).strip()
    if not path:
        st.caption("Click a face to see the model's answer and people's votes.")
        return None
    row = detail.row_of(evaluated.dataset, path)
    if row is None:
        name = errors.plain(evaluated.dataset.name)
        st.info(
            f"No face '{errors.plain(path)}' among those of {name}. Check its path.",
            icon=":material/search_off:",
        )
    return row


def show_face(
    evaluated: Evaluation, row: int, *, shown: np.ndarray | None = None, place: str = ""
) -> None:
    """Show everything that is known about a face, as `pages.common.browser.detail.show_face`."""
    dataset = evaluated.dataset
    answer = evaluated.answer(row) if row in evaluated.position.index else None

    def head() -> DeltaGenerator:
        label = dataset.index["label"].iloc[row]
        if answer is not None:
            _show_answer(evaluated, row, answer, place)
        else:
            name = errors.plain(label)
            st.markdown(f"**Labelled {name}. It is not among the faces measured here.**")
            st.html(pictures_html([(dataset.pixels[row], "The face", f"Face labelled {label}")]))
        return st.container()

    predicted = "" if answer is None else str(answer["predicted"])
    detail.show_face(
        keys.BROWSER, dataset, row, head, shown=shown, predicted=predicted, place=place
    )


def _show_answer(evaluated: Evaluation, row: int, answer: pd.Series, place: str) -> None:
    label, predicted = answer["label"], answer["predicted"]
    st.markdown(
        f"**True: {errors.plain(label)}. Predicted: {errors.plain(predicted)}, "
        f"{answer['confidence']:.0%} sure.**"
    )
    _show_pictures(evaluated, row, label, predicted, place)
    shares = {name: float(answer[f"p_{name}"]) for name in evaluated.table.labels}
    st.html(bars_html(shares, top=predicted))
    st.caption(f"Loss {answer['loss']:.2f} · entropy {answer['entropy']:.2f} nats")


def _show_pictures(evaluated: Evaluation, row: int, label: str, predicted: str, place: str) -> None:
    model, pixels = evaluated.model, evaluated.dataset.pixels[row]
    target = evaluated.table.labels.index(predicted)
    shown = [(pixels, "The face", f"Face labelled {label}")]
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
            heat = explain()
        except FerError as error:
            errors.show(error, about=name)
        else:
            shown.append((heat_on_face(pixels, heat), name, f"{name}: evidence for {predicted}"))
    slot.html(pictures_html(shown))
