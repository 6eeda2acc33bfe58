"""The question whether the model was right about a face, and the offer to keep the answer."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from fer import emotions
from fer.feedback.asking import Question
from fer.feedback.records import in_words
from fer.people import Action, may
from fer.wording import percent
from pages.common import errors
from pages.common.asking.contributions import contribution
from pages.common.asking.keeping import offer_to_keep, show_kept, show_waiting
from pages.common.asking.words import with_symbol
from pages.common.choices import page_of
from pages.common.gallery import gallery
from pages.common.pictures import Picture, data_uri

Place = tuple[str, int]
"""A photo, or a frame, by its key, and the number of a face or a person on it."""

Answers = dict[Place, str | None]
"""The visitor's own verdicts; None where one was taken back."""

FACES_A_PAGE = 24
_FACE_PX = 56
YES, NO = "Yes", "No"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A face to ask about.

    Attributes:
        place: Where its answer is kept in `Answers`.
        question: What to ask.
        name: What the page calls it, such as `Face 2`; "" where it is the only one.
    """

    place: Place
    question: Question
    name: str = ""


def ask(faces: Sequence[Asked], answers: Answers, *, key: str) -> None:
    """Ask about each of these faces, one after the other; an answer draws nothing else again."""
    if not may(Action.CORRECT):  # the sentence above the page has the reason
        return
    st.fragment(_draw)(faces, answers, key)


def _draw(faces: Sequence[Asked], answers: Answers, key: str) -> None:
    with st.container(key=f"{key}-asked", gap="small"):
        asked = _chosen_face(faces, answers, key) if len(faces) > 1 else faces[0]
        given = contribution()
        identity = asked.question.identity
        if identity in given.kept:
            show_kept(asked.question, given.kept[identity].verdict)
            return
        if identity in given.waiting:
            show_waiting(asked.question)
            return
        # Of this question alone: a widget that keeps its key keeps its value, too, and “Yes” would
        # become an answer about what another model answers.
        widget = f"{key}.{asked.place[1]}.{identity[:16]}"
        _ask_about(asked, answers, key=widget)
        if verdict := answers.get(asked.place):
            offer_to_keep(asked.question, verdict, key=widget)


def _chosen_face(faces: Sequence[Asked], answers: Answers, key: str) -> Asked:
    """The face that the visitor chose in a row of all; the first one until then."""
    shown, where = page_of(faces, FACES_A_PAGE, key=f"{key}.page")
    at_key = f"{key}.at"
    places = [asked.place for asked in shown]
    current = places.index(at) if (at := st.session_state.get(at_key)) in places else 0

    def choose(index: int) -> None:
        st.session_state[at_key] = places[index]

    gallery(
        [_picture(asked, answers) for asked in shown], label=f"Faces to ask about, {where}",
        key=f"{key}.faces", size_px=_FACE_PX, current=current, on_open=choose,
    )  # fmt: skip
    chosen: Asked = shown[current]
    return chosen


def _picture(asked: Asked, answers: Answers) -> Picture:
    face = asked.question.face
    color = emotions.describe(face.emotion).color if face.reliable else emotions.UNRELIABLE_COLOR
    answer = answers.get(asked.place)
    mark = f"✓ {in_words(answer)}" if answer else asked.name
    alt = f"{asked.name}: {face.verdict}" + (f", your answer {in_words(answer)}" if answer else "")
    return Picture(data_uri(face.crop), mark, alt, color)


def _ask_about(asked: Asked, answers: Answers, *, key: str) -> None:
    """Ask for a verdict: whether the answer was right, then, where it was not, what is."""
    question, face = asked.question, asked.question.face
    before = answers.get(asked.place)
    verdicts = list(question.verdicts)
    name = f"{asked.name}: " if asked.name else ""
    words = f"{name}{face.verdict}. What do you see in it?"
    if face.reliable:
        answer = f"{name}{emotions.with_symbol(face.emotion)} {percent(face.confidence)}. "
        was_right = before and (YES if before == face.emotion else NO)
        right = _pills(
            f"{answer if name else ''}Was this right?", [YES, NO], was_right, f"{key}.right"
        )
        if right != NO:
            answers[asked.place] = face.emotion if right == YES else None
            return
        verdicts.remove(face.emotion)
        words = "What do you see in it?"
    answers[asked.place] = _pills(words, verdicts, before, f"{key}.verdict")


def _pills(label: str, options: Sequence[str], before: str | None, key: str) -> str | None:
    if before in options:
        st.session_state.setdefault(key, before)  # after a change of page or a reload
    return st.pills(errors.plain(label), options, format_func=_in_words, key=key)


def _in_words(option: str) -> str:
    return option if option in (YES, NO) else with_symbol(option)
