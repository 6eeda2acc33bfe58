"""Annotations from a file that somebody exported."""

import csv
import io
from collections.abc import Sequence

import streamlit as st

from fer.data import annotations
from fer.data.annotation_import import Imported, read_csv
from fer.errors import FerError
from fer.wording import as_cell, counted
from pages.common import errors
from pages.common.browser.faces import Browser
from pages.common.downloads import download
from pages.common.visitors import MAX_UPLOAD_MB

_NAMED = 5  # rows that are listed; all of them can be downloaded


def show_import(browser: Browser) -> None:
    """Upload a CSV of annotations, see what fits, and take that over."""
    key = f"{browser.state.screen}.annotations.import.{browser.state.choice_round}"
    upload = st.file_uploader("Import from CSV", key=key, max_upload_size=MAX_UPLOAD_MB)
    if upload is None:
        return
    dataset, content = browser.dataset, upload.getvalue()
    try:
        imported = read_csv(dataset, content)
        if imported.new_classes:
            imported = _ask_for_classes(browser, content, imported)
    except FerError as error:
        errors.show(error, about=upload.name)
        return
    if imported.refused:
        _show_refused(imported.refused)
    faces = counted(len(imported.given), "face")
    if st.button(f"Annotate {faces}", key=f"{key}.go", disabled=not imported.given):

        def act() -> None:
            annotations.annotate_each(dataset, imported.given)
            browser.state.choose([])  # and a new uploader
            st.session_state[browser.state.done] = (
                f"{faces} annotated from {errors.plain(upload.name)}."
            )

        errors.attempt(act)


def _ask_for_classes(browser: Browser, content: bytes, imported: Imported) -> Imported:
    new = ", ".join(imported.new_classes)
    asked = st.toggle(
        f"Add the new classes of the file: {new}",
        key=f"{browser.state.screen}.annotations.import.classes",
        help="The next training learns them, and models trained before do not know them.",
    )
    return read_csv(browser.dataset, content, add_classes=True) if asked else imported


def _show_refused(refused: Sequence[tuple[str, str]]) -> None:
    listed = [f"- {errors.plain(f'{path}: {reason}')}" for path, reason in refused[:_NAMED]]
    if len(refused) > _NAMED:
        listed.append(f"- and {len(refused) - _NAMED:,} more")
    rows = counted(len(refused), "row")
    st.warning(f"**{rows} not imported**\n" + "\n".join(listed))
    download("Rows not imported", lambda: _table(refused), "not-imported.csv")


def _table(refused: Sequence[tuple[str, str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [("path", "reason"), *((as_cell(path), reason) for path, reason in refused)]
    )
    return text.getvalue()
