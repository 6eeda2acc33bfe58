"""Scrolling to what a click has changed, where it is not in view, as on a phone."""

import streamlit as st

REVEAL = "reveal"
"""Key in the session state of the place to scroll to, and of how often that was asked for."""

# What is below the place may still be coming, and a short page does not scroll: so try again.
_JS = """
const TRIES = 4, EVERY_MS = 400
export default function ({ data, parentElement }) {
  const place = parentElement.querySelector("div")
  if (!data.number || place.dataset.number === `${data.number}`) return
  place.dataset.number = data.number
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches
  const show = (tries) => {
    const { top } = place.getBoundingClientRect()
    if (!place.isConnected || (top > -innerHeight / 4 && top < innerHeight * 0.6)) return
    place.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" })
    if (tries > 1) setTimeout(show, EVERY_MS, tries - 1)
  }
  requestAnimationFrame(() => show(TRIES))
}
"""

_CSS = "div { scroll-margin-top: 4.5rem; height: 1px; }"

_COMPONENT = st.components.v2.component("fer.reveal", html="<div></div>", css=_CSS, js=_JS)


def ask(place: str) -> None:
    """Have the place of this name scrolled into view when it is drawn next."""
    number = st.session_state.get(REVEAL, ("", 0))[1]
    st.session_state[REVEAL] = (place, number + 1)


def reveal(place: str) -> None:
    """Draw the place, and scroll to it if that was asked for."""
    name, number = st.session_state.get(REVEAL, ("", 0))
    st.session_state[REVEAL] = ("", number)
    _COMPONENT(key=f"{REVEAL}.{place}", data={"number": number if name == place else 0})
