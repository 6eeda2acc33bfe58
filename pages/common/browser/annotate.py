"""Annotations: exclude faces, correct labels, undo and export that."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from fer import emotions
from fer.data import Dataset, annotations
from pages.common import errors
from pages.common.browser.faces import show_row
from pages.common.browser.state import BrowserState

_LISTED = 48


def show_controls(
    state: BrowserState, dataset: Dataset, row: int, *, suggested: str = "", place: str = ""
) -> None:
    """Exclude or include a face, correct its label, or undo that.

    `suggested` is the label to offer first, "" for its own; `place` is as in `show_face`.
    """
    face = dataset.index.iloc[row]
    paths, is_excluded = [face["path"]], bool(face["excluded"])
    labels = emotions.ordered({*dataset.labels, *emotions.ALL})
    key = f"{state.face}{place}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        exclude = st.button(
            "Include again" if is_excluded else "Exclude",
            icon=":material/undo:" if is_excluded else ":material/block:",
            key=f"{key}.exclude",
        )
        label = st.selectbox(
            "Right label",
            labels,
            index=labels.index(suggested if suggested in labels else face["label"]),
            format_func=lambda name: f"{emotions.describe(name).symbol} {name}",
            key=f"{key}.label.{row}",
            width=200,
        )
        relabel = st.button(
            "Relabel",
            icon=":material/label:",
            key=f"{key}.relabel",
            disabled=label == face["label"],
        )
        undo = (is_excluded or dataset.relabelled[row]) and st.button(
            "Undo its annotations", key=f"{key}.undo"
        )
    if exclude:
        _apply(lambda: annotations.annotate(dataset, paths, excluded=not is_excluded))
    if relabel:
        _apply(lambda: annotations.annotate(dataset, paths, label=label))
    if undo:
        _apply(lambda: annotations.undo(dataset, paths))


def show_annotations(
    state: BrowserState, dataset: Dataset, excludable: np.ndarray | None = None
) -> None:
    """The annotations, to undo and export; `excludable` are faces to exclude with one click."""
    key = f"{state.screen}.annotations"
    annotated = np.flatnonzero(dataset.excluded | dataset.relabelled)
    count = len(annotated)
    with st.popover(f"Annotations ({count:,})", icon=":material/edit_note:", key=key):
        waiting = "face waits" if count == 1 else "faces wait"
        st.markdown(
            f"**{count:,} annotated {waiting} for the next training**: "
            f"{int(dataset.excluded.sum()):,} excluded, {int(dataset.relabelled.sum()):,} "
            "relabelled. Your files are never touched."
        )
        if excludable is not None:
            rows = excludable[~dataset.excluded[excludable]]
            if st.button(
                f"Exclude the {len(rows):,} faces shown",
                icon=":material/block:",
                key=f"{key}.exclude",
                disabled=not len(rows),
                help=None if len(rows) else "First choose some with the filters.",
            ):
                paths = dataset.index["path"].iloc[rows].tolist()
                _apply(lambda: annotations.annotate(dataset, paths, excluded=True))
        if st.button("Undo the last step", icon=":material/undo:", key=f"{key}.undo",
                     disabled=not count):  # fmt: skip
            _apply(lambda: annotations.undo(dataset))
        st.download_button(
            "Export as CSV",
            annotations.export(dataset) if count else "",
            file_name=f"{dataset.name}-annotations.csv",
            mime="text/csv",
            icon=":material/download:",
            key=f"{key}.export",
            disabled=not count,
            on_click="ignore",
        )
        if count:
            st.caption("Click a face to change its annotation.")
            show_row(
                state, dataset, annotated[:_LISTED],
                label="Annotated faces", key="annotations.faces", height_px=220,
            )  # fmt: skip


def _apply(action: Callable[[], object]) -> None:
    if errors.attempt(action):
        st.rerun()
