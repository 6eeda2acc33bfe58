"""One face: its neighbours, facts, votes, annotations, and similar faces."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer.data import VOTES, Dataset
from fer.data.near_duplicates import nearest
from fer.data.summary import SPLIT_NAMES
from pages.common import errors
from pages.common.browser.annotate import show_controls
from pages.common.browser.faces import show_row, thumbnails
from pages.common.browser.state import BrowserState
from pages.common.charts import bars_html
from pages.common.gallery import Thumbnail
from pages.common.pictures import pictures_html

_MOST_ALIKE = 12


def row_of(dataset: Dataset, path: str) -> int | None:
    """Where the face of this path is in the data set."""
    rows = np.flatnonzero((dataset.index["path"] == path).to_numpy())
    return int(rows[0]) if len(rows) else None


def show_face(
    state: BrowserState,
    dataset: Dataset,
    row: int,
    head: Callable[[], DeltaGenerator],
    *,
    shown: np.ndarray | None = None,
    findings: Sequence[str] = (),
    predicted: str = "",
    near: np.ndarray | None = None,
    place: str = "",
) -> None:
    """Everything that is known about a face, and its annotations.

    Args:
        state: Where another face is opened.
        dataset: The data set.
        row: Position of the face in it.
        head: Draws what the screen shows first, and returns the place of the facts.
        shown: Positions of the faces to step through; None in a dialog that opens no other face.
        findings: What an audit found.
        predicted: What a model predicted.
        near: Positions of near duplicates, if an audit found them.
        place: Distinguishes the widgets of a face that is open twice.
    """
    if shown is not None:
        _show_steps(state, dataset, shown, row)
    with head():
        _show_facts(dataset, row, findings)
        _show_votes(dataset, row, predicted)
    show_controls(state, dataset, row, suggested=predicted, place=place)
    _show_alike(state, dataset, row, near, can_open=shown is not None)


def _show_steps(state: BrowserState, dataset: Dataset, rows: np.ndarray, row: int) -> None:
    at = np.flatnonzero(rows == row)
    if not len(at):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, to in (("Previous", at[0] - 1), ("Next", at[0] + 1)):
            exists = 0 <= to < len(rows)
            path = dataset.index["path"].iloc[rows[to]] if exists else ""
            st.button(
                name, key=f"{state.face}.{name}", disabled=not exists, on_click=state.open,
                args=(path,),
            )  # fmt: skip
        st.caption(f"{at[0] + 1:,} of {len(rows):,}")


def _show_facts(dataset: Dataset, row: int, findings: Sequence[str]) -> None:
    face = dataset.index.iloc[row]
    facts = [
        errors.plain(face["path"]),
        f"{SPLIT_NAMES[face['split']]}, {face['width']} × {face['height']} px, "
        f"brightness {face['mean']:.0f}, contrast {face['std']:.0f}",
    ]
    if dataset.relabelled[row]:
        facts.append(f"Labelled {errors.plain(face['label_original'])} in the data set")
    if face["subject"]:
        facts.append(f"Person {errors.plain(face['subject'])}")
    if face["excluded"]:
        facts.append(":material/block: Excluded by hand")
    facts += [f":material/flag: {finding[:1].upper()}{finding[1:]}" for finding in findings]
    st.markdown("  \n".join(facts))


def _show_votes(dataset: Dataset, row: int, predicted: str) -> None:
    face, columns = dataset.index.iloc[row], [f"votes_{name}" for name in VOTES]
    if columns[0] not in face or face[columns].isna().any():
        return
    votes = {name: float(face[f"votes_{name}"]) for name in VOTES}
    total, label = sum(votes.values()), face["label"]
    sentence = f"What {total:.0f} people chose"
    if predicted:
        sentence = f"{votes.get(predicted, 0):.0f} of {total:.0f} people chose {predicted} too"
        if label != predicted:
            sentence += f"; {votes.get(label, 0):.0f} chose {label}"
    st.markdown(f"**{sentence}.**")
    chosen = sorted((item for item in votes.items() if item[1]), key=lambda item: -item[1])
    names = {"not_face": "not a face"}
    shares = {names.get(name, name): count / max(total, 1) for name, count in chosen}
    st.html(bars_html(shares, top=label))


@st.cache_data(max_entries=64, show_spinner=False)
def _nearest(face: tuple[object, ...], _pixels: np.ndarray, row: int, count: int) -> np.ndarray:
    return nearest(_pixels, row, count)


def _show_alike(
    state: BrowserState, dataset: Dataset, row: int, near: np.ndarray | None, *, can_open: bool
) -> None:
    hashes = dataset.index["hash"]
    copies = np.setdiff1d(np.flatnonzero((hashes == hashes.iloc[row]).to_numpy()), [row])
    close = np.setdiff1d([] if near is None else near, [*copies, row]).astype(np.int64)
    seen = np.union1d(copies, close)
    face = (str(dataset.folder), dataset.pixels.shape, dataset.index["path"].iloc[row])
    alike = _nearest(face, dataset.pixels, row, _MOST_ALIKE + len(seen))
    alike = alike[~np.isin(alike, seen)]

    def draw(dataset: Dataset, rows: np.ndarray) -> list[Thumbnail]:
        index = dataset.index.iloc[rows]
        facts = zip(thumbnails(dataset, rows), index["split"], index["label"], strict=True)
        return [
            replace(one, caption=f"{SPLIT_NAMES[split]}, {label}") for one, split, label in facts
        ]

    plural = "exact copy" if len(copies) == 1 else "exact copies"
    for heading, rows, key in (
        (f"{len(copies) or 'No'} {plural} in the data set", copies, "copies"),
        (f"Near duplicates ({len(close):,})", close, "near"),
        ("Most alike", alike, "alike"),
    ):
        shown = rows[:_MOST_ALIKE]
        if len(shown) or key == "copies":
            st.caption(heading)
        if len(shown) and can_open:
            show_row(state, dataset, shown, draw=draw, label=heading, key=f"face.{key}", size_px=72)
        elif len(shown):
            st.html(
                pictures_html([(one.pixels, one.caption, one.alt) for one in draw(dataset, shown)])
            )
