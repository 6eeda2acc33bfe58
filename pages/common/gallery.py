"""Faces that can be clicked, or reached and chosen with the keyboard."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.common.pictures import Picture

_HTML = '<div id="faces" role="group"></div>'

_CSS = """
#faces { display: flex; flex-wrap: wrap; gap: var(--gap, 0.5rem); --size: var(--asked); }
button {
  display: flex; flex-direction: column; align-items: center; gap: 0.25rem;
  padding: 0.375rem; cursor: pointer;
  font: inherit; font-size: 0.875rem; color: var(--st-text-color);
  background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
}
button:hover { border-color: var(--st-primary-color); }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: -3px; }
button[aria-current="true"] {
  border-color: var(--st-primary-color); box-shadow: inset 0 0 0 1px var(--st-primary-color);
}
img { width: var(--size); height: var(--size); border-radius: calc(var(--st-base-radius) / 2); }
#faces.page {
  --gap: 0.25rem;
  display: grid; align-items: start;
  grid-template-columns: repeat(auto-fill, minmax(calc(var(--size) + 4px), 1fr));
}
.page button { padding: 0; gap: 0; border-width: 2px; border-bottom-width: 5px; }
.page img {
  width: 100%; height: auto; aspect-ratio: 1;
  border-radius: calc(var(--st-base-radius) / 4); image-rendering: pixelated;
}
.page span {
  padding: 0.125rem; font-size: 0.75rem; line-height: 1.2;
  overflow-wrap: anywhere;
}
.page span:empty { display: none; }
.page button { position: relative; user-select: none; }
.page button.chosen { outline: 3px solid var(--st-primary-color); outline-offset: -1px; }
.page button.chosen::after {
  content: "✓"; position: absolute; top: 0; right: 0; padding: 0 0.25rem;
  color: var(--st-background-color); background: var(--st-primary-color);
  border-bottom-left-radius: var(--st-base-radius); font-weight: 700;
}
.page button.chosen:focus-visible { outline-style: double; outline-width: 6px; }
.page .faded img { opacity: 0.3; filter: grayscale(1); }
.bounded { max-height: var(--height); overflow-y: auto; }
/* On a phone four faces, or three photos, stand in a row. */
@media (max-width: 640px) {
  #faces { --size: min(var(--asked), max(4rem, 0.65 * var(--asked))); }
  #faces:not(.page) { --size: min(var(--asked), 4rem); }
}
"""

_JS = """
// One stop of the Tab key for a whole page of faces; the arrow keys move within it.
// Which faces are chosen is known here first. The page is asked for its choice only when it has
// changed that itself (`version`), or a late answer would take back what was clicked meanwhile.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector("#faces")
  root.setAttribute("aria-label", data.label)
  root.className = (data.large ? "" : "page") + (data.height ? " bounded" : "")
  root.style.setProperty("--height", data.height)
  const before = root.querySelector("img")?.getAttribute("src")
  if (before !== data.faces[0]?.src) root.scrollTop = 0
  root.style.setProperty("--asked", data.size)
  while (root.children.length > data.faces.length) root.lastChild.remove()
  while (root.children.length < data.faces.length) {
    const button = document.createElement("button")
    button.type = "button"
    button.append(document.createElement("img"), document.createElement("span"))
    root.append(button)
  }
  const buttons = [...root.children]
  const stop = Math.max(0, buttons.findIndex((button) => button.matches(":focus")))
  const canChoose = Boolean(data.version)
  if (root.version !== data.version) {
    clearTimeout(root.sending)
    root.version = data.version
    root.chosen = new Set(data.chosen)
    root.anchor = null
  }
  const showChosen = () => canChoose && buttons.forEach((button, index) => {
    button.classList.toggle("chosen", root.chosen.has(index))
    button.setAttribute("aria-pressed", root.chosen.has(index))
  })
  const chose = () => {
    showChosen()
    clearTimeout(root.sending)
    const message = { at: [...root.chosen], page: data.page }
    root.sending = setTimeout(() => setTriggerValue("chosen", message), 250)
  }
  const chooseOne = (index) => {
    if (!root.chosen.delete(index)) root.chosen.add(index)
    root.anchor = index
    chose()
  }
  const chooseTo = (index) => {
    root.anchor ??= index
    const [from, to] = [Math.min(root.anchor, index), Math.max(root.anchor, index)]
    for (let at = from; at <= to; at++) root.chosen.add(at)
    chose()
  }
  const open = (index) => setTriggerValue("opened", { at: index, page: data.page })
  data.faces.forEach((face, index) => {
    const button = buttons[index]
    const [picture, caption] = button.children
    if (picture.getAttribute("src") !== face.src) picture.src = face.src
    picture.alt = face.alt
    caption.textContent = face.caption
    button.className = face.faded ? "faded" : ""
    button.style.borderBottomColor = face.color
    button.title = data.large ? "" : face.alt
    button.tabIndex = index === stop ? 0 : -1
    button.setAttribute("aria-current", index === data.current)
    button.onclick = (event) => {
      if (canChoose && event.shiftKey) chooseTo(index)
      else if (canChoose && (data.choosing || event.ctrlKey || event.metaKey)) chooseOne(index)
      else open(index)
    }
  })
  showChosen()
  root.onkeyup = (event) => {
    if (canChoose && event.key === " ") event.preventDefault()
  }
  root.onkeydown = (event) => {
    const at = buttons.findIndex((button) => button.matches(":focus"))
    if (at < 0) return
    const handled = () => { event.preventDefault(); event.stopPropagation() }
    if (event.key === "Enter") { handled(); return open(at) }
    if (canChoose && event.key === " ") { handled(); return chooseOne(at) }
    if (canChoose && event.key === "Escape" && root.chosen.size) {
      handled()
      root.chosen.clear()
      return chose()
    }
    if (canChoose && event.key === "a" && (event.ctrlKey || event.metaKey)) {
      handled()
      buttons.forEach((_, index) => root.chosen.add(index))
      return chose()
    }
    const top = buttons[0].offsetTop
    const across = Math.max(1, buttons.filter((button) => button.offsetTop === top).length)
    const to = {
      ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + across, ArrowUp: at - across,
      Home: 0, End: buttons.length - 1,
    }[event.key]
    if (to === undefined || !buttons[to]) return
    handled()
    if (canChoose && event.shiftKey) {
      root.anchor ??= at
      chooseTo(to)
    } else root.anchor = null
    buttons[at].tabIndex = -1
    buttons[to].tabIndex = 0
    buttons[to].focus()
  }
}
"""

_COMPONENT = st.components.v2.component("fer.gallery", html=_HTML, css=_CSS, js=_JS)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which faces of a page are chosen, and how that changes.

    Attributes:
        chosen: Their indexes.
        version: Changes when faces were chosen other than by clicks on them.
        by_click: Whether a plain click chooses a face instead of opening it, as fingers need it.
        on_choose: Called with the indexes of all that are chosen now, before the page is drawn.
    """

    chosen: Sequence[int]
    version: str
    by_click: bool
    on_choose: Callable[[Sequence[int]], None]


