"""Many photos: how far they are, a grid or a table of them, which a filter narrows, and totals."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from fer import emotions
from fer.inference.album import Album, Photo
from fer.inference.answer import NO_FACE, FacePrediction
from fer.wording import counted, duration, percent
from pages.common import errors
from pages.common.asking.question import Answers
from pages.common.charts import bars_html
from pages.common.choices import page_of, segments
from pages.common.gallery import gallery
from pages.common.pictures import Picture
from pages.common.verdicts import in_percent, with_symbol
from pages.predict import keys
from pages.predict.analysis import Analysis
from pages.predict.photo import MadeWith
from pages.predict.results import Results, answered, as_table, downloads

PHOTOS_A_PAGE = 24
TILE_PX = 160
NAMED_PHOTOS = 30
VIEWS = {"grid": ":material/grid_view: Photos", "table": ":material/table: Table"}


def show_progress(album: Album[Analysis]) -> None:
    """How many photos are done, which ones are not, and a button to pause or resume."""
    pending = album.pending
    if not pending:
        return
    done, names = len(album) - len(pending), {photo.key: photo.name for photo in album.photos}
    left_s = album.left_s if album.is_working else 0
    eta = f", about {duration(left_s)} left" if left_s > 1 else ""
    state = "Paused: " if album.is_paused else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        text = f"{state}{done:,} of {counted(len(album), 'photo')} done{eta}"
        st.progress(done / len(album), text)
        if album.is_paused:
            st.button("Resume", icon=":material/play_arrow:", on_click=album.resume)
        else:
            st.button("Pause", icon=":material/pause:", on_click=album.pause)
    with st.expander(f"Not done yet: {counted(len(pending), 'photo')}"):
        more = len(pending) - NAMED_PHOTOS
        listed = ", ".join(errors.plain(names.get(key, "")) for key in pending[:NAMED_PHOTOS])
        st.caption(listed + (f" and {more:,} more" if more > 0 else ""))


def chosen_results(results: Results) -> Results:
    """The photos that fit the filter; all of them while nothing is chosen in it."""
    good = answered(results)
    verdicts = Counter(verdict for _, result in good for verdict in set(_verdicts(result)))
    labels = [*emotions.ordered(verdicts.keys() - {NO_FACE}), *({NO_FACE} & verdicts.keys())]
    chosen = st.pills(
        "Show only photos with",
        labels,
        format_func=lambda verdict: f"{with_symbol(verdict)} {verdicts[verdict]:,}",
        selection_mode="multi",
        key=keys.FILTER,
        on_change=_to_first_page,
    )
    if not chosen:
        return results
    return [(photo, result) for photo, result in good if set(chosen) & set(_verdicts(result))]


def _to_first_page() -> None:
    st.session_state[keys.PAGE] = 1


def _verdicts(result: Analysis) -> Sequence[str]:
    return [face.verdict for face in result.faces] or [NO_FACE]


def show_photos(results: Results, answers: Answers, made_with: MadeWith) -> None:
    """A grid or a table, of which each photo can be opened, and the downloads."""
    good = answered(results)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        view = segments(
            "View", VIEWS, default="grid", key=keys.VIEW, persist_state="session",
            label_visibility="collapsed",
        )  # fmt: skip
        # Above the photos: who pauses a long analysis looks for what is done so far.
        with st.popover("Download", icon=":material/download:"):
            downloads(results, answers, made_with)
    if view == "grid":
        _show_grid(good, made_with)
    else:
        _show_table(good, answers, made_with)


def _open(keys_shown: Sequence[str], index: int) -> None:
    """Open a photo; it is the whole page that does so, not the fragment that was clicked."""
    st.session_state[keys.OPEN] = keys_shown[index]
    st.session_state[keys.IS_OPENING] = True


def _show_grid(good: Sequence[tuple[Photo, Analysis]], made_with: MadeWith) -> None:
    on_page, where = page_of(good, PHOTOS_A_PAGE, key=keys.PAGE)
    gallery(
        [_tile(photo, result, made_with) for photo, result in on_page],
        label=f"Photos, {where}",
        key=keys.GRID,
        size_px=TILE_PX,
        on_open=partial(_open, [photo.key for photo, _ in on_page]),
    )


def _tile(photo: Photo, result: Analysis, made_with: MadeWith) -> Picture:
    """A photo with its first answers; the line under it has the colour of the largest face."""
    faces = [face for face in result.faces if face.reliable]
    color = emotions.describe(faces[0].emotion).color if faces else emotions.UNRELIABLE_COLOR
    words = ", ".join(_answer(face, made_with) for face in result.faces[:2]) or NO_FACE
    more = f" +{len(result.faces) - 2}" if len(result.faces) > 2 else ""
    return Picture(result.drawn.tile, words + more, f"{photo.name}: {words}{more}", color)


def _answer(face: FacePrediction, made_with: MadeWith) -> str:
    if not face.reliable:
        return face.verdict
    confidence = percent(face.confidence)
    if face.confidence < made_with.unsure_below:
        return f"not sure: {face.emotion} {confidence}"
    return f"{emotions.with_symbol(face.emotion)} {confidence}"


def _show_table(
    good: Sequence[tuple[Photo, Analysis]], answers: Answers, made_with: MadeWith
) -> None:
    labels = made_with.predictor.card.labels
    table = as_table(good, answers, labels)
    places = [photo.key for photo, result in good for _ in result.faces or [None]]
    key = f"{keys.TABLE}.{st.session_state.get(keys.CLOSED, 0)}"

    def opens() -> None:
        if cells := st.session_state[key]["selection"]["cells"]:
            _open(places, cells[0][0])

    st.dataframe(
        in_percent(table, ["Confidence", *map(str.capitalize, labels)]), hide_index=True, key=key,
        on_select=opens, selection_mode="single-cell", placeholder="",
    )  # fmt: skip
    st.caption("Click a row to open its photo.")


def show_totals(results: Results) -> None:
    """Shares and means over all reliable faces."""
    faces = _faces(results)
    reliable = [face for face in faces if face.reliable]
    if not reliable:
        return
    labels, counts = list(faces[0].probabilities), Counter(face.emotion for face in reliable)
    means = pd.DataFrame([face.probabilities for face in reliable]).mean()
    which = (
        "all faces" if len(reliable) == len(faces) else f"{counted(len(reliable), 'reliable face')}"
    )
    st.header("All photos together", anchor=False)
    left, right = st.columns(2)
    left.caption(f"Most probable emotion, as a share of {which}")
    left.html(bars_html({label: counts[label] / len(reliable) for label in labels}))
    right.caption(f"Mean probability over {which}")
    right.html(bars_html({label: means[label] for label in labels}))


def _faces(results: Results) -> list[FacePrediction]:
    return [face for _, result in answered(results) for face in result.faces]


def headline(results: Results) -> str:
    """How many photos, faces and skipped photos there are."""
    faces, good = _faces(results), answered(results)
    failed = len(results) - len(good)
    without = sum(not result.faces for _, result in good)
    reasons = Counter(face.unreliable_because for face in faces if not face.reliable)
    words = [counted(len(results), "photo"), counted(len(faces), "face")]
    words += [f"{count:,} {reason}" for reason, count in reasons.items()]
    words += [f"{counted(without, 'photo')} without a face"] if without else []
    words += [f"{counted(failed, 'photo')} skipped"] if failed else []
    return ", ".join(words) + "."
