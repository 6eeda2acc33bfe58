"""What a face browser keeps in the session: the page of faces, and the face that is open."""

import streamlit as st


class BrowserState:
    """Page and open face of one screen, under keys that start with its name and are in its URL."""

    def __init__(self, screen: str) -> None:
        self.screen, self.page, self.face = screen, f"{screen}.page", f"{screen}.face"

    @property
    def path(self) -> str:
        """Path of the open face; "" for none."""
        return str(st.session_state.get(self.face) or "").strip()

    def open(self, path: str) -> None:
        """Open a face, before the page is drawn again; "" closes it."""
        st.session_state[self.face] = path

    def restart(self) -> None:
        """Go to the first page and close the face, because other faces are shown now."""
        st.session_state[self.page] = 1
        self.open("")
