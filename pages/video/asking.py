"""The question whether the model was right about a person at the chosen moment of a video."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from weakref import ref

import streamlit as st

from fer.errors import FerError
from fer.feedback.asking import Question
from fer.inference.answer import FacePrediction
from fer.inference.frame_log import FrameFaces
from fer.inference.spans import clearest_moment
from fer.inference.tracking import found_again
from fer.inference.video_job import VideoJob
from fer.people import Action, may
from pages.common import errors, predictors
from pages.common.asking.question import Answers, Asked, ask
from pages.video import keys
from pages.video.player import seek
from pages.video.sources import chosen


@dataclass(eq=False)
class _Known:
    """The visitor's answers about a video, and the faces found on the frame of the last one."""

    job: "ref[VideoJob]"
    answers: Answers = field(default_factory=dict)
    frame: int = -1
    faces: Mapping[int, FacePrediction] = field(default_factory=dict)


def _known_of(job: VideoJob) -> _Known:
    known: _Known | None = st.session_state.get(keys.KNOWN)
    if known is None or known.job() is not job:
        known = st.session_state[keys.KNOWN] = _Known(ref(job))
    return known


def ask_about_people(job: VideoJob, moment: float) -> None:
    """Ask, on demand: the frame is then looked at anew, as no analysis keeps what it saw."""
    if not may(Action.CORRECT):
        return
    with st.expander(
        "Was this right?", icon=":material/rate_review:", key=keys.ASKED, on_change="rerun"
    ) as asked:
        frame = job.analysis.log.at(moment)
        if not asked.open or frame is None:
            return
        person = _choose_person(job, frame)
        if person not in _numbers(frame):
            st.caption(f"Person {person} is not on this frame.")
            st.button(
                f"Go to person {person}", icon=":material/person_search:",
                on_click=_go_to, args=(job, person),
            )  # fmt: skip
            return
        try:
            _ask_about(job, frame, person)
        except FerError as error:  # the file is gone
            errors.show(error)


def _numbers(frame: FrameFaces) -> list[int]:
    return [face.number for face in frame.faces]


def _choose_person(job: VideoJob, frame: FrameFaces) -> int:
    """The person to ask about: of several, one on this frame until the visitor chooses another."""
    people = [row["person"] for row in job.analysis.timeline.summary()]
    if len(people) == 1:
        return int(people[0])
    if st.session_state.get(keys.PERSON) not in people:
        st.session_state[keys.PERSON] = next(iter(_numbers(frame)), people[0])

    def go() -> None:
        if st.session_state[keys.PERSON] not in _numbers(frame):
            _go_to(job, st.session_state[keys.PERSON])

    chosen_person: int = st.selectbox(
        "About", people, format_func=lambda number: f"Person {number}", key=keys.PERSON,
        on_change=go, width=200,
    )  # fmt: skip
    return chosen_person


def _go_to(job: VideoJob, person: int) -> None:
    st.session_state[keys.MOMENT] = clearest_moment(job.analysis.timeline, person)
    seek()


def _ask_about(job: VideoJob, frame: FrameFaces, person: int) -> None:
    video = chosen()
    if video is None or video.options is None:
        return
    predictor = predictors.predictor(video.options.model, video.options.detector)
    pixels = job.analysis.frame_at(frame.at_s)
    known = _known_of(job)
    if known.frame != frame.number:
        known.faces = found_again(frame.faces, predictor.predict(pixels).faces)
        known.frame = frame.number
    face = known.faces.get(person)
    if face is None:
        st.caption(
            f"The detector does not find person {person} on this frame alone. Choose another "
            "moment above."
        )
        return
    question = Question(
        face=face, card=predictor.card, detector=predictor.detector_name, source="video",
        read_photo=lambda: pixels,
    )  # fmt: skip
    place = str(frame.number), person
    name = f"Person {person} on this frame alone"
    ask(
        [Asked(place=place, question=question, name=name)],
        known.answers,
        key=f"{keys.ASKED}.{place[0]}",
    )
