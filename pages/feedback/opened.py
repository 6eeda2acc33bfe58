"""The store, and what was found about the corrections in it, shared by every session."""

import time
from dataclasses import dataclass
from threading import Thread

import streamlit as st

from fer import settings
from fer.errors import FerError
from fer.feedback import known_faces
from fer.feedback.dataset import is_published, publish
from fer.feedback.review import Examined, examine
from fer.feedback.store import Store, open_store
from fer.people import OWNER, act_as
from pages.common.cache import Work

_FRESH_FOR_S = 30.0
"""How long corrections that come in may stay unseen while others are shown."""

_QUIET_FOR_S = 1.5
"""After the last decision of a series, before the data set is written."""

PUBLISHER = "feedback.publisher"
"""Name of the thread that writes the data set."""


@dataclass(frozen=True, eq=False)
class Opened:
    """The store, and the corrections as this page shows them."""

    store: Store
    examined: Examined


class _Latest:
    """What was found last, and the thread that keeps the data set up to date."""

    def __init__(self) -> None:
        self.store = open_store()
        self.examined: Examined | None = None
        self.looked_at = -_FRESH_FOR_S
        self.problem: FerError | None = None
        self._thread: Thread | None = None

    def keep_published(self) -> None:
        """Write the data set `feedback` in the background, if it is out of date."""
        if (self._thread is None or not self._thread.is_alive()) and not is_published(self.store):
            self._thread = Thread(target=self._publish, name=PUBLISHER, daemon=True)
            self._thread.start()

    def _publish(self) -> None:
        try:
            with act_as(OWNER):  # it is the app's own work, whoever decided last
                while not is_published(self.store):
                    before = self.store.version
                    time.sleep(_QUIET_FOR_S)
                    if self.store.version == before:
                        publish(self.store, examined=self.examined)
        except FerError as error:
            self.problem = error
        else:
            self.problem = None


def feedback_store() -> Store:
    """The store, without what has become too old.

    Raises:
        FerError: If the database cannot be used.
    """
    store = _latest(settings.database_url()).store
    store.purge_expired()
    return store


def open_feedback(*, look_again: bool = False) -> Opened:
    """The corrections with their present status; new ones are seen after half a minute.

    What has to be done first is shown with its progress, and goes on if the visitor leaves.

    Args:
        look_again: Look for new ones now.

    Raises:
        FerError: If the database, or a data set, cannot be used.
    """
    url = settings.database_url()
    latest = _latest(url)
    known = latest.examined
    is_fresh = time.monotonic() < latest.looked_at + _FRESH_FOR_S and not look_again
    now = known and known.updated(latest.store, may_lack=is_fresh)
    if now is None or now.table.empty:
        _prepare(data_sets := known_faces.state())
        now = _examining(url, latest.store.version, data_sets).result()
        latest.looked_at = time.monotonic()
    latest.examined = now
    latest.keep_published()
    return Opened(latest.store, now)


def problem() -> FerError | None:
    """Why the data set could not be written, if it could not."""
    return _latest(settings.database_url()).problem


@st.cache_resource(max_entries=2, show_spinner=False)
def _latest(url: str) -> _Latest:
    return _Latest()


def _prepare(data_sets: str) -> None:
    """Wait until the test faces of the data sets can be searched."""
    work = _preparing(data_sets)
    slot = st.empty()
    if not work.future.done():
        slot.info(
            "A data set is new here. Corrections of its test faces must neither train nor test, so "
            "its test faces are made ready to be found, once. Who reviewed what, and Learn, can be "
            "opened meanwhile.",
            icon=":material/hourglass_top:",
        )
    work.result()
    slot.empty()


@st.cache_resource(max_entries=2, show_spinner=False, validate=Work.is_usable)
def _preparing(data_sets: str) -> Work[None]:
    return Work(known_faces.prepare, noun="Test face")


@st.cache_resource(max_entries=2, show_spinner=False, validate=Work.is_usable)
def _examining(url: str, version: str, data_sets: str) -> Work[Examined]:
    store = _latest(url).store
    return Work(lambda meter: examine(store, progress=meter), noun="Correction")
