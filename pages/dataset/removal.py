"""Removing a data set, after what that does to runs is stated."""

import streamlit as st

from fer.data import registered, remove
from fer.errors import FerError
from fer.runs.queue import using
from pages.common import errors
from pages.dataset.opened import forget

_DONE = "dataset.removed"


def show_removal(name: str) -> None:
    """A button behind a question; the runs that still need the data set are named."""
    with st.popover("Remove", icon=":material/delete:", key="dataset.removal", on_change="rerun"):
        st.markdown(
            "Removes the name and the index. Your own files are not touched, and annotations come "
            "back if you add the same folder again."
        )
        training, waiting = using(name) if is_open() else ([], [])
        for runs, sentence in (
            (training, "is training on it. It goes on, but it cannot resume after a stop"),
            (waiting, "waits to train on it, and will fail"),
        ):
            for run in runs:
                st.warning(f"The run **{errors.plain(run.name)}** {sentence}.")
        anyway = " anyway" if training or waiting else ""
        st.button(
            f"Remove {errors.plain(name)}{anyway}",
            key="dataset.remove",
            on_click=_remove,
            args=(name,),
        )


def is_open() -> bool:
    """Whether the question is asked now; before, nobody has to look for runs."""
    return bool(st.session_state.get("dataset.removal"))


def _remove(name: str) -> None:
    forget(name)
    try:
        remove(name)
    except FerError as error:
        if name in {source.name for source in registered()}:  # no other tab has removed it
            errors.show(error)
            return
    st.session_state[_DONE] = name


def show_removed() -> None:
    """A message that the data set is gone."""
    if name := st.session_state.pop(_DONE, ""):
        st.success(
            f"**{errors.plain(name)} was removed.** Your own files are where they were.",
            icon=":material/check:",
        )
