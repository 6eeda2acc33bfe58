"""Annotations: exclude faces, correct labels, undo and export that."""

import numpy as np
import streamlit as st

from fer import emotions
from fer.data import annotations
from fer.wording import counted
from pages.common import errors
from pages.common.browser.faces import Browser
from pages.common.downloads import download

_LISTED = 48
_EFFECT = (
    "Figures keep the labels as given; a second figure beside them counts your annotations. "
    "The next training learns them, except on test faces, which no training uses."
)


def show_controls(browser: Browser, row: int, *, place: str) -> None:
    """Exclude or include a face, correct its label, or undo that.

    The label offered first is the face's own, never a model's answer: agreeing with a model must
    not be the easiest click. `place` distinguishes the widgets of a face that is open twice.
    """
    dataset = browser.dataset
    face = dataset.index.iloc[row]
    paths, is_excluded = [face["path"]], bool(face["excluded"])
    labels = emotions.ordered({*dataset.labels, *emotions.ALL})
    key = f"{browser.state.face}{place}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        exclude = st.button(
            "Include again" if is_excluded else "Exclude",
            icon=":material/undo:" if is_excluded else ":material/block:",
            key=f"{key}.exclude",
        )
        label = st.selectbox(
            "Correct label",
            labels,
            index=labels.index(face["label"]),
            format_func=emotions.with_symbol,
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
    st.caption(_EFFECT)
    if exclude:
        errors.attempt(lambda: annotations.annotate(dataset, paths, excluded=not is_excluded))
    if relabel:
        errors.attempt(lambda: annotations.annotate(dataset, paths, label=label))
    if undo:
        errors.attempt(lambda: annotations.undo(dataset, paths))


def show_annotations(browser: Browser, excludable: np.ndarray | None = None) -> None:
    """The annotations, to undo and export; `excludable` are faces to exclude with one click."""
    dataset, key = browser.dataset, f"{browser.state.screen}.annotations"
    annotated = np.flatnonzero(dataset.excluded | dataset.relabelled)
    count = len(annotated)
    with st.popover(f"Annotations ({count:,})", icon=":material/edit_note:", key=key):
        st.markdown(
            f"**{counted(count, 'annotated face')}**: {int(dataset.excluded.sum()):,} excluded, "
            f"{int(dataset.relabelled.sum()):,} relabelled. {_EFFECT} Your files are never touched."
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
                errors.attempt(lambda: annotations.annotate(dataset, paths, excluded=True))
        if st.button("Undo the last step", icon=":material/undo:", key=f"{key}.undo",
                     disabled=not annotations.can_undo(dataset)):  # fmt: skip
            errors.attempt(lambda: annotations.undo(dataset))
        download(
            "Export as CSV", lambda: annotations.export(dataset),
            f"{dataset.name}-annotations.csv", disabled=not count,
        )  # fmt: skip
        if count:
            st.caption("Click a face to change its annotation.")
            browser.show(
                annotated[:_LISTED], "Annotated faces", key="annotations.faces", height_px=220
            )
