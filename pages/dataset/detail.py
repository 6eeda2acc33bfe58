"""One face, large, with all that is known about it."""

from html import escape

import numpy as np
import streamlit as st

from fer import emotions
from fer.data import VOTES
from fer.data.audit import FINDINGS
from fer.data.near_duplicates import nearest
from fer.data.summary import SPLIT_NAMES
from pages.common import errors
from pages.common.charts import bars_html
from pages.common.gallery import face_page
from pages.common.pictures import data_uri
from pages.dataset import keys
from pages.dataset.faces import thumbnails
from pages.dataset.marks import mark, take_back
from pages.dataset.opened import Opened

NEIGHBOURS = 12


def show_open_face(opened: Opened, found: np.ndarray) -> None:
    """Show the face that was opened, if any.

    Args:
        opened: The data set.
        found: Positions of the faces that the gallery shows, for the way to the next one.
    """
    path = st.session_state.get(keys.FACE)
    if path is None:
        return
    rows = np.flatnonzero((opened.dataset.index["path"] == path).to_numpy())
    if not len(rows):
        _close()
        return
    _show(opened, found)


def _close() -> None:
    st.session_state.pop(keys.FACE, None)


@st.dialog("Face", width="large", on_dismiss=_close)
def _show(opened: Opened, found: np.ndarray) -> None:
    dataset = opened.dataset
    path = st.session_state[keys.FACE]
    row = int(np.flatnonzero((dataset.index["path"] == path).to_numpy())[0])
    _show_steps(opened, found, row)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        face = dataset.index.iloc[row]
        st.html(
            f'<img class="fer-large" src="{data_uri(dataset.pixels[row])}" '
            f'alt="{escape(face["label"])}, {escape(path)}">'
        )
    with right:
        _show_facts(opened, row)
    _show_marking(opened, row)
    copies = _others(opened.report.copy_group, row)
    near = _others(opened.report.near_group, row)
    _show_row(opened, "Exact copies", copies, "copies")
    _show_row(opened, "Near duplicates", np.setdiff1d(near, copies), "near")
    shown = np.union1d(copies, near)
    alike = nearest(dataset.pixels, row, NEIGHBOURS + len(shown))
    _show_row(opened, "Most alike", alike[~np.isin(alike, shown)][:NEIGHBOURS], "alike")


def _show_steps(opened: Opened, found: np.ndarray, row: int) -> None:
    at = np.flatnonzero(found == row)
    before = int(found[at[0] - 1]) if len(at) and at[0] > 0 else None
    after = int(found[at[0] + 1]) if len(at) and at[0] + 1 < len(found) else None
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, to in (("Previous", before), ("Next", after)):
            if st.button(name, key=f"dataset.face.{name}", disabled=to is None) and to is not None:
                _open(opened, to)
        if len(at):
            st.caption(f"{at[0] + 1:,} of {len(found):,}")


def _show_facts(opened: Opened, row: int) -> None:
    dataset, face = opened.dataset, opened.dataset.index.iloc[row]
    shown = emotions.describe(face["label"])
    st.html(f'<p class="fer-top">{shown.symbol} {escape(face["label"])}</p>')
    facts = [
        errors.plain(face["path"]),
        f"{SPLIT_NAMES[face['split']]}, {face['width']} × {face['height']} px, "
        f"brightness {face['mean']:.0f}, contrast {face['std']:.0f}",
    ]
    if face["label"] != face["label_original"]:
        facts.append(f"Labelled {errors.plain(face['label_original'])} in the data set")
    if face["subject"]:
        facts.append(f"Person {errors.plain(face['subject'])}")
    if face["excluded"]:
        facts.append(":material/block: Excluded by hand")
    facts += [
        f":material/flag: {words[:1].upper()}{words[1:]}"
        for finding, words in FINDINGS.items()
        if opened.report.findings[finding].iloc[row]
    ]
    st.markdown("  \n".join(facts))
    votes = dataset.votes
    if votes is not None and not np.isnan(votes[row]).any():
        total = float(votes[row].sum())
        named = {
            {"not_face": "not a face"}.get(name, name): float(count) / max(total, 1)
            for name, count in zip(VOTES, votes[row], strict=True)
            if count
        }
        st.caption(f"What {total:.0f} people chose")
        st.html(bars_html(named, top=face["label"]))


def _show_marking(opened: Opened, row: int) -> None:
    face = opened.dataset.index.iloc[row]
    path = [face["path"]]
    labels = emotions.ordered({*opened.dataset.labels, *emotions.ALL})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if st.button(
            "Take in again" if face["excluded"] else "Exclude",
            icon=":material/undo:" if face["excluded"] else ":material/block:",
            key="dataset.face.exclude",
        ):
            mark(opened, path, excluded=not face["excluded"])
        label = st.selectbox(
            "Right label",
            labels,
            index=labels.index(face["label"]),
            format_func=lambda name: f"{emotions.describe(name).symbol} {name}",
            key=f"dataset.face.label.{row}",
            width=220,
        )
        if st.button("Relabel", key="dataset.face.relabel", disabled=label == face["label"]):
            mark(opened, path, label=label)
        if face["label"] != face["label_original"] and st.button(
            "Undo its marks", key="dataset.face.undo"
        ):
            take_back(opened, path)


def _others(groups: np.ndarray, row: int) -> np.ndarray:
    if groups[row] < 0:
        return np.empty(0, np.int64)
    same = np.flatnonzero(groups == groups[row])
    others: np.ndarray = same[same != row]
    return others


def _show_row(opened: Opened, heading: str, found: np.ndarray, key: str) -> None:
    if not len(found):
        return
    st.caption(f"{heading} ({len(found):,})")
    chosen = face_page(
        thumbnails(opened.dataset, found[:NEIGHBOURS]),
        label=heading,
        key=f"dataset.face.{key}",
        size_px=56,
    )
    if chosen is not None:
        _open(opened, int(found[chosen]))


def _open(opened: Opened, row: int) -> None:
    st.session_state[keys.FACE] = opened.dataset.index["path"].iloc[row]
    st.rerun(scope="fragment")
