"""All annotations of a data set: how many there are, to undo, export and import them."""

import numpy as np
import streamlit as st

from fer.data import annotations
from fer.people import Action
from fer.wording import counted
from pages.common import errors, people
from pages.common.browser.annotate import EFFECT
from pages.common.browser.faces import Browser
from pages.common.browser.importing import show_import
from pages.common.downloads import download

_LISTED = 48


def show_annotations(browser: Browser) -> None:
    """How many annotations there are, and what can be done with them."""
    dataset, key = browser.dataset, f"{browser.state.screen}.annotations"
    annotated = np.flatnonzero(dataset.excluded | dataset.relabelled)
    count = len(annotated)
    with st.popover(f"Annotations ({count:,})", icon=":material/edit_note:", key=key):
        st.markdown(
            f"**{counted(count, 'annotated face')}**: "
            f"{int(dataset.excluded.sum()):,} excluded, {int(dataset.relabelled.sum()):,} "
            f"relabelled. {EFFECT} Your files are never touched."
        )
        can_change = people.allows(Action.ANNOTATE)
        if can_change and st.button(
            "Undo the last step", icon=":material/undo:", key=f"{key}.undo",
            disabled=not annotations.can_undo(dataset),
        ):  # fmt: skip
            errors.attempt(lambda: annotations.undo(dataset))
        download(
            "Export as CSV", lambda: annotations.export(dataset),
            f"{dataset.name}-annotations.csv", disabled=not count,
        )  # fmt: skip
        if can_change:
            show_import(browser)
        if count:
            change = "change its annotation" if can_change else "see it"
            st.caption(f"Click a face to {change}.")
            browser.show(
                annotated[:_LISTED], "Annotated faces", key="annotations.faces", height_px=220
            )
