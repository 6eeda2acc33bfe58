"""What a face browser keeps in the session: the page of faces, and the face that is open."""

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class BrowserState:
    """Page and open face of one screen, under keys that its links have too.

    Attributes:
        screen: The first part of every key.
    """

    screen: str

    @property
    def page(self) -> str:
        return f"{self.screen}.page"

    @property
    def face(self) -> str:
        return f"{self.screen}.face"

    @property
    def path(self) -> str:
        """Path of the open face; "" for none."""
        path: str | None = st.session_state.get(self.face)
        return (path or "").strip()

    def open(self, path: str) -> None:
        """Open a face, before the page is drawn again; "" closes it."""
        st.session_state[self.face] = path

    def restart(self) -> None:
        """Back to the first page, with no face open: others are shown now."""
        st.session_state[self.page] = 1
        self.open("")
