"""The findings of the audit, with the faces themselves."""

import json

import numpy as np
import streamlit as st

from fer.data.audit import FINDINGS
from fer.data.query import Query, rows
from fer.data.summary import sentences
from pages.common import errors
from pages.common.downloads import download
from pages.dataset.faces import show_finding
from pages.dataset.opened import Opened

SHOWN = 24
HEADINGS = {
    "leak": "Test or validation faces that are in train too",
    "conflict": "Equal faces with different labels",
    "near_constant": "Blank or nearly blank images",
    "duplicate": "Exact copies",
    "near_duplicate": "Near duplicates",
    "disagreement": "People chose another label",
}


def show_audit(opened: Opened) -> None:
    """Sentences, then the faces of each finding."""
    summary = opened.report.summary
    st.markdown("\n".join(f"- {errors.plain(sentence)}" for sentence in sentences(summary)))
    download(
        "Audit as JSON",
        lambda: json.dumps(summary, indent=2, ensure_ascii=False),
        f"{opened.dataset.name}-audit.json",
    )
    opened.browser.show_legend(np.arange(len(opened.dataset)))
    for finding, heading in HEADINGS.items():
        count = int(opened.report.faces[finding].sum())
        if count:
            _show_finding(opened, finding, f"{heading} ({count:,})")
    if skipped := summary["skipped"]:
        st.header(f"Skipped ({len(skipped):,})", anchor=False)
        st.dataframe(skipped, key="dataset.audit.skipped", height=240)


def _show_finding(opened: Opened, finding: str, heading: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(heading, anchor=False)
        st.button(
            "Show all",
            key=f"dataset.audit.all.{finding}",
            help=f"The gallery of faces: {FINDINGS[finding]}",
            on_click=show_finding,
            args=(finding,),
        )
    sort = "doubtful" if finding == "disagreement" else "path"
    first = rows(opened.dataset, opened.report, Query(finding=finding, sort=sort))[:SHOWN]
    opened.browser.show(first, heading, key=f"audit.{finding}", size_px=64)
