"""The correction that is open, large, in a dialog."""

from html import escape

import pandas as pd
import streamlit as st

from fer.feedback.contributors import HABITS, sentence
from fer.feedback.records import Correction, Review, Status, in_words
from fer.wording import counted, percent
from pages.common import errors
from pages.common.asking.words import with_symbol
from pages.common.charts import bars_html
from pages.common.pictures import png_uri
from pages.feedback import keys
from pages.feedback.deciding import choose_decision, decide
from pages.feedback.opened import Opened
from pages.feedback.words import STATUSES, short

_SOURCES = {"predict": "a photo", "video": "a video", "live": "the camera", "api": "the HTTP API"}
_STATE = keys.BROWSER


def show_open(opened: Opened, ids: list[str]) -> None:
    """Show the correction that is open, if any; `ids` are those of the list behind the dialog."""
    _STATE.settle()
    if not _STATE.path:
        return
    row = opened.examined.table[opened.examined.table["id"] == _STATE.path]
    found = opened.store.corrections(ids=[_STATE.path])
    if row.empty or not found:
        _STATE.open("")
        st.info("This correction was deleted meanwhile.", icon=":material/search_off:")
    else:
        _show(opened, row, found[0], ids)


@st.dialog("Correction", width="large", on_dismiss=lambda: _STATE.open(""))
def _show(opened: Opened, row: pd.DataFrame, correction: Correction, ids: list[str]) -> None:
    trail = _STATE.trail if _STATE.path in _STATE.trail else ids
    _show_steps(trail)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _show_pictures(correction)
    with right:
        _show_answer(correction)
        _show_facts(opened, row.iloc[0], correction)
    if correction.status == Status.QUARANTINED:
        st.warning(
            f"In quarantine: {errors.plain(correction.reason)}. It may neither train nor test.",
            icon=":material/shield:",
        )
    elif pressed := choose_decision(row, key="feedback.open", has_keys=True):
        decide(opened, row, *pressed, then=lambda: _open_next(trail))
    _show_others(opened, row.iloc[0])
    _show_reviews(opened.store.reviews(correction.id))


def _show_steps(trail: list[str]) -> None:
    if _STATE.path not in trail:
        return
    at = trail.index(_STATE.path)
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, letter, to in (("Previous", "P", at - 1), ("Next", "N", at + 1)):
            exists = 0 <= to < len(trail)
            st.button(
                name, key=f"feedback.open.{name}", disabled=not exists, shortcut=letter,
                on_click=_step, args=(trail, trail[to] if exists else ""),
            )  # fmt: skip
        st.caption(f"{at + 1:,} of {len(trail):,}")


def _step(trail: list[str], to: str) -> None:
    _STATE.keep(trail)
    _STATE.step(to)


def _open_next(trail: list[str]) -> None:
    """Open the correction that follows; after the last one, close."""
    at = trail.index(_STATE.path) if _STATE.path in trail else len(trail)
    if at + 1 < len(trail):
        _STATE.keep(trail)
        _STATE.open_when_redrawn(trail[at + 1])
    else:
        _STATE.open("")


def _show_pictures(correction: Correction) -> None:
    answer = f"{in_words(correction.verdict)}, by {short(correction.contributor)}"
    st.html(
        f'<img class="fer-large" src="{png_uri(correction.crop)}" '
        f'alt="What the model saw: {escape(answer)}">'
    )
    if correction.larger_crop:
        st.html(
            f'<img class="fer-large" src="{png_uri(correction.larger_crop)}" '
            'alt="The same face with its surroundings">'
        )


def _show_answer(correction: Correction) -> None:
    shares = dict(zip(correction.labels, correction.probabilities, strict=True))
    st.html(f'<p class="fer-top">{escape(with_symbol(correction.verdict))}</p>')
    share = percent(shares[correction.answer])
    st.markdown(f"The model answered **{errors.plain(correction.answer)}**, {share}.")
    st.html(bars_html(shares, top=correction.verdict))


def _show_facts(opened: Opened, row: pd.Series, correction: Correction) -> None:
    facts = [f"{STATUSES[correction.status]}"]
    if correction.label:
        facts[0] += f" as {errors.plain(in_words(correction.label))}"
    if correction.reason and correction.status == Status.REJECTED:
        facts[0] += f": {errors.plain(correction.reason)}"
    facts.append(
        f"{correction.created:%d %B %Y, %H:%M} UTC, from {_SOURCES[correction.source]}, model "
        f"{errors.plain(correction.model)}"
    )
    if correction.side_px:
        facts.append(f"{correction.side_px:.0f} px on the photo")
    if correction.unreliable_because:
        facts.append(f":material/visibility_off: {errors.plain(correction.unreliable_because)}")
    if row["known_in"]:
        facts.append(
            f":material/content_copy: Also in {errors.plain(row['known_in'])}, labelled "
            f"{errors.plain(row['known_label'])}"
        )
    person = opened.examined.contributors.to_dict("index")[correction.contributor]
    facts.append(
        f"Contributor {short(correction.contributor)}: "
        f"{counted(int(person['corrections']), 'correction')}, {int(person['accepted']):,} accepted"
    )
    facts += [
        f":material/flag: {errors.plain(sentence(person, habit))}"
        for habit in HABITS
        if person[f"{habit}_found"]
    ]
    st.markdown("  \n".join(facts))


def _show_others(opened: Opened, row: pd.Series) -> None:
    """What was sent of the same face."""
    table = opened.examined.table
    same = table[(table["group"] == row["group"]) & (table["id"] != row["id"])]
    if same.empty:
        return
    st.caption(f"The same face, or nearly so: {counted(len(same), 'other correction')}")
    st.dataframe(
        pd.DataFrame(
            {
                "they chose": same["verdict"].map(with_symbol),
                "contributor": same["contributor"].map(short),
                "status": same["status"].map(STATUSES.__getitem__),
                "when": same["created"],
            }
        ),
        hide_index=True,
        alt="Other corrections of the same face",
        column_config={"when": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm")},
        key="feedback.open.same",
    )


def _show_reviews(reviews: list[Review]) -> None:
    if reviews:
        st.caption("Reviews")
        st.markdown("\n".join(f"- {errors.plain(_line(one))}" for one in reversed(reviews)))


def _line(review: Review) -> str:
    decision = STATUSES[review.decision].lower()
    label = f" as {in_words(review.label)}" if review.label else ""
    reason = f": {review.reason}" if review.reason else ""
    return f"{review.when:%d %B %Y, %H:%M} UTC, {review.reviewer}: {decision}{label}{reason}"