def gallery(
    faces: Sequence[Picture],
    *,
    label: str,
    key: str,
    size_px: int = 80,
    height_px: int = 0,
    large: bool = False,
    current: int | None = None,
    on_open: Callable[[int], None] | None = None,
    choice: Choice | None = None,
) -> int | None:
    """Show hundreds of faces, and return the index of the one that was opened just now.

    One click, or Enter, opens a face; the arrow keys, Home and End move among them. Where faces
    can be chosen, Ctrl and a click or Space chooses one, Shift and a click or an arrow key chooses
    a range, Ctrl+A all of them, and Escape none.

    Args:
        faces: The faces.
        label: What they are, for a screen reader.
        key: Key of the component.
        size_px: Side of a face.
        height_px: Visible height; 0 to show all.
        large: Whether to show them with room around them, as suits a few.
        current: Index of the open face.
        on_open: Called with the index of an opened face, before the page is drawn again.
        choice: Which faces are chosen; None if none can be.
    """

    page = str(hash(tuple(face.src for face in faces)))

    def held(name: str) -> Any:
        """What a message holds; None if it is late and about faces that are not shown any more."""
        message = st.session_state[key].get(name)
        return message["at"] if message and message["page"] == page else None

    def opens() -> None:
        index = held("opened")
        if on_open is not None and index is not None:
            on_open(index)

    def chooses() -> None:
        chosen = held("chosen")
        if choice is not None and chosen is not None:
            choice.on_choose(sorted(chosen))

    height = f"{height_px / 16}rem" if height_px else ""
    choosing = {
        "version": f"{choice.version} {page}" if choice else "",
        "chosen": list(choice.chosen) if choice else [],
        "choosing": choice is not None and choice.by_click,
    }
    result = _COMPONENT(
        key=key,
        data={
            "label": label, "size": f"{size_px / 16}rem", "faces": [vars(face) for face in faces],
            "page": page, "large": large, "height": height, "current": current, **choosing,
        },
        on_opened_change=opens,
        on_chosen_change=chooses,
    )  # fmt: skip
    opened: int | None = result.opened["at"] if result.opened else None
    return opened
