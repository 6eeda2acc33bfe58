"""The camera on the visitor's own device: the page of `fer.browser` inside this one."""

import streamlit as st

from fer.browser import served
from fer.errors import FerError
from fer.inference.predictor import files_made
from pages.common import errors, predictors
from pages.common.cache import Work
from pages.common.progress import Meter
from pages.live import keys

SERVER, DEVICE = "On the server", "On this device"
_HEIGHT_PX = 860


def is_on_device() -> bool:
    """Let the visitor choose where frames are analysed; names what is in use, and what is lacking.

    Only the server is offered where no page for the browser can be made.
    """
    lacking = served.lacking()
    chosen = SERVER
    if not lacking:
        chosen = st.segmented_control(
            "Where the frames are analysed", [SERVER, DEVICE], default=SERVER, required=True,
            key=keys.PLACE, persist_state="session",
        )  # fmt: skip
    if chosen == DEVICE:
        st.caption("The networks run in this browser, with YuNet. No frame leaves this device.")
        return True
    words = "Your browser sends the camera's frames to the server, which keeps none of them."
    if lacking:
        words += f" They could be analysed on this device instead. {errors.plain(lacking)}"
    st.caption(words)
    return False


def show_device(model: str) -> None:
    """Show the page that runs this model in the browser; the first visitor waits for it."""
    try:
        key = _making(model, files_made(model)).result()
    except FerError as error:
        errors.show(error)
        return
    address = f"{served.ROUTE}/{key}/"
    st.iframe(address, height=_HEIGHT_PX, alt="Camera and answers, on this device")
    st.link_button(
        "Open it alone, to install it or use it offline", address, icon=":material/open_in_new:"
    )


@st.cache_resource(max_entries=4, show_spinner=False, validate=Work.is_usable)
def _making(model: str, made: tuple[int, ...]) -> Work[str]:
    """The key of a model's page; `made` tells when its files were replaced."""

    def make(meter: Meter) -> str:
        meter.note("Writing the networks for the browser. This is done once…")
        predictors.import_keras()
        return served.PAGES.make(model)

    return Work(make)
