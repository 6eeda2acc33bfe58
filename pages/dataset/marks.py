"""Marks made by hand: leave faces out, put labels right, export, undo."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from fer.data import annotations
from pages.common import errors
from pages.dataset.opened import Opened


def show_marks(opened: Opened, found: np.ndarray, *, is_filtered: bool) -> None:
    """What has been marked, and what can be done about it.

    Args:
        opened: The data set.
        found: Positions of the faces that the filter leaves.
        is_filtered: Whether it leaves some out; all faces cannot be excluded at once.
    """
    dataset = opened.dataset
    marked = int((dataset.excluded | dataset.relabelled).sum())
    with st.popover(f"Marks ({marked:,})", icon=":material/edit_note:", key="dataset.marks"):
        st.markdown(
            f"{int(dataset.excluded.sum()):,} faces are excluded, "
            f"{int(dataset.relabelled.sum()):,} relabelled. Training honours that; your files "
            "are never touched."
        )
        left_in = found[~dataset.excluded[found]]
        if st.button(
            f"Exclude the {len(left_in):,} faces shown",
            key="dataset.marks.exclude",
            disabled=not is_filtered or not len(left_in),
            help=None if is_filtered else "First choose some with the filters.",
        ):
            mark(opened, dataset.index["path"].iloc[left_in].tolist(), excluded=True)
        if st.button("Undo the last step", key="dataset.marks.undo", icon=":material/undo:",
                     disabled=not marked):  # fmt: skip
            _guarded(lambda: annotations.undo(dataset))
        st.download_button(
            "Export as CSV",
            annotations.export(dataset) if marked else "",
            file_name=f"{dataset.name}-marks.csv",
            mime="text/csv",
            icon=":material/download:",
            key="dataset.marks.export",
            disabled=not marked,
            on_click="ignore",
        )


def mark(
    opened: Opened, paths: Sequence[str], *, excluded: bool | None = None, label: str | None = None
) -> None:
    """Mark faces and draw the page anew."""
    _guarded(lambda: annotations.mark(opened.dataset, paths, excluded=excluded, label=label))


def take_back(opened: Opened, paths: Sequence[str]) -> None:
    """Take every mark of some faces back and draw the page anew."""
    _guarded(lambda: annotations.undo(opened.dataset, paths))


def _guarded(work: Callable[[], object]) -> None:
    if errors.attempt(work):
        st.rerun()
