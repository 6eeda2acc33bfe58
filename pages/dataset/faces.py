"""The gallery: filters, what they leave, and numbered pages of faces."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from fer import emotions
from fer.data import SPLITS, Dataset
from fer.data.audit import FINDINGS
from fer.data.query import MARKED, OPINIONS, SORTS, Query, rows
from fer.data.summary import SPLIT_NAMES
from pages.common.charts import bars_html, histogram
from pages.common.gallery import Thumbnail, face_page
from pages.dataset import keys
from pages.dataset.marks import show_marks
from pages.dataset.opened import Opened

A_PAGE = 200
SIZES = {"small": 48, "medium": 80, "large": 128}


def show_faces(opened: Opened) -> np.ndarray:
    """Show the gallery and return the positions of all faces that the filter leaves."""
    dataset = opened.dataset
    query = _choose(dataset)
    found = rows(dataset, opened.report, query)
    pages = max(1, -(-len(found) // A_PAGE))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(found):,}** of {len(dataset):,} faces")
        size = st.segmented_control(
            "Size of the faces",
            list(SIZES),
            default="medium",
            required=True,
            key=keys.SIZE,
            bind="query-params",
            label_visibility="collapsed",
        )
        show_marks(opened, found, is_filtered=query != Query(sort=query.sort))
    _show_distribution(opened, found)
    if not len(found):
        st.info(
            "No face fits all of these filters. Take one of them away.",
            icon=":material/filter_alt:",
        )
        return found
    if st.session_state.get(keys.PAGE, 1) > pages:
        st.session_state[keys.PAGE] = 1
    number = st.pagination(pages, key=keys.PAGE, bind="query-params") if pages > 1 else 1
    shown = found[(number - 1) * A_PAGE : number * A_PAGE]
    chosen = face_page(
        thumbnails(dataset, shown),
        label=f"Faces, page {number} of {pages}",
        key="dataset.gallery",
        size_px=SIZES[size],
    )
    if chosen is not None and chosen < len(shown):
        st.session_state[keys.FACE] = dataset.index["path"].iloc[int(shown[chosen])]
    return found


def thumbnails(dataset: Dataset, found: np.ndarray) -> list[Thumbnail]:
    """The faces at these positions, with a line in the colour of their class."""
    columns = dataset.index[["path", "label", "split"]].iloc[found]
    return [
        Thumbnail(
            pixels=pixels,
            caption="",
            alt=f"{label}, {SPLIT_NAMES[split]}, {path}{', excluded' if is_excluded else ''}",
            color=emotions.describe(label).color,
            faded=bool(is_excluded),
        )
        for pixels, (path, label, split), is_excluded in zip(
            dataset.pixels[found],
            columns.itertuples(index=False),
            dataset.excluded[found],
            strict=True,
        )
    ]


def _choose(dataset: Dataset) -> Query:
    splits = [split for split in SPLITS if split in set(dataset.index["split"].unique())]
    has_votes = dataset.votes is not None
    first, second = st.columns([1, 2]), st.columns(4 if has_votes else 3)
    with first[0]:
        split = _choice("Split", {split: SPLIT_NAMES[split] for split in splits}, keys.SPLIT)
    with first[1]:
        labels = st.multiselect(
            "Classes",
            dataset.labels,
            key=keys.CLASS,
            bind="query-params",
            placeholder="All classes",
            on_change=_first_page,
        )
    with second[0]:
        finding = _choice("Found by the audit", {**FINDINGS, **MARKED}, keys.FINDING)
    with second[1]:
        text = st.text_input(
            "In the file name",
            key=keys.TEXT,
            bind="query-params",
            placeholder="PublicTest_",
            on_change=_first_page,
        )
    with second[2]:
        sorts = SORTS if has_votes else {k: v for k, v in SORTS.items() if "label" not in v}
        sort = st.selectbox(
            "Sorted by",
            list(sorts),
            format_func=sorts.__getitem__,
            key=keys.SORT,
            bind="query-params",
            on_change=_first_page,
        )
    opinion = ""
    if has_votes:
        with second[3]:
            opinion = _choice("People", OPINIONS, keys.OPINION)
    return Query(
        splits=(split,) if split else (),
        labels=tuple(labels),
        opinion=opinion,
        finding=finding,
        text=(text or "").strip(),
        sort=sort or "path",
    )


def _choice(label: str, options: Mapping[str, str], key: str) -> str:
    """One of some values, or "" for all."""
    names = {"": "All", **options}
    chosen = st.selectbox(
        label,
        list(names),
        format_func=lambda value: choice_name(names[value]),
        key=key,
        bind="query-params",
        on_change=_first_page,
    )
    return chosen or ""


def choice_name(words: str) -> str:
    """A choice as it is shown, and as it stands in the address."""
    return words[:1].upper() + words[1:]


def _first_page() -> None:
    st.session_state[keys.PAGE] = 1


def _show_distribution(opened: Opened, found: np.ndarray) -> None:
    with st.expander("What these faces are like", icon=":material/bar_chart:"):
        index = opened.dataset.index.iloc[found]
        classes, brightness, contrast = st.columns(3)
        with classes:
            counts = index["label"].value_counts()
            total = max(1, len(index))
            st.html(
                bars_html(
                    {label: float(counts.get(label, 0)) / total for label in opened.dataset.labels}
                )
            )
        for column, name in ((brightness, "mean"), (contrast, "std")):
            with column:
                histogram(index[name].to_numpy(), what=name, key=f"dataset.faces.{name}")
