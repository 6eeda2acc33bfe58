"""The faces behind a figure, with the model's answers, and a link to what is on screen."""

from dataclasses import replace
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from fer.evaluation.query import SORTS, Query, rows
from pages.common.browser import faces
from pages.common.browser.annotate import show_annotations
from pages.common.gallery import Thumbnail
from pages.evaluate import keys
from pages.evaluate.evaluated import Evaluation

_PER_PAGE = 60
_HEIGHT_PX = 560


def fitting(evaluated: Evaluation, query: Query) -> np.ndarray:
    """Positions in the data set of the faces that fit, in the wanted order."""
    quality = evaluated.doubts["label_quality"].to_numpy() if query.sort == "doubtful" else None
    return rows(evaluated.table, query, evaluated.slices, quality)


def show_toolbar(evaluated: Evaluation, query: Query, count: int) -> int:
    """How many faces fit, what has been annotated, a link; returns the size of a face in pixels."""
    with st.container(horizontal=True, vertical_alignment="center"):
        sort = SORTS[query.sort]
        st.markdown(f"**{count:,} of {len(evaluated.table):,} faces**, {sort} first")
        size_px = faces.choose_size(keys.BROWSER)
        show_annotations(keys.BROWSER, evaluated.dataset)
        _show_link(evaluated)
    return size_px


def show_faces(evaluated: Evaluation, shown: np.ndarray, size_px: int) -> None:
    """One page of the faces at these positions in the data set."""
    faces.show_page(
        keys.BROWSER, evaluated.dataset, shown, lambda part: thumbnails(evaluated, part),
        per_page=_PER_PAGE, size_px=size_px, height_px=_HEIGHT_PX,
    )  # fmt: skip


def thumbnails(evaluated: Evaluation, shown: np.ndarray) -> list[Thumbnail]:
    """Measured faces with what the model answered."""
    columns = ["label", "predicted", "confidence"]
    answers = evaluated.table.frame[columns].iloc[evaluated.position[shown]]
    return [
        replace(
            face,
            caption=f"{predicted} {confidence:.0%}",
            alt=f"Face labelled {label}, predicted {predicted} with {confidence:.0%} confidence",
        )
        for face, (label, predicted, confidence) in zip(
            faces.thumbnails(evaluated.dataset, shown),
            answers.itertuples(index=False),
            strict=True,
        )
    ]


def _show_link(evaluated: Evaluation) -> None:
    """A link to what is on screen that holds even where a default has changed since."""
    table = evaluated.table
    chosen = {key: st.query_params.get_all(key) for key in st.query_params} | {
        keys.MODEL: [table.model],
        keys.DATASET: [table.dataset],
        keys.SPLIT: [table.split],
        keys.TTA: [tta_name(table.tta)],
    }
    with st.popover("Link", icon=":material/link:"):
        st.caption("Shows somebody else the same faces, filters, page and open face.")
        address = str(st.context.url).partition("?")[0]
        st.code(f"{address}?{urlencode(chosen, doseq=True)}", language=None, wrap_lines=True)


def tta_name(tta: str) -> str:
    """A test-time augmentation as the page and its URL call it."""
    return tta.replace("_", " ")
