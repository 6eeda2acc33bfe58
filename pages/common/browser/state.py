"""What a face browser keeps in the session: page, open face, chosen faces, the list as it was."""

from collections.abc import Sequence

import streamlit as st


class BrowserState:
    """State of one screen, under keys that start with its name; page and face are in its URL."""

    def __init__(self, screen: str) -> None:
        self.screen, self.page, self.face = screen, f"{screen}.page", f"{screen}.face"
        self._chosen, self._round = f"{screen}.chosen", f"{screen}.chosen.round"
        self._within = f"{screen}.chosen.within"
        self._trail, self.done = f"{screen}.trail", f"{screen}.done"
        self._next, self.by_click = f"{screen}.next", f"{screen}.choosing"

    @property
    def path(self) -> str:
        """Path of the open face; "" for none."""
        return str(st.session_state.get(self.face) or "").strip()

    def open(self, path: str) -> None:
        """Open a face, before the page is drawn again; "" closes it."""
        self.step(path)
        st.session_state.pop(self._trail, None)

    def step(self, path: str) -> None:
        """Open another face of the same list; "" closes the open one."""
        st.session_state[self.face] = path

    def open_when_redrawn(self, path: str) -> None:
        """Open another face of the same list; for code that runs after its path was drawn."""
        st.session_state[self._next] = path

    def settle(self) -> None:
        """Open what `open_when_redrawn` asked for; to be called before the open path is drawn."""
        if path := st.session_state.pop(self._next, ""):
            self.step(path)

    def restart(self) -> None:
        """Go to the first page, close the face and choose none, because others are shown now."""
        st.session_state[self.page] = 1
        st.session_state.pop(self.done, None)
        self.open("")
        self.choose([])

    @property
    def trail(self) -> list[str]:
        """Paths in the order in which they are stepped through, if that is not the list shown.

        An annotation can take a face out of the list, and the next one is that which followed it.
        """
        trail: list[str] = st.session_state.get(self._trail, [])
        return trail

    def keep(self, trail: list[str]) -> None:
        """Step through these paths from now on, until a face is opened by hand or closed."""
        st.session_state[self._trail] = trail

    @property
    def chosen(self) -> list[str]:
        """Paths of the faces that are chosen, to annotate them all at once."""
        chosen: list[str] = st.session_state.get(self._chosen, [])
        return chosen

    @property
    def choice_round(self) -> int:
        """Changes whenever the choice was not made by clicks on the faces."""
        return int(st.session_state.get(self._round, 0))

    def choose(self, paths: Sequence[str]) -> None:
        """Choose these faces and no others."""
        st.session_state[self._chosen] = list(paths)
        st.session_state[self._round] = self.choice_round + 1

    def choose_within(self, faces: str) -> None:
        """Choose none if these are other faces than before, which nobody has seen.

        Whatever changes them: filters, the data set, its split, the model that is measured.
        """
        if self.chosen and st.session_state.get(self._within) != faces:
            self.choose([])
        st.session_state[self._within] = faces

    def choose_among(self, shown: Sequence[str], chosen: Sequence[str]) -> None:
        """Choose some of the faces shown by clicking them; those on other pages stay chosen."""
        others = [path for path in self.chosen if path not in set(shown)]
        st.session_state[self._chosen] = [*others, *chosen]
        st.session_state.pop(self.done, None)
        self.open("")
