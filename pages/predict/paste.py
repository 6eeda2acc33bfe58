"""A picture from the clipboard."""

import base64
import binascii

import streamlit as st

_HTML = """
<button type="button">Paste a picture</button> <span role="status"></span>
"""

_CSS = """
button {
  font: inherit; padding: 0.4rem 0.9rem; min-height: 2.5rem; cursor: pointer;
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
  const said = parentElement.querySelector("span")
  const take = file => {
    if (!file) return (said.textContent = "There is no picture in the clipboard.")
    if (file.size > LARGEST) return (said.textContent = "The picture has over 20 MB.")
    said.textContent = ""
    const reader = new FileReader()
    reader.onload = () => setStateValue("picture", reader.result)
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
      said.textContent = "The browser keeps the clipboard closed. Press Ctrl+V or ⌘V instead."
    }
  }
  const onPaste = event => {
    const file = [...(event.clipboardData?.files ?? [])].find(f => f.type.startsWith("image/"))
    if (file) take(file)
  }
  window.ferPaste && document.removeEventListener("paste", window.ferPaste)
  window.ferPaste = onPaste
  document.addEventListener("paste", onPaste)
  return () => document.removeEventListener("paste", onPaste)
}
"""

_COMPONENT = st.components.v2.component("fer.paste", html=_HTML, css=_CSS, js=_JS)


def pasted_picture(*, key: str) -> bytes | None:
    """Offer to paste; the bytes of the picture that was pasted last, while the page is open."""
    picture = _COMPONENT(key=key, on_picture_change=lambda: None).picture
    try:
        return base64.b64decode(picture.partition(",")[2], validate=True) if picture else None
    except binascii.Error:
        return None
