"""How a page shows that something went wrong."""

import re
from collections.abc import Callable

import streamlit as st

from fer.errors import FerError

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-!|~$:])")


def plain(text: str) -> str:
    """Escape text that is not ours, such as a file name, so that Markdown shows it as it is."""
    return _MARKDOWN.sub(r"\\\1", text)


def show(error: FerError, *, about: str = "") -> None:
    """Show a deliberate error, under the name of the file or thing that it is `about`."""
    heading = f"**{plain(about)}**  \n" if about else ""
    st.error(heading + plain(str(error)), icon=":material/error:")


def attempt(action: Callable[[], object]) -> None:
    """Run an action, then the page again; show a `FerError` or `OSError` that it raises.

    A bug is not caught: it shows its traceback in the log.
    """
    try:
        action()
    except FerError as error:
        show(error)
    except OSError as error:
        place = f" ('{error.filename}')" if error.filename else ""
        show(
            FerError(
                f"The system refused: {error.strerror or error}{place}. Check free space and "
                "permissions, then try again."
            )
        )
    else:
        st.rerun()
