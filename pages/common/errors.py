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
    """Show a deliberate error; its message names what was found and what to do.

    Args:
        error: What was raised.
        about: What it concerns, such as a file's name.
    """
    heading = f"**{plain(about)}**  \n" if about else ""
    st.error(heading + plain(str(error)), icon=":material/error:")


def attempt(action: Callable[[], object]) -> bool:
    """Run an action, show why it failed if it did, and return whether it worked.

    A bug is not caught: it shows its traceback in the log.

    Args:
        action: May raise `FerError`, or `OSError` where it writes to the disk.
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
        return True
    return False
