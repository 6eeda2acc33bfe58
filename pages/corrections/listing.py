"""The visitor's corrections as pictures, one of them in full, and as a table."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from fer import emotions
from fer.feedback.records import Correction, Status, in_words
from fer.wording import percent
from pages.common.asking.contributions import contribution, opened_store
from pages.common.asking.correction import correction_html
from pages.common.choices import page_of
from pages.common.gallery import gallery
from pages.common.pictures import Picture, png_uri
from pages.common.screens import SCREENS
from pages.corrections import keys

if TYPE_CHECKING:
    from fer.feedback.store import Store

PER_PAGE = 48
SIZE_PX = 80
STATES: dict[str, str] = {
    Status.NEW: "not reviewed yet",
    Status.ACCEPTED: "accepted",
    Status.REJECTED: "rejected",
    Status.QUARANTINED: "set aside",
}


def show_corrections(
    store: "Store", mine: Sequence[Correction], on_delete: Callable[[list[str]], None]
) -> None:
    """Their faces, of which one can be opened; only those of the page are read.

    Raises:
        FeedbackUnavailable: If the database cannot be used.
    """
    on_page, where = page_of(mine, PER_PAGE, key=keys.PAGE)
    ids = [one.id for one in on_page]
    read = store.corrections(contributor=contribution().contributor, ids=ids)
    found = {one.id: one for one in read}
    shown = [found[id] for id in ids if id in found]

    def choose(index: int) -> None:
        st.session_state[keys.OPEN] = shown[index].id

    gallery(
        [_picture(one) for one in shown], label=f"My corrections, {where}", key=keys.GALLERY,
        size_px=SIZE_PX, on_open=choose,
    )  # fmt: skip
    if opened := found.get(st.session_state.get(keys.OPEN, "")):
        _show(opened, on_delete)


def _close() -> None:
    st.session_state[keys.OPEN] = None


@st.dialog("Correction", on_dismiss=_close)
def _show(opened: Correction, on_delete: Callable[[list[str]], None]) -> None:
    st.html(correction_html(opened, {"State": _state(opened)}))
    if st.button("Delete this correction", icon=":material/delete:"):
        on_delete([opened.id])
        st.rerun()


def _picture(one: Correction) -> Picture:
    words = in_words(one.verdict)
    color = emotions.describe(one.verdict).color
    alt = f"Your answer {words}, the model’s {one.answer}, {_day(one)}, {_state(one)}"
    return Picture(png_uri(one.crop), words, alt, color)


def show_table(mine: Sequence[Correction]) -> None:
    """All of them as rows."""
    rows = [
        {
            "Time": _day(one),
            "Your answer": in_words(one.verdict),
            "The model’s": f"{one.answer} {percent(max(one.probabilities))}",
            "Model": one.model,
            "Sent from": SCREENS.get(one.source, ("HTTP API", ""))[0],
            "State": _state(one),
        }
        for one in mine
    ]
    with st.expander("As a table", icon=":material/table:"):
        st.dataframe(pd.DataFrame(rows), hide_index=True)


def archive_of(ids: list[str]) -> Callable[[], bytes]:
    """Makes the archive of the visitor's corrections, once somebody wants it."""
    given = contribution()

    def make() -> bytes:
        from fer.feedback import exporting

        mine = opened_store().corrections(contributor=given.contributor, ids=ids)
        return exporting.zip_of(mine)

    return make


def _day(one: Correction) -> str:
    return f"{one.created:%Y-%m-%d %H:%M} UTC"


def _state(one: Correction) -> str:
    state = STATES[one.status]
    if one.label and one.label != one.verdict:
        state += f" as {in_words(one.label)}"
    return f"{state}: {one.reason}" if one.reason else state
