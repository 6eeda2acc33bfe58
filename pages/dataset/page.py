"""The Data page: choose a data set, see what it holds and what is wrong with it."""

import numpy as np
import streamlit as st

from fer.data import FEEDBACK, SYNTHETIC, Dataset, registered
from fer.data.skipped import by_reason
from fer.errors import FerError
from fer.people import Action, may
from fer.wording import counted, split_name
from pages.common import errors, people
from pages.common.choices import segments, select_linked
from pages.common.facts import facts_html
from pages.dataset import keys
from pages.dataset.add import show_add
from pages.dataset.audit import show_audit
from pages.dataset.detail import show_open_face
from pages.dataset.face_map import show_map
from pages.dataset.faces import show_faces, start_afresh
from pages.dataset.opened import Opened, forget, open_dataset
from pages.dataset.overview import show_overview
from pages.dataset.removal import show_removal, show_removed

VIEWS = {"overview": "Overview", "faces": "Faces", "audit": "Audit", "map": "Map"}
REASONS_SHOWN, PATHS_SHOWN = 20, 5
_NAME_PX = 320


def main() -> None:
    st.title("Which faces are there to learn from?", anchor=False)
    try:
        name = choose()
        opened = open_dataset(name)
    except FerError as error:
        errors.show(error)
        return
    show_facts(opened)
    view = segments(
        "View", VIEWS, default="overview", key=keys.VIEW, bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    shown = np.empty(0, np.int64)
    if view == "faces":
        shown = show_faces(opened)
    elif view == "audit":
        show_audit(opened)
    elif view == "map":
        try:
            shown = show_map(opened)
        except FerError as error:
            errors.show(error)
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
        start_afresh()
    row = st.container(horizontal=True, vertical_alignment="bottom")
    show_removed()
    place = row.container(width=_NAME_PX)
    manages = may(Action.MANAGE_DATA)
    if manages and row.button("Add", icon=":material/library_add:", key="dataset.add"):
        show_add()
    name = select_linked(
        place, "Data set", dict(zip(names, names, strict=True)), key=keys.NAME,
        on_change=start_afresh,
        remedy="Choose another one, or add it and open the link again.",
    )  # fmt: skip
    with row:
        if manages and name not in (SYNTHETIC, FEEDBACK):
            show_removal(name)
        if st.button("Read again", icon=":material/refresh:", key="dataset.again",
                     help="Reads what has changed in the files"):  # fmt: skip
            forget(name)
    people.allows(Action.MANAGE_DATA)
    return name


def show_facts(opened: Opened) -> None:
    dataset, summary = opened.dataset, opened.report.summary
    st.caption(errors.plain(f"{dataset.source_format}. Splits: {dataset.split_rule}."))
    flawed = int(
        opened.report.faces[["leak", "conflict", "near_constant", "duplicate"]].any(axis=1).sum()
    )
    facts = {
        "Images": f"{len(dataset):,}",
        "Classes": str(len(dataset.labels)),
        "Splits": " · ".join(split_name(split) for split in summary["splits"]),
        "Size": sizes(dataset),
        "Faces with a flaw": f"{flawed:,}",
        "Skipped": f"{len(dataset.skipped):,}",
    }
    st.html(facts_html(facts))
    show_skipped(dataset)


def show_skipped(dataset: Dataset) -> None:
    """What is not used, by reason."""
    if not dataset.skipped:
        return
    count = counted(len(dataset.skipped), "file or row", "files or rows")
    with st.expander(f"{count} skipped", icon=":material/block:", key="dataset.skipped"):
        lines = [
            f"- **{counted(len(one.paths), 'file or row', 'files or rows')}**: "
            f"{errors.plain(one.reason)}  \n  {errors.plain(one.listed(PATHS_SHOWN))}"
            for one in by_reason(dataset.skipped)
        ]
        st.markdown("\n".join(lines[:REASONS_SHOWN]))
        if len(lines) > REASONS_SHOWN:
            more = counted(len(lines) - REASONS_SHOWN, "other reason")
            st.caption(f"For {more}, see the end of the Audit.")


def sizes(dataset: Dataset) -> str:
    """Width and height of the images, as a range where they differ."""
    size = dataset.index[["width", "height"]]
    low, high = (f"{ends['width']} × {ends['height']}" for ends in (size.min(), size.max()))
    return low if low == high else f"{low} to {high}"


main()
