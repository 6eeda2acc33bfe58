"""One face: its neighbours, facts, votes, annotations, and similar faces."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer.data import VOTES, Dataset, annotations
from fer.data.near_duplicates import nearest
from fer.wording import split_name
from pages.common import errors
from pages.common.browser.annotate import show_controls, trail_of
from pages.common.browser.faces import Browser
from pages.common.charts import bars_html
from pages.common.pictures import pictures_html

_MOST_SIMILAR = 12


def show_face(
    browser: Browser,
    row: int,
    place: DeltaGenerator,
    *,
    findings: Sequence[str] = (),
    predicted: str = "",
    near: np.ndarray | None = None,
    rows: np.ndarray | None = None,
) -> None:
    """Everything that the data set knows about a face, and its annotations.

    Args:
        browser: Where another face is opened.
        row: Position of the face.
        place: Where its facts are shown; the rest is below.
        findings: What an audit found.
        predicted: What a model predicted.
        near: Positions of near duplicates, if an audit found them.
        rows: Positions of the faces to step through; None if it is shown beside the open face,
            and opens no other.
    """
    with place:
        _show_facts(browser.dataset, row, findings)
        _show_votes(browser.dataset, row, predicted)
    show_controls(browser, row, rows, place="" if rows is not None else ".beside")
    _show_similar(browser, row, near, can_open=rows is not None)


def show_steps(browser: Browser, rows: np.ndarray) -> None:
    """Buttons that open the face before and after the open one, among those at these positions."""
    trail = trail_of(browser, rows)
    if browser.state.path not in trail:
        return
    at = trail.index(browser.state.path)
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, letter, to in (("Previous", "P", at - 1), ("Next", "N", at + 1)):
            exists = 0 <= to < len(trail)
            st.button(
                name, key=f"{browser.state.face}.{name}", disabled=not exists, shortcut=letter,
                on_click=browser.state.step, args=(trail[to] if exists else "",),
            )  # fmt: skip
        st.caption(f"{at + 1:,} of {len(trail):,}")


def _show_facts(dataset: Dataset, row: int, findings: Sequence[str]) -> None:
    face = dataset.index.iloc[row]
    facts = [
        errors.plain(face["path"]),
        f"{split_name(face['split'])}, {face['width']} × {face['height']} px, "
        f"brightness {face['mean']:.0f}, contrast {face['std']:.0f}",
    ]
    if dataset.relabelled[row]:
        own = face.get("label_given", face["label_original"])
        facts.append(
            f":material/label: Labelled {errors.plain(own)} in the data set, "
            f"{errors.plain(face['label'])} by hand"
        )
    if face["subject"]:
        facts.append(f"Person {errors.plain(face['subject'])}")
    if face["excluded"]:
        facts.append(":material/block: Excluded by hand")
    facts += _annotated_by(dataset, row)
    facts += [f":material/flag: {finding[:1].upper()}{finding[1:]}" for finding in findings]
    st.markdown("  \n".join(facts))


def _annotated_by(dataset: Dataset, row: int) -> list[str]:
    """Who annotated a face last, and when, where somebody had to sign in."""
    if not (dataset.excluded[row] or dataset.relabelled[row]):
        return []
    given = annotations.read(dataset).get(dataset.index["path"].iloc[row])
    if given is None or not given.by:
        return []
    return [f":material/person: By {errors.plain(given.by)}, {given.when[:10]}"]


def _show_votes(dataset: Dataset, row: int, predicted: str) -> None:
    face, columns = dataset.index.iloc[row], [f"votes_{name}" for name in VOTES]
    if columns[0] not in face or face[columns].isna().any():
        return
    votes = {name: float(face[f"votes_{name}"]) for name in VOTES}
    total, label = sum(votes.values()), face["label_original"] or face["label"]
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


def _show_similar(browser: Browser, row: int, near: np.ndarray | None, *, can_open: bool) -> None:
    dataset = browser.dataset
    hashes = dataset.index["hash"]
    copies = np.setdiff1d(np.flatnonzero((hashes == hashes.iloc[row]).to_numpy()), [row])
    close = np.setdiff1d([] if near is None else near, [*copies, row]).astype(np.int64)
    seen = np.union1d(copies, close)
    face = (str(dataset.folder), dataset.pixels.shape, dataset.index["path"].iloc[row])
    similar = _nearest(face, dataset.pixels, row, _MOST_SIMILAR + len(seen))
    similar = similar[~np.isin(similar, seen)]
    plural = "exact copy" if len(copies) == 1 else "exact copies"
    for heading, rows, key in (
        (f"{len(copies) or 'No'} {plural} in the data set", copies, "copies"),
        (f"Near duplicates ({len(close):,})", close, "near"),
        ("Most similar faces", similar, "similar"),
    ):
        shown = rows[:_MOST_SIMILAR]
        if len(shown) or key == "copies":
            st.caption(heading)
        index = dataset.index.iloc[shown]
        pictures = [
            replace(picture, caption=f"{split_name(split)}, {label}")
            for picture, split, label in zip(
                browser.pictures(shown), index["split"], index["label"], strict=True
            )
        ]
        if can_open:
            browser.show(shown, heading, key=f"face.{key}", pictures=pictures, size_px=72)
        elif pictures:
            st.html(pictures_html(pictures))
