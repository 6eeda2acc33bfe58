"""Films in, who showed what and when out."""

import time
from pathlib import Path

import altair as alt
import pandas as pd
import streamlit as st

from fer import emotions, settings
from fer.errors import FerError
from fer.inference.predictor import Predictor
from pages.common import errors, predictors
from pages.common.pictures import annotated
from pages.video import keys
from pages.video.film import Film, FilmKey, frame_at, open_film

FORMATS = ["mp4", "mov", "m4v", "webm", "mkv", "avi", "mpg", "mpeg", "mjpeg"]
LOCAL = ("127.0.0.1", "localhost", "::1")
SHOWN_EVERY_S = 0.3
AXIS_PX = 48  # of both charts, so that a moment lies at one place in them
FRAME_WIDTH_PX = 640  # a narrower screen shows it narrower


def main() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("What do faces show over time?", anchor=False)
        every = choose_settings()
    name, key, source = choose_film()
    if source is None:
        forget_film()
        st.caption(
            "Films are looked at in memory, frame by frame, and forgotten when you leave. For long "
            "ones, and for a film with the faces marked: `python -m fer video FILE`."
        )
        return
    try:
        predictor = predictors.predictor(settings.default_model(), predictors.DEFAULT_DETECTOR)
        film = session_film((key, every, predictor), name, source)
        look(film)
        show_timeline(film, predictor)
    except FerError as error:
        errors.show(error, about=name)


def choose_settings() -> int:
    with st.popover("Settings", icon=":material/tune:"):
        return st.slider(
            "Look at every so many frames", 1, 30, 2, key=keys.EVERY, persist_state="session"
        )


def choose_film() -> tuple[str, str, bytes | Path | None]:
    """Name, key and source of the film; the source is None while there is none."""
    file = st.file_uploader("A film", type=FORMATS, key=keys.UPLOAD)
    if file is not None:
        return file.name, file.file_id, file.getvalue()
    # Only who sits at this machine may name its files.
    if st.get_option("server.address") in LOCAL:
        path = st.text_input(
            "Or its path on this machine", key=keys.PATH, placeholder="/home/me/film.mp4"
        ).strip()
        if path:
            return path, path, Path(path).expanduser()
    return "", "", None


def forget_film() -> None:
    film: Film | None = st.session_state.pop(keys.FILM, None)
    if film is not None:
        film.video.close()


def session_film(key: FilmKey, name: str, source: bytes | Path) -> Film:
    film: Film | None = st.session_state.get(keys.FILM)
    if film is None or film.key != key:
        forget_film()
        film = open_film(key, name, source)
        st.session_state[keys.FILM] = film
    return film


def look(film: Film) -> None:
    """Go on with the film until its end or until the visitor does something."""
    bar = st.empty()
    if not film.done:
        label, icon = (
            ("Pause", ":material/pause:") if film.running else ("Go on", ":material/play_arrow:")
        )
        st.button(label, icon=icon, on_click=toggle, args=(film,))
        bar.progress(share_done(film), progress_words(film))
    last_shown = started = time.monotonic()
    while film.running and not film.done:
        step = next(film.steps, None)
        now = time.monotonic()
        film.spent_s += now - started
        started = now
        if step is None:
            film.done = True
            film.video.close()
            st.rerun()
        film.frames += 1
        film.at_s = step.frame.at_s
        film.timeline.add(step.frame.at_s, step.faces)
        if now - last_shown > SHOWN_EVERY_S:
            last_shown = now
            bar.progress(share_done(film), progress_words(film))
    if film.video.problem:
        st.warning(
            f"The film is damaged: {film.video.problem}. What could be read is shown.",
            icon=":material/broken_image:",
        )


def toggle(film: Film) -> None:
    film.running = not film.running


def share_done(film: Film) -> float:
    return min(film.at_s / film.video.duration_s, 1.0) if film.video.duration_s else 0.0


def progress_words(film: Film) -> str:
    share = share_done(film)
    left_s = film.spent_s / share * (1 - share) if share else 0
    eta = f", about {left_s:.0f} s left" if left_s > 1 and film.running else ""
    whole = f" of {film.video.duration_s:.1f}" if film.video.duration_s else ""
    return f"{film.at_s:.1f}{whole} s, {film.frames:,} frames{eta}"


def show_timeline(film: Film, predictor: Predictor) -> None:
    rows = film.timeline.rows()
    if not rows:
        if film.done:
            st.info("No face was seen in this film.", icon=":material/search_off:")
        return
    table = pd.DataFrame(rows)
    table["until_s"] = table["time_s"] + film.timeline.step_s
    st.header("Timeline", anchor=False)
    chosen = charts(table, film)
    st.download_button(
        "Timeline as CSV",
        table.to_csv(index=False),
        "timeline.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    moment = st.slider(
        "Moment (s)",
        0.0,
        max(film.at_s, 0.1),
        min(chosen, film.at_s) if chosen is not None else 0.0,
        step=0.1,
        help="A click on the timeline by person moves it, too.",
    )
    prediction = predictor.predict(frame_at(film, moment))
    words = ", ".join(face.emotion for face in prediction.faces) or "no face"
    with st.container(width=FRAME_WIDTH_PX):
        st.image(
            annotated(prediction.photo, prediction.faces),
            alt=f"The frame at {moment:.1f} s: {words}",
            caption=f"{moment:.1f} s, this frame alone: {words}",
        )


def charts(table: pd.DataFrame, film: Film) -> float | None:
    """Both charts; the time of the step that was clicked."""
    labels = list(film.timeline.labels)
    colors = alt.Scale(domain=labels, range=[emotions.describe(label).color for label in labels])
    end = float(table["until_s"].max())
    time_axis = alt.X("time_s:Q", title="seconds", scale=alt.Scale(domain=[0, end], nice=False))
    shares = table.groupby("time_s")[[f"p_{label}" for label in labels]].mean()
    shares.columns = pd.Index(labels)
    shares.loc[end] = shares.iloc[-1]  # the last step has a width, too
    long = shares.reset_index().melt("time_s", var_name="emotion", value_name="probability")
    st.caption("Mean probability of each emotion")
    st.altair_chart(
        alt.Chart(long)
        .mark_area(interpolate="step-after")
        .encode(
            x=time_axis,
            y=alt.Y(
                "probability:Q",
                stack="zero",
                title=None,
                axis=alt.Axis(format="%", minExtent=AXIS_PX),
            ),
            color=alt.Color(
                "emotion:N",
                scale=colors,
                legend=alt.Legend(orient="bottom", title=None, columns=4),
            ),
            tooltip=["time_s", "emotion", alt.Tooltip("probability", format=".0%")],
        )
        .properties(height=320),
    )
    st.caption("Most probable emotion of each person; click a moment to see it")
    picked = alt.selection_point(name="moment", fields=["time_s"], on="click", empty=False)
    event = st.altair_chart(
        alt.Chart(table)
        .mark_rect()
        .encode(
            x=time_axis,
            x2="until_s:Q",
            y=alt.Y("person:N", title=None, axis=alt.Axis(minExtent=AXIS_PX)),
            color=alt.Color("emotion:N", scale=colors, legend=None),
            opacity=alt.Opacity("confidence:Q", scale=alt.Scale(domain=[0, 1]), legend=None),
            tooltip=["time_s", "person", "emotion", alt.Tooltip("confidence", format=".0%")],
        )
        .add_params(picked)
        .properties(height=min(80 + 30 * table["person"].nunique(), 400)),
        on_select="rerun",
        key=keys.MOMENT,
    )
    points = event["selection"].get("moment") or []
    return float(points[0]["time_s"]) if points else None


main()
