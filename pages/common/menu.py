"""Closing the menu of a narrow window once a page is chosen in it.

Streamlit does that for phones alone, which it knows by the browser's name. In a wide window the
pages stand in a row at the top, and nothing has to close.
"""

import streamlit as st

MENU = "menu"

# The button that closes the menu is there while it is open.
_JS = """
const closeMenu = ({ target }) => {
  if (target.closest("[data-testid=stSidebarNavLink]"))
    document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click()
}
export default function () {
  document.addEventListener("click", closeMenu)
  return () => document.removeEventListener("click", closeMenu)
}
"""

_COMPONENT = st.components.v2.component("fer.menu", js=_JS)


def close_when_chosen() -> None:
    """Close the menu with each choice; to be called once in a run, before the page is drawn."""
    _COMPONENT(key=MENU)
