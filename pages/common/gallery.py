"""Faces that can be clicked, or reached and chosen with the keyboard: a row of them, or a page."""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.common.pictures import Picture

_HTML = '<div id="faces" role="group"></div>'

_CSS = """
#faces { display: flex; flex-wrap: wrap; gap: var(--gap, 0.5rem); }
button {
  display: flex; flex-direction: column; align-items: center; gap: 0.25rem;
  padding: 0.375rem; cursor: pointer;
  font: inherit; font-size: 0.875rem; color: var(--st-text-color);
  background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
}
button:hover { border-color: var(--st-primary-color); }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: -3px; }
button[aria-pressed="true"], button[aria-current="true"] {
  border-color: var(--st-primary-color); box-shadow: inset 0 0 0 1px var(--st-primary-color);
}
img { width: var(--size); height: var(--size); border-radius: calc(var(--st-base-radius) / 2); }
.page { --gap: 0.25rem; }
.page button { padding: 0; gap: 0; border-width: 2px; border-bottom-width: 5px; }
.page img { border-radius: calc(var(--st-base-radius) / 4); image-rendering: pixelated; }
.page span:empty { display: none; }
.page .faded img { opacity: 0.3; filter: grayscale(1); }
.bounded { max-height: var(--height); overflow-y: auto; }
@media (max-width: 640px) { img { width: min(var(--size), 4rem); height: min(var(--size), 4rem); } }
"""

# One stop of the Tab key for a whole page of faces; the arrow keys move within it.
_JS = """
export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector("#faces")
  root.setAttribute("aria-label", data.label)
  root.className = (data.opens ? "page" : "") + (data.height ? " bounded" : "")
  root.style.setProperty("--height", data.height)
  const before = root.querySelector("img")?.getAttribute("src")
  if (before !== data.faces[0]?.src) root.scrollTop = 0
  root.style.setProperty("--size", data.size)
  while (root.children.length > data.faces.length) root.lastChild.remove()
  while (root.children.length < data.faces.length) {
    const button = document.createElement("button")
    button.type = "button"
    button.append(document.createElement("img"), document.createElement("span"))
    root.append(button)
  }
  const buttons = [...root.children]
  const stop = Math.max(0, buttons.findIndex((button) => button.matches(":focus")))
  data.faces.forEach((face, index) => {
    const button = buttons[index]
    const [picture, caption] = button.children
    const isChosen = index === data.selected
    if (picture.getAttribute("src") !== face.src) picture.src = face.src
    picture.alt = face.alt
    caption.textContent = face.caption
    button.className = face.faded ? "faded" : ""
    button.style.borderBottomColor = face.color
    button.title = data.opens ? face.alt : ""
    button.tabIndex = !data.opens || index === stop ? 0 : -1
    button.setAttribute(data.opens ? "aria-current" : "aria-pressed", isChosen)
    button.onclick = () => data.opens
      ? setTriggerValue("opened", index)
      : setStateValue("selected", isChosen ? null : index)
  })
  root.onkeydown = (event) => {
    const at = buttons.findIndex((button) => button.matches(":focus"))
    if (!data.opens || at < 0) return
    const top = buttons[0].offsetTop
    const across = Math.max(1, buttons.filter((button) => button.offsetTop === top).length)
    const to = {
      ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + across, ArrowUp: at - across,
      Home: 0, End: buttons.length - 1,
    }[event.key]
    if (to === undefined || !buttons[to]) return
    event.preventDefault()
    buttons[at].tabIndex = -1
    buttons[to].tabIndex = 0
    buttons[to].focus()
  }
}
"""

_COMPONENT = st.components.v2.component("fer.gallery", html=_HTML, css=_CSS, js=_JS)


def gallery(faces: Sequence[Picture], *, label: str, key: str) -> int | None:
    """Show a row of faces and return the index of the chosen one; a second click clears it."""
    chosen: int | None = st.session_state.get(key, {}).get("selected")
    _COMPONENT(
        key=key,
        data={**_data(faces, label), "opens": False, "selected": chosen},
        on_selected_change=lambda: None,
    )
    return chosen


def face_page(
    faces: Sequence[Picture],
    *,
    label: str,
    key: str,
    size_px: int = 80,
    height_px: int = 0,
    current: int | None = None,
    on_open: Callable[[int], None] | None = None,
) -> int | None:
    """Show hundreds of faces, and return the index of the one that was opened just now.

    One click, or Enter, opens a face; the arrow keys, Home and End move among them.

    Args:
        faces: The faces.
        label: What they are, for a screen reader.
        key: Key of the component.
        size_px: Side of a face.
        height_px: Visible height; 0 to show all.
        current: Index of the open face.
        on_open: Called with the index of an opened face, before the page is drawn again.
    """

    def opens() -> None:
        index = st.session_state[key].get("opened")
        if on_open is not None and index is not None and index < len(faces):
            on_open(index)

    height = f"{height_px / 16}rem" if height_px else ""
    result = _COMPONENT(
        key=key,
        data={**_data(faces, label, size_px), "opens": True, "height": height, "selected": current},
        on_opened_change=opens,
    )
    opened: int | None = result.opened
    return opened


def _data(faces: Sequence[Picture], label: str, size_px: int = 80) -> dict[str, object]:
    return {"label": label, "size": f"{size_px / 16}rem", "faces": [vars(face) for face in faces]}
