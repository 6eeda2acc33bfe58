"""The corrections as a gallery: filter them, choose some, decide about them by mouse or by keys."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from fer import emotions
from fer.feedback.query import FINDINGS, SORTS, Query, rows
from fer.feedback.records import Correction, Status, in_words
from fer.wording import percent
from pages.common.asking.words import with_symbol
from pages.common.choices import page_of, segments, select, set_linked
from pages.common.gallery import Choice, gallery
from pages.common.pictures import Picture, png_uri
from pages.feedback import keys
from pages.feedback.deciding import choose_decision, choose_reviewer, decide, show_done
from pages.feedback.detail import show_open
from pages.feedback.opened import Opened
from pages.feedback.words import STATUSES, short

_PER_PAGE = 100
_SIZES = {64: "small", 96: "medium", 144: "large"}  # pixels
_KEYS = (
    "**Arrow keys** move, **Space** chooses a face, **Shift + arrow** all up to it, **Ctrl + A** "
    "all on the page, **Esc** none. **A** accepts what is chosen, **X** rejects it, the digits "
    "accept it as another emotion, **Z** takes the last decision back. **Enter** opens a face."
)


def show_faces(opened: Opened) -> None:
    """Show the corrections that the filters let through."""
    table = opened.examined.table
    query = _choose_filters(opened)
    fitting = rows(opened.examined, query)
    ids = table["id"].iloc[fitting].tolist()
    state = keys.BROWSER
    state.choose_within(str(query))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choose_reviewer()
        st.markdown(f"**{len(fitting):,}** of {len(table):,} corrections", width="content")
        size_px = segments(
            "Size of the faces", _SIZES, default=96, key=keys.SIZE, bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        st.toggle("Choose several", key=state.by_click, help=_KEYS)
    if not len(fitting):
        _show_none(query)
    shown, where = page_of(fitting, _PER_PAGE, key=state.page, bind="query-params")
    if len(shown):
        _show_page(opened, shown, where, size_px)
    _show_choice(opened, fitting, ids)
    show_open(opened, ids)


def _show_none(query: Query) -> None:
    if query == Query(status=Status.NEW, sort=query.sort):
        st.success("Nothing is left to review.", icon=":material/task_alt:")
    else:
        st.info(
            "No correction fits these filters. Loosen one of them.", icon=":material/filter_alt:"
        )


def _choose_filters(opened: Opened) -> Query:
    table = opened.examined.table
    bound: Any = {"bind": "query-params", "on_change": keys.BROWSER.restart}
    first = st.columns(3)
    statuses = STATUSES | {"": "All"}
    status = select(first[0], "Status", statuses, key=keys.STATUS, **bound)
    finding = select(first[1], "Found", _all_or(FINDINGS), key=keys.FINDING, **bound)
    sort = select(first[2], "Sorted by", SORTS, key=keys.SORT, **bound)
    chosen = [keys.CONTRIBUTOR, keys.VERDICT, keys.PREDICTED]
    is_open = any(st.session_state.get(key) or st.query_params.get(key) for key in chosen)
    with st.expander("More filters", expanded=is_open, icon=":material/filter_alt:"):
        more = st.columns(3)
    people = opened.examined.contributors
    names = {
        str(name): f"{short(str(name))}{' · suspicious' if is_suspect else ''}"
        for name, is_suspect in people["suspicious"].items()
    }
    contributor = select(
        more[0], "Contributor", {"": "All", **names}, key=keys.CONTRIBUTOR, **bound
    )
    verdicts = {name: with_symbol(name) for name in _ordered(table["verdict"])}
    verdict = select(more[1], "They chose", {"": "All", **verdicts}, key=keys.VERDICT, **bound)
    answers = {name: with_symbol(name) for name in _ordered(table["predicted"])}
    predicted = select(
        more[2], "The model chose", {"": "All", **answers}, key=keys.PREDICTED, **bound
    )
    return Query(
        status=status, finding=finding, contributor=contributor, verdict=verdict,
        predicted=predicted, sort=sort,
    )  # fmt: skip


def show_only(contributor: str) -> None:
    """Set the filters to one contributor, and show the gallery; for a callback."""
    for key in (keys.FINDING, keys.VERDICT, keys.PREDICTED):
        set_linked(key, "", "")
    set_linked(keys.STATUS, "", "All")
    st.session_state[keys.CONTRIBUTOR] = contributor
    st.session_state[keys.VIEW] = "review"
    keys.BROWSER.restart()


def _ordered(names: pd.Series) -> tuple[str, ...]:
    return emotions.ordered(names.unique().tolist())


def _all_or(options: Mapping[str, str]) -> dict[str, str]:
    return {"": "All", **{key: name[:1].upper() + name[1:] for key, name in options.items()}}


def _show_page(opened: Opened, shown: np.ndarray, where: str, size_px: int) -> None:
    state, part = keys.BROWSER, opened.examined.table.iloc[shown]
    ids = part["id"].tolist()
    read = opened.store.corrections(ids=ids, with_larger_crops=False)
    crops = {one.id: one for one in read}
    there = part["id"].isin(list(crops)).to_numpy()  # somebody may have deleted theirs
    part, ids = part[there], part["id"][there].tolist()
    chosen = set(state.chosen)
    gallery(
        [_picture(row, crops[str(row["id"])]) for row in part.to_dict("records")],
        label=f"Corrections, {where}",
        key="feedback.gallery",
        size_px=size_px,
        current=ids.index(state.path) if state.path in ids else None,
        on_open=lambda at: state.open(ids[at]),
        choice=Choice(
            chosen=[at for at, id in enumerate(ids) if id in chosen],
            version=str(state.choice_round),
            by_click=bool(st.session_state.get(state.by_click)),
            on_choose=lambda at: state.choose_among(ids, [ids[one] for one in at]),
        ),
    )


def _picture(row: Mapping[Hashable, Any], correction: Correction) -> Picture:
    verdict, answer = str(row["verdict"]), str(row["predicted"])
    confirms = verdict == answer
    against = "as the model" if confirms else f"not {answer}"
    status = STATUSES[row["status"]].lower()
    label = f" as {in_words(row['label'])}" if row["label"] not in ("", verdict) else ""
    return Picture(
        src=png_uri(correction.crop),
        caption=f"{with_symbol(verdict)}, {against}",
        alt=f"{in_words(verdict)}; the model: {answer}, {percent(row['confidence'])}; "
        f"{status}{label}; by {short(row['contributor'])}",
        color=emotions.describe(verdict).color,
        faded=row["status"] in (Status.REJECTED, Status.QUARANTINED),
    )


def _show_choice(opened: Opened, fitting: np.ndarray, ids: list[str]) -> None:
    """What to do with the chosen corrections, below them and always in view."""
    state, table = keys.BROWSER, opened.examined.table
    wanted = set(state.chosen)
    chosen = table[table["id"].isin(wanted)] if wanted else table.iloc[:0]
    by_click = bool(st.session_state.get(state.by_click))
    if chosen.empty and not by_click and keys.MESSAGE not in st.session_state:
        return
    pressed = None
    with st.container(key="feedback-face-choice", border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            if not chosen.empty:
                st.markdown(f"**{len(chosen):,} chosen**", width="content")
            elif not show_done(opened, has_keys=not state.path):
                st.markdown("Click the faces to choose.", width="content")
            if len(fitting) and len(chosen) < len(fitting):
                st.button(
                    f"Choose all {len(fitting):,}", key="feedback.choice.all",
                    help="Every correction that the filters let through, on all pages",
                    on_click=state.choose, args=(ids,),
                )  # fmt: skip
            if not chosen.empty:
                st.button("Choose none", key="feedback.choice.none", on_click=state.choose,
                          args=([],))  # fmt: skip
        if not chosen.empty:
            pressed = choose_decision(chosen, key="feedback.choice", has_keys=not state.path)
        if pressed:  # in here, where a problem is in view, too
            decide(opened, chosen, *pressed, then=lambda: state.choose([]))
