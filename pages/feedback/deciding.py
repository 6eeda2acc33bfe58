"""Accepting and rejecting corrections, one or many, and taking that back."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from fer import emotions
from fer.feedback.records import Status, Verdict
from fer.feedback.store import Store
from fer.people import acting
from fer.wording import counted
from pages.common import errors
from pages.common.asking.words import with_symbol
from pages.feedback import keys
from pages.feedback.opened import Opened

_WITH_KEY = 9  # emotions that a digit chooses
_NAME_PX = 260


def choose_reviewer() -> None:
    """The field for the reviewer's name, which is typed once; nobody types it who signed in."""
    if acting().name:
        return
    st.text_input(
        "Your name, as the reviewer", key=keys.REVIEWER, persist_state="session", width=_NAME_PX,
        placeholder="Needed to decide", max_chars=100,
        help="It stands beside each of your decisions, for the other reviewers.",
    )  # fmt: skip


def reviewer() -> str:
    """Who decides; "" until the name is typed."""
    if name := acting().name:
        return name
    return str(st.session_state.get(keys.REVIEWER) or "").strip()


def choose_decision(rows: pd.DataFrame, *, key: str, has_keys: bool) -> tuple[str, str] | None:
    """Buttons that decide about some corrections.

    Args:
        rows: The corrections, rows of the table.
        key: The start of the keys of the widgets.
        has_keys: Whether letters and digits press them.

    Returns:
        The status and the label ("" for each one's verdict) whose button was pressed just now.
    """
    can = bool(reviewer()) and bool((rows["status"] != Status.QUARANTINED).any())
    pressed: tuple[str, str] | None = None
    place = st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", key=f"{key}.decide"
    )
    with place:
        if st.button("Accept", icon=":material/check:", type="primary", key=f"{key}.accept",
                     disabled=not can, shortcut="A" if has_keys else None):  # fmt: skip
            pressed = (Status.ACCEPTED, "")
        if st.button("Reject", icon=":material/close:", key=f"{key}.reject",
                     disabled=not can, shortcut="X" if has_keys else None):  # fmt: skip
            pressed = (Status.REJECTED, "")
        if (rows["status"].isin([Status.ACCEPTED, Status.REJECTED])).any() and st.button(
            "Back to new", icon=":material/undo:", key=f"{key}.again", disabled=not can
        ):
            pressed = (Status.NEW, "")
        st.markdown("or accept as", width="content")
        for number, label in enumerate(_labels(rows), 1):
            if st.button(
                with_symbol(label), key=f"{key}.as.{label}", disabled=not can,
                shortcut=str(number) if has_keys and number <= _WITH_KEY else None,
            ):  # fmt: skip
                pressed = (Status.ACCEPTED, label)
    if not reviewer():
        st.caption("To decide, type your name into “Your name, as the reviewer” on the page.")
    return pressed


def _labels(rows: pd.DataFrame) -> tuple[str, ...]:
    """The emotions that all of the corrected models know."""
    known = [set(labels) for labels in rows["labels"].unique()]
    return emotions.ordered(set.intersection(*known)) if known else ()


def decide(
    opened: Opened, rows: pd.DataFrame, status: str, label: str, *, then: Callable[[], object]
) -> None:
    """Decide about some corrections, then do what follows; a problem is shown instead."""
    ids = rows.loc[rows["status"] != Status.QUARANTINED, "id"].tolist()

    def act() -> None:
        done = opened.store.review(ids, decision=status, reviewer=reviewer(), label=label or None)
        remember(rows, _sentence(done, status, label))
        then()

    errors.attempt(act)


def remember(rows: pd.DataFrame, message: str) -> None:
    """Keep what corrections were before a decision, so that it can be taken back."""
    free = rows[rows["status"] != Status.QUARANTINED]
    before: dict[tuple[str, str, str], list[str]] = {}
    for row in free[["status", "label", "reason", "id"]].itertuples(index=False):
        was = str(row.status), str(row.label), str(row.reason)
        before.setdefault(was, []).append(str(row.id))
    st.session_state[keys.UNDO] = before
    st.session_state[keys.MESSAGE] = message


def show_done(opened: Opened, *, has_keys: bool) -> bool:
    """What was decided last, with a button that takes it back; whether there is anything."""
    message = st.session_state.get(keys.MESSAGE)
    if not message:
        return False
    st.markdown(message, width="content")
    if st.button("Undo", icon=":material/undo:", key="feedback.undo.button",
                 shortcut="Z" if has_keys else None, disabled=not reviewer()):  # fmt: skip
        errors.attempt(lambda: _undo(opened.store))
    return True


def _undo(store: Store) -> None:
    before: dict[tuple[str, str, str], list[str]] = st.session_state.get(keys.UNDO, {})
    for (status, label, reason), ids in before.items():
        store.review(ids, decision=status, reviewer=reviewer(), label=label or None, reason=reason)
    forget()


def forget() -> None:
    """Offer no undo any more."""
    st.session_state.pop(keys.UNDO, None)
    st.session_state.pop(keys.MESSAGE, None)


def _sentence(count: int, status: str, label: str) -> str:
    faces = counted(count, "correction")
    if status == Status.NEW:
        return f"{faces} to be reviewed again."
    if status == Status.REJECTED:
        return f"{faces} rejected."
    if label in set(Verdict) or not label:
        return f"{faces} accepted."
    return f"{faces} accepted as {errors.plain(label)}."
