"""The Data page: choose a data set, see what it holds and what is wrong with it."""

import numpy as np
import streamlit as st

from fer.data import SYNTHETIC, Dataset, registered, remove
from fer.data.summary import SPLIT_NAMES
from fer.errors import DatasetError, FerError
from pages.common import errors
from pages.dataset import keys
from pages.dataset.add import show_add
from pages.dataset.audit import show_audit
from pages.dataset.detail import show_open_face
from pages.dataset.faces import forget_filters, show_faces
from pages.dataset.opened import Opened, forget, open_dataset
from pages.dataset.overview import show_overview

VIEWS = ("overview", "faces", "audit")


def main() -> None:
    st.title("Which faces are there to learn from?", anchor=False)
    try:
        name = choose()
        opened = open_dataset(name)
    except FerError as error:
        errors.show(error)
        return
    show_facts(opened)
    view = st.segmented_control(
        "View",
        VIEWS,
        format_func=str.capitalize,
        default="overview",
        required=True,
        key=keys.VIEW,
        bind="query-params",
        label_visibility="collapsed",
    )
    shown = np.empty(0, np.int64)
    if view == "faces":
        shown = show_faces(opened)
    elif view == "audit":
        show_audit(opened)
    else:
        show_overview(opened)
    show_open_face(opened, shown)


def choose() -> str:
    """Choose, add or remove a data set, and return the chosen one's name."""
    names = [source.name for source in registered()]
    if (added := st.session_state.pop(keys.CHOOSE, None)) in names:
        st.session_state[keys.NAME] = added
        start_afresh()
    elif st.session_state.get(keys.NAME) not in (None, *names):
        st.session_state[keys.NAME] = SYNTHETIC
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Data set",
            names,
            key=keys.NAME,
            bind="query-params",
            width=320,
            on_change=start_afresh,
        )
        if st.button("Add", icon=":material/library_add:", key="dataset.add"):
            show_add()
        if name != SYNTHETIC:
            with st.popover("Remove", icon=":material/delete:"):
                st.markdown(
                    "Removes the name and the index. Your own files are not touched, and "
                    "annotations come back if you add the same folder again."
                )
                st.button(f"Remove {errors.plain(name)}", key="dataset.remove", on_click=forget_it,
                          args=(name,))  # fmt: skip
        if st.button("Read again", icon=":material/refresh:", key="dataset.again",
                     help="Reads what has changed in the files"):  # fmt: skip
            forget(name)
    return name or SYNTHETIC


def start_afresh() -> None:
    """Show the whole of a data set that has just been chosen."""
    forget_filters()
    keys.BROWSER.restart()


def forget_it(name: str) -> None:
    forget(name)
    try:
        remove(name)
    except DatasetError as error:
        if any(
            source.name == name for source in registered()
        ):  # otherwise another tab has removed it
            errors.show(error)
            return
    st.session_state[keys.NAME] = SYNTHETIC
    start_afresh()


def show_facts(opened: Opened) -> None:
    dataset, summary = opened.dataset, opened.report.summary
    st.caption(errors.plain(f"{dataset.source_format}. Splits: {dataset.split_rule}."))
    flawed = int(
        opened.report.faces[["leak", "conflict", "near_constant", "duplicate"]].any(axis=1).sum()
    )
    facts = {
        "Images": f"{len(dataset):,}",
        "Classes": str(len(dataset.labels)),
        "Splits": " · ".join(SPLIT_NAMES[split] for split in summary["splits"]),
        "Size": sizes(dataset),
        "Faces with a flaw": f"{flawed:,}",
        "Skipped": f"{len(dataset.skipped):,}",
    }
    st.html(
        '<dl class="fer-facts">'
        + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts.items())
        + "</dl>"
    )


def sizes(dataset: Dataset) -> str:
    """Width and height of the images, as a range where they differ."""
    size = dataset.index[["width", "height"]]
    low, high = (f"{ends['width']} × {ends['height']}" for ends in (size.min(), size.max()))
    return low if low == high else f"{low} to {high}"


main()
