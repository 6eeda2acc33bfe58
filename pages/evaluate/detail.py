"""One face of an evaluation: what the model answered, why, and all else that is known."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from fer.errors import FerError
from fer.nets.explain import grad_cam, heat_on_face, occlusion
from pages.common import errors
from pages.common.browser.annotate import show_controls
from pages.common.browser.detail import row_of, show_alike, show_facts, show_steps, show_votes
from pages.common.charts import bars_html
from pages.common.pictures import pictures_html
from pages.evaluate import keys
from pages.evaluate.evaluated import Evaluation


def choose_face(evaluated: Evaluation) -> int | None:
    """The position of the open face, by its path, which the URL has too."""
    path = st.text_input(
        "Open face",
        key=keys.FACE,
        bind="query-params",
        placeholder="Click a face, or paste its path",
    ).strip()
    if not path:
        st.caption("Click a face to see the model's answer and people's votes.")
        return None
    row = row_of(evaluated.dataset, path)
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
    """Show everything that is known about a face, and let it be annotated.

    Args:
        evaluated: Where it comes from.
        row: Its position in the data set.
        shown: Positions of the faces beside it, for the way to the next one; None in a dialog.
        place: Different wherever a face may be open at the same time.
    """
    dataset = evaluated.dataset
    if shown is not None:
        show_steps(keys.BROWSER, dataset, shown, row)
    predicted = ""
    if row in evaluated.position.index:
        answer = evaluated.answer(row)
        predicted = str(answer["predicted"])
        _show_answer(evaluated, row, answer, place)
    else:
        label = dataset.index["label"].iloc[row]
        st.markdown(f"**Labelled {errors.plain(label)}. It is not among the faces measured here.**")
        st.html(pictures_html([(dataset.pixels[row], "The face", f"Face labelled {label}")]))
    show_facts(dataset, row)
    show_votes(dataset, row, predicted)
    show_controls(keys.BROWSER, dataset, row, suggested=predicted, place=place)
    show_alike(keys.BROWSER, dataset, row, can_open=shown is not None)


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
        help="Occlusion: bright where hiding the place costs the predicted emotion most.",
    ):
        explanations["Occlusion"] = lambda: occlusion(model.classify, pixels, target)
    for name, explain in explanations.items():
        try:
            heat = explain()
        except FerError as error:
            errors.show(error, about=name)
        else:
            shown.append((heat_on_face(pixels, heat), name, f"{name}: what spoke for {predicted}"))
    slot.html(pictures_html(shown))
