"""A photo from the clipboard."""

from collections.abc import Callable

import streamlit as st

_HTML = """
<button type="button">Paste a photo</button> <span role="status"></span>
"""

_CSS = """
button {
  font: inherit; font-size: 0.875rem; padding: 0.4rem 0.9rem; min-height: 2.5rem; cursor: pointer;
  color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
}
button:hover { border-color: var(--st-primary-color); }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
span { margin-left: 0.5rem; font-size: 0.875rem; color: var(--st-text-color); }
"""

_JS = """
const LARGEST = 20_000_000

export default function ({ parentElement, setStateValue }) {
  const button = parentElement.querySelector("button")
  const status = parentElement.querySelector("span")
  const take = file => {
    if (!file) return (status.textContent = "There is no photo in the clipboard.")
    if (file.size > LARGEST) return (status.textContent = "The photo is over 20 MB.")
    status.textContent = ""
    const reader = new FileReader()
    reader.onload = () => setStateValue("photo", reader.result)
    reader.readAsDataURL(file)
  }
  button.onclick = async () => {
    try {
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find(type => type.startsWith("image/"))
        if (type) return take(await item.getType(type))
      }
      take(null)
    } catch {
      status.textContent = "The browser blocks access to the clipboard. Press Ctrl+V or ⌘V instead."
    }
  }
  // A property, not one more listener, as this runs again whenever the page is drawn.
  const onPaste = (document.onpaste = event => {
    const file = [...(event.clipboardData?.files ?? [])].find(f => f.type.startsWith("image/"))
    if (file) take(file)
  })
  return () => {
    if (document.onpaste === onPaste) document.onpaste = null
  }
}
"""

_COMPONENT = st.components.v2.component("fer.paste", html=_HTML, css=_CSS, js=_JS)


def paste_button(*, key: str, on_photo: Callable[[], None]) -> None:
    """A button to paste a photo; while it is shown, Ctrl+V and ⌘V work, too.

    `on_photo` is called when one came: it is in the session state, as the attribute `photo`.
    """
    _COMPONENT(key=key, on_photo_change=on_photo)
