"""What went wrong with the database of corrections, for visitors and for its operator."""

import logging

import streamlit as st

from fer.errors import FerError, ImageError, MissingPackageError
from pages.common import errors
from pages.common.visitors import are_local

_PROBLEM = "asking.problem"

_log = logging.getLogger(__name__)


def remember(error: FerError) -> None:
    """Have the next `show_problem` show why a click did not do what it should."""
    _log.warning("%s", error)
    st.session_state[_PROBLEM] = error


def show_problem() -> None:
    """Show it, once."""
    if error := st.session_state.pop(_PROBLEM, None):
        show(error)


def show(error: FerError, more: str = "") -> None:
    """Show an error; that of the database with its reason on its own machine alone: it has paths.

    Args:
        error: What was raised.
        more: What it means for the visitor.
    """
    if isinstance(error, ImageError | MissingPackageError):
        errors.show(error)
        return
    st.warning(
        f"The database of corrections cannot be reached at the moment. {more}",
        icon=":material/cloud_off:",
    )
    if are_local():
        st.caption(errors.plain(str(error)))
