"""A map of all faces: those that a network sees alike are near each other."""

import hashlib
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from fer import emotions, models, settings
from fer.data import Dataset, load_dataset
from fer.evaluation.face_map import face_map, kept_map, sampled, surroundings
from fer.models.card import read_card
from fer.wording import counted
from pages.common import predictors
from pages.common.browser.faces import Browser
from pages.common.browser.selection import show_choice, show_choosing
from pages.common.cache import Work, dataset_work
from pages.common.choices import select
from pages.common.progress import Meter
from pages.dataset import keys
from pages.dataset.opened import Opened

_PER_PAGE = 200
_HEIGHT_PX = 400
_MANY = 5000  # faces, which need smaller points
_DRAWN = 20_000
"""The most points of the chart; a browser takes seconds for every lasso around more."""

_SHAPES = ("circle", "square", "diamond", "cross", "x", "triangle-up", "star", "pentagon")
_ASKED = "dataset.map.asked"


def show_map(opened: Opened) -> np.ndarray:
    """The map and the faces chosen on it; return the positions of these."""
    names = models.list_models()
    if not names:
        st.info("A map needs a model. Train one on the Train page.", icon=":material/school:")
        return np.empty(0, np.int64)
    default = settings.default_model()
    name = st.selectbox(
        "As this model sees the faces", names, width=320, key=keys.MAP_MODEL,
        index=names.index(default) if default in names else 0,
    )  # fmt: skip
    places = _places(opened.dataset, name)
    if places is None:
        return np.empty(0, np.int64)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        marked = _show_chart(opened.dataset, places)
    with right:
        among = _choose_among(opened.dataset, places)
        rows = marked if len(marked) else among
        if len(rows):
            _show_chosen(opened.browser, rows)
    return rows


def _show_chosen(browser: Browser, rows: np.ndarray) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{counted(len(rows), 'face')}**")
        show_choosing(browser)
    part, label = browser.choose_page(rows, _PER_PAGE)
    browser.show(part, label, key="map.faces", height_px=_HEIGHT_PX, can_choose=True)
    show_choice(browser, rows)


def _places(dataset: Dataset, model: str) -> np.ndarray | None:
    """Where the faces are; the first time, once that is asked for."""
    key = (
        dataset.name,
        model,
        read_card(models.find(model) / models.CARD_FILE).model_sha256,
    )
    asked = st.session_state.get(_ASKED) == key
    places = _drawing(*key, asked).result()
    if asked:
        _drawing.clear(*key, False)  # it had found nothing
    if places is None:
        st.markdown(
            f"The network looks at {counted(len(dataset), 'face')} once, which takes some minutes "
            "for tens of thousands. The map is then kept."
        )
        if st.button("Draw the map", type="primary", key="dataset.map.draw"):
            st.session_state[_ASKED] = key
            st.rerun()
    return places


@st.cache_resource(max_entries=3, show_spinner=False, validate=Work.is_usable)
def _drawing(name: str, model: str, sha256: str, may_draw: bool) -> Work[np.ndarray | None]:
    def draw(meter: Meter) -> np.ndarray | None:
        card = read_card(models.find(model) / models.CARD_FILE)
        dataset = load_dataset(
            name, height=card.height, width=card.width, channels=card.channels,
            validation_fraction=0, progress=meter,
        )  # fmt: skip
        kept = kept_map(card, dataset)
        if kept is not None or not may_draw:
            return kept
        meter.note("Loading the model…")
        predictors.import_keras()
        return face_map(models.load(model), dataset, progress=meter, begin=meter.begin)

    return dataset_work(name, draw)


def _show_chart(dataset: Dataset, places: np.ndarray) -> np.ndarray:
    """The map; return the positions of the faces inside the lasso or box."""
    drawn = sampled(len(dataset), _DRAWN)
    labels = dataset.index["label"].to_numpy(str)[drawn]
    figure = go.Figure()
    for number, label in enumerate(dataset.labels):
        rows = drawn[labels == label]
        figure.add_scattergl(
            x=places[rows, 0], y=places[rows, 1], customdata=rows, mode="markers",
            name=emotions.with_symbol(label), hovertemplate=f"{label}<extra></extra>",
            marker={
                "size": 4 if len(drawn) > _MANY else 7, "opacity": 0.7,
                "color": emotions.describe(label).color,
                "symbol": _SHAPES[number % len(_SHAPES)],
            },
        )  # fmt: skip
    axis = {"visible": False}
    figure.update_layout(
        height=560, margin={"t": 10, "b": 10, "l": 0, "r": 0}, dragmode="lasso",
        xaxis=axis, yaxis={**axis, "scaleanchor": "x"},
        legend={"orientation": "h", "y": -0.02, "itemsizing": "constant"},
        uirevision="map",
    )  # fmt: skip
    st.plotly_chart(
        figure, key=keys.MAP_CHART, on_select=_mark, selection_mode=("lasso", "box"),
        config={"scrollZoom": True, "displaylogo": False},
        alt="Map of all faces, coloured by class; the lists beside it reach the same faces",
    )  # fmt: skip
    if len(drawn) < len(dataset):
        st.caption(
            f"The chart has {counted(len(drawn), 'face')} of {len(dataset):,}, chosen at random. "
            "The lists reach all."
        )
    marked = np.array(st.session_state.get(keys.MAP_MARKED, ()), np.int64)
    return marked[marked < len(dataset)]


def _mark() -> None:
    """Keep what the lasso holds: an annotation changes the chart, which then forgets it."""
    keys.BROWSER.restart()
    points = st.session_state[keys.MAP_CHART]["selection"]["points"]
    st.session_state[keys.MAP_MARKED] = sorted(_row(point["customdata"]) for point in points)


def _row(customdata: Any) -> int:
    """The position that a point carries, alone or in whichever container the browser sends it."""
    if isinstance(customdata, dict):
        customdata = list(customdata.values())
    return int(customdata[0] if isinstance(customdata, list) else customdata)


def _choose_among(dataset: Dataset, places: np.ndarray) -> np.ndarray:
    """The same by keyboard: faces of a class that lie among those of another, strangest first."""
    st.caption("Draw a lasso or box around faces to see them, or choose them here:")
    left, right = st.columns(2)
    names = {label: emotions.with_symbol(label) for label in dataset.labels}
    bound = {"bind": "query-params", "on_change": keys.BROWSER.restart}
    label = select(left, "Labelled", {"": "any class", **names}, key=keys.MAP_LABEL, **bound)
    among = select(
        right, "Lying among", {"": "choose a class…", **names}, key=keys.MAP_AMONG, **bound
    )
    if not among:
        return np.empty(0, np.int64)
    targets = dataset.targets
    digest = hashlib.sha256(places.tobytes() + targets.tobytes()).hexdigest()
    shares = _surroundings(digest, places, targets, len(dataset.labels))
    share = shares[:, dataset.labels.index(among)]
    own = dataset.index["label"].to_numpy(str)
    rows = np.flatnonzero((share >= 0.5) & ((own == label) if label else True))
    strangest: np.ndarray = rows[np.argsort(-share[rows], kind="stable")]
    return strangest


@st.cache_data(max_entries=3, show_spinner="Looking at the neighbours of each face…")
def _surroundings(
    digest: str, _places: np.ndarray, _targets: np.ndarray, classes: int
) -> np.ndarray:
    """`surroundings`, which takes seconds for a million faces."""
    return surroundings(_places, _targets, classes)
