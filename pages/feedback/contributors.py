"""Who sent corrections: how far others agree with them, and whether anything is suspicious."""

import pandas as pd
import streamlit as st

from fer.errors import FerError
from fer.evaluation.intervals import wilson
from fer.feedback.contributors import FALSE_ALARMS, HABITS, SURE, sentence
from fer.feedback.records import Status
from fer.feedback.review import reject_all_of
from fer.wording import counted, percent
from pages.common import errors
from pages.feedback import keys
from pages.feedback.deciding import choose_reviewer, remember, reviewer, show_done
from pages.feedback.faces import show_only
from pages.feedback.opened import Opened
from pages.feedback.words import short

_SHOWN = 12  # suspects as cards; the table has all


def show_contributors(opened: Opened) -> None:
    """The suspicious ones with what they did, and a table of all."""
    people = opened.examined.contributors
    suspects = people[people["suspicious"]]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choose_reviewer()
        show_done(opened, has_keys=False)
    st.header(f"Suspicious ({len(suspects):,})", anchor=False)
    if suspects.empty:
        st.markdown("Nobody stands out.")
    else:
        for name, person in suspects.head(_SHOWN).iterrows():
            with st.container(border=True):
                _show_person(opened, str(name), person)
        if len(suspects) > _SHOWN:
            st.caption(f"{len(suspects) - _SHOWN:,} more are in the table.")
    st.caption(
        "Compared with everyone else: how often somebody chose the same, chose otherwise than most "
        f"people for the same face, or contradicted the model where it was at least {SURE:.0%} "
        "confident. Equal and nearly equal faces of one person count once. Somebody is listed if "
        "an honest person would hardly ever do so as often: of those listed, about "
        f"{FALSE_ALARMS:.0%} are expected to be honest. A few faces are never enough."
    )
    st.header(f"Everyone ({len(people):,})", anchor=False)
    chosen = _choose_from_table(people)
    if chosen is not None:
        with st.container(border=True):
            _show_person(opened, chosen, people.iloc[people.index.tolist().index(chosen)])


def _show_person(opened: Opened, name: str, person: pd.Series) -> None:
    icon = ":material/flag: " if person["suspicious"] else ""
    st.markdown(
        f"{icon}**{short(name)}** · {counted(int(person['corrections']), 'correction')} of "
        f"{counted(int(person['faces']), 'face')}"
    )
    st.markdown("\n".join(f"- {_line(person, habit)}" for habit in HABITS))
    place = f"feedback.{name}"
    with st.container(horizontal=True):
        st.button(
            "See their corrections", icon=":material/photo_library:", key=f"{place}.see",
            on_click=show_only, args=(name,),
        )  # fmt: skip
        _show_rejection(opened, name, person)


def _line(person: pd.Series, habit: str) -> str:
    text = errors.plain(sentence(person, habit))
    text = text[:1].upper() + text[1:]
    if person[f"{habit}_found"]:
        return f"**{text}.** Chance for an honest person: {_chance(person[f'{habit}_chance'])}."
    return f"{text}."


def _chance(chance: float) -> str:
    return f"1 in {1 / chance:,.0f}" if chance > 1e-9 else "less than 1 in a billion"


def _show_rejection(opened: Opened, name: str, person: pd.Series) -> None:
    """A button behind a question that rejects everything of a contributor."""
    left = int(person[Status.NEW] + person[Status.ACCEPTED])
    if not left:
        st.markdown("All of theirs is decided.", width="content")
        return
    with st.popover("Reject all of theirs", icon=":material/block:"):
        st.markdown(
            f"Rejects {counted(left, 'correction')}, {int(person[Status.ACCEPTED]):,} of which "
            "are accepted now. They leave the data set; a model that learnt from them has to be "
            "trained again."
        )
        reason = st.text_input("Reason", value="suspicious contributor", key=f"feedback.{name}.why")
        st.button(
            f"Reject {counted(left, 'correction')}", key=f"feedback.{name}.reject",
            disabled=not reviewer(), on_click=_reject, args=(opened, name, reason),
        )  # fmt: skip
        if not reviewer():
            st.caption("Type your name above first.")


def _reject(opened: Opened, name: str, reason: str) -> None:
    table = opened.examined.table
    is_open = table["status"].isin([Status.NEW, Status.ACCEPTED])
    rows = table[(table["contributor"] == name) & is_open]
    try:
        done = reject_all_of(opened.store, name, reviewer=reviewer(), reason=reason.strip())
    except FerError as error:
        errors.show(error)
        return
    remember(rows, f"{counted(done, 'correction')} of {short(name)} rejected.")


def _choose_from_table(people: pd.DataFrame) -> str | None:
    agreed = people["people_faces"] - people["people_times"]
    table = pd.DataFrame(
        {
            "contributor": people.index.map(short),
            "suspicious": people["suspicious"].map({True: "⚑", False: ""}),
            "corrections": people["corrections"],
            "new": people[Status.NEW],
            "accepted": people[Status.ACCEPTED],
            "rejected": people[Status.REJECTED],
            "quarantined": people[Status.QUARANTINED],
            "agrees with most others": [
                _share(int(k), int(n)) for k, n in zip(agreed, people["people_faces"], strict=True)
            ],
            "last": people["last"],
        }
    )
    event = st.dataframe(
        table, hide_index=True, key=keys.PERSON, on_select="rerun", selection_mode="single-row",
        alt="All contributors", column_config={
            "last": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
            "agrees with most others": st.column_config.TextColumn(
                help="On faces that others judged too, with its 95% interval"
            ),
        },
    )  # fmt: skip
    rows = event["selection"]["rows"]
    if not rows or rows[0] >= len(people):
        st.caption("Select a row to see what a contributor did.")
        return None
    return str(people.index[rows[0]])


def _share(agreed: int, faces: int) -> str:
    if not faces:
        return "–"
    low, high = wilson(agreed, faces)
    return f"{percent(agreed / faces)} of {faces:,} ({low:.0%} to {high:.0%})"
