"""The faces that the filters let through, page by page."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from fer import emotions
from fer.data import Dataset
from fer.data.summary import SPLIT_NAMES
from pages.common.browser.state import BrowserState
from pages.common.gallery import Thumbnail, face_page

_SIZES_PX = {"small": 48, "medium": 80, "large": 128}

Draw = Callable[[Dataset, np.ndarray], Sequence[Thumbnail]]
"""Gives the thumbnails of the faces at these positions."""


def thumbnails(dataset: Dataset, rows: np.ndarray) -> list[Thumbnail]:
    """The faces at these positions, each with a line in the colour of its class."""
    columns = dataset.index[["path", "label", "split", "excluded"]].iloc[rows]
    return [
        Thumbnail(
            pixels=pixels,
            caption="",
            alt=f"{label}, {SPLIT_NAMES[split]}, {path}{', excluded' if is_excluded else ''}",
            color=emotions.describe(label).color,
            faded=bool(is_excluded),
        )
        for pixels, (path, label, split, is_excluded) in zip(
            dataset.pixels[rows], columns.itertuples(index=False), strict=True
        )
    ]


def choose_size(state: BrowserState) -> int:
    """How large faces are shown, in pixels."""
    size = st.segmented_control(
        "Size of the faces",
        list(_SIZES_PX),
        default="medium",
        required=True,
        key=f"{state.screen}.size",
        bind="query-params",
        label_visibility="collapsed",
    )
    return _SIZES_PX[size]


def show_page(
    state: BrowserState,
    dataset: Dataset,
    rows: np.ndarray,
    *,
    draw: Draw = thumbnails,
    per_page: int,
    size_px: int,
    height_px: int = 0,
) -> None:
    """One page of the faces at these positions, of which `height_px` are visible; 0 for all.

    A click opens a face, and a second one closes it. `size_px` is the side of a face.
    """
    if not len(rows):
        st.info("No face fits these filters. Loosen one of them.", icon=":material/filter_alt:")
        return
    pages = -(-len(rows) // per_page)
    current = st.session_state.get(state.page, 1)
    if isinstance(current, int) and current > pages:
        st.session_state[state.page] = 1
    number = st.pagination(pages, key=state.page, bind="query-params") if pages > 1 else 1
    shown = rows[(number - 1) * per_page : number * per_page]
    show_row(
        state, dataset, shown, draw=draw, label=f"Faces, page {number} of {pages}", key="gallery",
        size_px=size_px, height_px=height_px,
    )  # fmt: skip


def show_row(
    state: BrowserState,
    dataset: Dataset,
    rows: np.ndarray,
    *,
    draw: Draw = thumbnails,
    label: str,
    key: str,
    size_px: int = 56,
    height_px: int = 0,
) -> None:
    """The faces at these positions; a click opens one. `key` follows the screen's name."""
    paths = dataset.index["path"].iloc[rows].tolist()
    current = state.path
    face_page(
        draw(dataset, rows),
        label=label,
        key=f"{state.screen}.{key}",
        size_px=size_px,
        height_px=height_px,
        current=paths.index(current) if current in paths else None,
        on_open=lambda index: state.open("" if paths[index] == current else paths[index]),
    )
