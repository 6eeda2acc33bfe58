"""What the people of a video show: the player, each person, the charts, the downloads."""

import io
from html import escape
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from fer import emotions
from fer.errors import FerError
from fer.inference.answer import FaceAnswer
from fer.inference.csv_log import as_csv
from fer.inference.drawing import draw_faces
from fer.inference.video_job import VideoJob
from fer.wording import counted, percent
from pages.common import errors
from pages.common.downloads import download
from pages.common.verdicts import in_percent, with_verdicts
from pages.video import keys
from pages.video.asking import ask_about_people
from pages.video.charts import choose_moment, show_shares
from pages.video.player import play, position, seek

FRAME_PX = (640, 480)  # at most
TABLE_HEIGHT_PX = 360
LISTED = 6  # more people are in a table


def show_results(job: VideoJob) -> None:
    """All that is known so far."""
    timeline = job.analysis.timeline
    table = pd.DataFrame(timeline.rows())
    if table.empty:
        if job.analysis.latest:
            show_frame(*job.analysis.latest, "The frame that is being analysed")
        if job.analysis.is_done:
            st.info("No face was found in this video.", icon=":material/search_off:")
        return
    left, right = st.columns([3, 2])
    is_analysing = job.work.is_working and not job.is_drawing
    if is_analysing and job.analysis.latest:
        with left:
            show_frame(*job.analysis.latest, f"The frame at {job.analysis.at_s:.1f} s")
    with right:
        show_people(job)
    clicked = choose_moment(table)
    if not is_analysing:
        with left:
            show_moment(job, clicked, end_s=float(table["until_s"].max()))
    show_shares(timeline)
    if timeline.dropped:
        st.caption(
            f"{counted(timeline.dropped, 'more person', 'more people')} not listed: "
            "only the first ones are."
        )
    show_downloads(job, table)


def show_moment(job: VideoJob, clicked: float | None, *, end_s: float) -> None:
    """The player, or, without a marked video, the frame at the chosen moment."""
    follow_click(clicked)
    player_place = st.container()
    last_s = max(job.analysis.at_s, 0.1)
    st.session_state[keys.MOMENT] = min(st.session_state.get(keys.MOMENT, 0.0), last_s)
    moment = st.slider(
        "Moment of the video", 0.0, last_s, step=0.1, format="%.1f s", key=keys.MOMENT,
        on_change=seek, label_visibility="collapsed",
    )  # fmt: skip
    frame = job.analysis.log.at(moment)
    faces = frame.faces if frame else ()
    with player_place:
        if job.annotated and not job.work.is_working:
            play(
                job.annotated.data, alt="The video with a box around each face", end_s=end_s,
                seek=st.session_state.get(keys.SEEK, 0), seek_s=moment,
                charts=(keys.SHARES, keys.PEOPLE), on_move=follow_player,
            )  # fmt: skip
            if job.annotated.until_s < job.analysis.at_s - 1:
                st.caption(f"The marked video ends at {job.annotated.until_s:.1f} s.")
        else:
            try:
                show_frame(job.analysis.frame_at(moment), faces, f"The frame at {moment:.1f} s")
            except FerError as error:  # the file is gone; the results are not
                errors.show(error)
    st.caption(f"At {moment:.1f} s: {errors.plain(in_words(faces))}")
    ask_about_people(job, moment)


def follow_click(clicked: float | None) -> None:
    """Go to the moment that was clicked in the chart; a second click on it clears and counts."""
    before = st.session_state.get(keys.CLICKED)
    if clicked == before:
        return
    st.session_state[keys.CLICKED] = clicked
    st.session_state[keys.MOMENT] = clicked if clicked is not None else before
    seek()


def follow_player() -> None:
    """Go to the moment at which the player was paused."""
    st.session_state[keys.MOMENT] = round(position(), 1)


def in_words(faces: tuple[FaceAnswer, ...]) -> str:
    """Who shows what on a frame."""
    return ", ".join(
        f"person {face.number} {face.verdict}"
        + (f" {percent(face.confidence)}" if face.reliable else "")
        for face in faces
    ) or "nobody"  # fmt: skip


def show_frame(pixels: np.ndarray, faces: tuple[FaceAnswer, ...], what: str) -> None:
    """A frame with the boxes of the analysis."""
    image = Image.fromarray(pixels)
    image.thumbnail(FRAME_PX, reducing_gap=2.0)
    scale = image.width / pixels.shape[1]
    buffer = io.BytesIO()
    Image.fromarray(draw_faces(np.asarray(image), faces, scale=scale)).save(buffer, "JPEG")
    st.image(buffer.getvalue(), alt=f"{what}: {in_words(faces)}")


def show_people(job: VideoJob) -> None:
    """Each person's dominant emotion, its share, the seconds in view, the mean confidence."""
    timeline = job.analysis.timeline
    people = timeline.summary()
    spent = timeline.seconds_of()
    top = max(spent, key=spent.__getitem__)
    mostly = f", mostly {errors.plain(emotions.with_symbol(top))}" if spent[top] else ""
    st.subheader(f"{counted(len(people), 'person', 'people')}{mostly}", anchor=False)
    if len(people) <= LISTED:
        st.html(f'<ul class="fer-people">{"".join(map(_person, people))}</ul>')
        return
    table = with_verdicts(pd.DataFrame(people))
    st.dataframe(
        in_percent(
            table[["person", "emotion", "share", "seconds", "confidence"]], ["share", "confidence"]
        ),
        hide_index=True,
        height=TABLE_HEIGHT_PX,
        column_config={
            "share": st.column_config.Column("of the time"),
            "seconds": st.column_config.NumberColumn("in view", format="%.1f s"),
            "confidence": st.column_config.Column("mean confidence"),
        },
    )


def _person(person: dict[str, Any]) -> str:
    seconds = f"{person['seconds']:.1f} s in view"
    if person["reliable"] == "false":
        color, heading, detail = emotions.UNRELIABLE_COLOR, person["unreliable_because"], seconds
    else:
        shown = emotions.describe(person["emotion"])
        color, heading = shown.color, f"{shown.symbol} {shown.label}"
        detail = (
            f"{percent(person['share'])} of the time · {seconds} · "
            f"mean confidence {percent(person['confidence'])}"
        )
    return f"""
<li style="--emotion: {color}"><p>Person {person["person"]}: <b>{escape(heading)}</b></p>
<p class="fer-quiet">{escape(detail)}</p></li>"""


def show_downloads(job: VideoJob, table: pd.DataFrame) -> None:
    """The results so far as files."""
    origin, log, problem = job.origin, job.analysis.log, job.analysis.problem
    stem = PurePath(origin.file).stem
    columns = [str(name) for name in table]

    def as_json() -> str:
        return "".join(origin.json(log, problem=problem))

    with st.container(horizontal=True):
        if job.annotated:
            data = job.annotated.data
            download("Marked video", lambda: data, f"{stem}-marked.mp4")
        download("Frames as CSV", lambda: origin.csv(log), f"{stem}.csv")
        download("JSON", as_json, f"{stem}.json")
        download(
            "Timeline as CSV",
            lambda: as_csv(columns, job.analysis.timeline.rows()),
            f"{stem}-timeline.csv",
        )
