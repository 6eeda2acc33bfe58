"""What the audit found, with the faces themselves."""

import json
from contextlib import suppress

import numpy as np
import streamlit as st
from streamlit.errors import StreamlitAPIException

from fer.data.audit import FINDINGS
from fer.data.query import Query, rows
from fer.data.summary import sentences
from pages.common import errors
from pages.common.gallery import face_page
from pages.dataset import keys
from pages.dataset.faces import choice_name, thumbnails
from pages.dataset.opened import Opened

SHOWN = 24
HEADINGS = {
    "leak": "Test or validation faces that stand in train",
    "conflict": "Equal faces with different labels",
    "near_constant": "Blank or nearly blank pictures",
    "duplicate": "Exact copies",
    "near_duplicate": "Near duplicates",
    "disagreement": "People chose another label",
}


def show_audit(opened: Opened) -> None:
    """Sentences, then the faces of each finding."""
    summary = opened.report.summary
    st.markdown("\n".join(f"- {errors.plain(said)}" for said in sentences(summary)))
    st.download_button(
        "Audit as JSON",
        json.dumps(summary, indent=2, ensure_ascii=False),
        file_name=f"{opened.dataset.name}-audit.json",
        mime="application/json",
        icon=":material/download:",
        key="dataset.audit.json",
        on_click="ignore",
    )
    for finding, heading in HEADINGS.items():
        count = int(opened.report.findings[finding].sum())
        if count:
            _show_finding(opened, finding, f"{heading} ({count:,})")
    if unreadable := summary["unreadable"]:
        st.header(f"Left out ({len(unreadable):,})", anchor=False)
        st.dataframe(unreadable, key="dataset.audit.unreadable", height=240)


def _show_finding(opened: Opened, finding: str, heading: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(heading, anchor=False)
        st.button(
            "See them all",
            key=f"dataset.audit.all.{finding}",
            help=f"The gallery of faces: {FINDINGS[finding]}",
            on_click=_see_all,
            args=(finding,),
        )
    sort = "doubtful" if finding == "disagreement" else "path"
    found = rows(opened.dataset, opened.report, Query(finding=finding, sort=sort))[:SHOWN]
    chosen = face_page(
        thumbnails(opened.dataset, found), label=heading, key=f"dataset.audit.{finding}", size_px=64
    )
    if chosen is not None:
        st.session_state[keys.FACE] = opened.dataset.index["path"].iloc[
            int(np.asarray(found)[chosen])
        ]


def _see_all(finding: str) -> None:
    for key in (keys.SPLIT, keys.OPINION, keys.TEXT):
        st.session_state[key] = ""
    st.session_state[keys.CLASS] = []
    st.session_state[keys.PAGE] = 1
    st.session_state[keys.FINDING] = finding
    with suppress(StreamlitAPIException):  # a widget that is there keeps the address itself
        st.query_params[keys.FINDING] = choice_name(FINDINGS[finding])
    st.session_state[keys.VIEW] = "faces"
