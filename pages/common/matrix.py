"""A square table of classes by classes, whose cells can be clicked or reached with the keyboard.

It is a table rather than a chart: a screen reader reads it, the arrow keys move in it, it fits a
phone, and the browser draws it at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from fer.evaluation.charts import RIGHT_COLOR, WRONG_COLOR
from fer.evaluation.matrix import Cell

_HTML = """<div class="wide"><table><thead></thead><tbody></tbody></table></div>
<div class="legend"></div>"""

_CSS = f"""
:host {{ --right: {RIGHT_COLOR}; --wrong: {WRONG_COLOR}; }}
.wide {{ overflow-x: auto; padding-right: 0.75rem; }}
table {{
  width: 100%; border-collapse: separate; border-spacing: 2px; table-layout: fixed;
  font-size: 0.8125rem; font-variant-numeric: tabular-nums; color: var(--st-text-color);
}}
th {{ font-weight: 400; padding: 0; }}
tbody th {{ text-align: right; padding-right: 0.375rem; white-space: nowrap; }}
thead th, thead td {{ height: 3.75rem; vertical-align: bottom; }}
thead td {{
  width: 4.375rem; text-align: right; padding: 0 0.375rem 0.25rem 0; font-size: 0.75rem;
}}
thead span {{
  display: block; width: 0; margin: 0 auto 0.25rem; white-space: nowrap;
  transform: rotate(-58deg); transform-origin: left bottom;
}}
tbody td {{ padding: 0; }}
.cell {{
  display: block; box-sizing: border-box; width: 100%; min-width: 2.25rem; height: 2.375rem;
  padding: 0; text-align: center; font: inherit; line-height: 2.375rem;
  color: inherit; border: 0; border-radius: calc(var(--st-base-radius) / 4);
  background: color-mix(in srgb, var(--tone) calc(var(--strength) * 65%), transparent);
  box-shadow: inset 0 0 0 1px color-mix(in srgb, currentColor 12%, transparent);
}}
.right {{ --tone: var(--right); }}
.wrong {{ --tone: var(--wrong); }}
button.cell {{ cursor: pointer; }}
button.cell:hover {{ box-shadow: inset 0 0 0 2px currentColor; }}
button.chosen {{ box-shadow: inset 0 0 0 3px currentColor; font-weight: 600; }}
button.cell:focus-visible {{ outline: 3px solid var(--st-primary-color); outline-offset: 1px; }}
.legend {{
  display: grid; grid-template-columns: max-content minmax(6rem, 14rem); gap: 0.25rem 0.75rem;
  align-items: center; margin-top: 0.75rem; font-size: 0.8125rem; color: var(--st-text-color);
}}
.legend i {{
  height: 0.75rem; border-radius: 0.2rem;
  background: linear-gradient(to right, transparent,
    color-mix(in srgb, var(--tone) 65%, transparent));
  box-shadow: inset 0 0 0 1px color-mix(in srgb, currentColor 12%, transparent);
}}
.legend div {{ grid-column: 2; display: flex; justify-content: space-between; }}
"""

# One stop of the Tab key for the whole table; the arrow keys move within it.
_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const { labels, cells, chosen, name, legend } = data
  const table = parentElement.querySelector("table")
  const [head, body] = [table.tHead, table.tBodies[0]]
  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties)
    element.append(...children)
    return element
  }
  table.setAttribute("aria-label", name)
  const size = labels.length
  const shape = JSON.stringify([labels, data.clickable])
  if (table.dataset.shape !== shape) {
    table.dataset.shape = shape
    const heads = labels.map((label) => make("th", { scope: "col" }, make("span", {}, label)))
    const corner = make("td", {}, "predicted →", make("br", {}), "true ↓")
    head.replaceChildren(make("tr", {}, corner, ...heads))
    body.replaceChildren(...labels.map((label) => make("tr", {},
      make("th", { scope: "row" }, label),
      ...labels.map(() => make("td", {}, data.clickable
        ? make("button", { type: "button" }) : make("div", {}))))))
  }
  const shown = [...body.querySelectorAll("td > *")]
  const focused = shown.findIndex((cell) => cell.matches(":focus"))
  const stop = Math.max(0, focused < 0 ? chosen[0] ?? 0 : focused)
  cells.forEach((cell, index) => {
    const element = shown[index]
    const isChosen = chosen.includes(index)
    element.textContent = cell.text
    element.className = `cell ${cell.tone}${isChosen ? " chosen" : ""}`
    element.style.setProperty("--strength", cell.strength)
    element.title = cell.title
    if (!data.clickable) return
    element.setAttribute("aria-label", cell.title)
    element.setAttribute("aria-pressed", isChosen)
    element.tabIndex = index === stop ? 0 : -1
    element.onclick = () => setTriggerValue("opened", index)
  })
  body.onkeydown = (event) => {
    const at = shown.findIndex((cell) => cell.matches(":focus"))
    if (!data.clickable || at < 0) return
    const column = at % size
    const to = {
      ArrowRight: column + 1 < size ? at + 1 : at, ArrowLeft: column ? at - 1 : at,
      ArrowDown: at + size, ArrowUp: at - size, Home: at - column, End: at - column + size - 1,
    }[event.key]
    if (to === undefined) return
    event.preventDefault()
    if (!shown[to]) return
    shown[at].tabIndex = -1
    shown[to].tabIndex = 0
    shown[to].focus()
  }
  parentElement.querySelector(".legend").replaceChildren(
    ...legend.tones.flatMap(([tone, words]) => [
      make("span", {}, words), make("i", { className: tone }),
    ]),
    make("div", {}, ...legend.ticks.map((tick) => make("span", {}, tick))),
  )
}
"""

_ROUNDED_FROM = 20

_COMPONENT = st.components.v2.component("fer.matrix", html=_HTML, css=_CSS, js=_JS)


@dataclass(frozen=True, kw_only=True)
class Legend:
    """What the colours mean.

    Attributes:
        tones: Each tone with its words.
        ticks: What no, half and full strength stand for; without half, two.
    """

    tones: Sequence[tuple[str, str]]
    ticks: Sequence[str]


RIGHT_OR_WRONG = (("right", "right"), ("wrong", "wrong"))
"""The tones of a confusion matrix."""


def count_ticks(largest: int) -> list[str]:
    """The ticks of a legend of counts, without half the strength where that is no whole number."""
    middle = [largest // 4] if largest % 4 == 0 or largest >= _ROUNDED_FROM else []
    return [f"{count:,}" for count in dict.fromkeys((0, *middle, largest))]


def matrix_table(
    labels: Sequence[str],
    cells: Sequence[Cell],
    *,
    key: str,
    name: str,
    legend: Legend,
    chosen: Sequence[int] = (),
    on_open: Callable[[int], None] | None = None,
) -> None:
    """Show a table of classes by classes.

    Args:
        labels: The classes, k of them.
        cells: Row by row, k × k.
        key: Key of the component.
        name: What the table is, for a screen reader.
        legend: What the colours mean.
        chosen: Indices of the cells to outline.
        on_open: Called with the index of a clicked cell, before the page is drawn again; without
            it, cells cannot be clicked.
    """

    def opens() -> None:
        index = st.session_state[key].get("opened")
        if on_open is not None and index is not None and index < len(cells):
            on_open(index)

    _COMPONENT(
        key=key,
        data={
            "labels": list(labels),
            "cells": [asdict(cell) for cell in cells],
            "chosen": list(chosen),
            "clickable": on_open is not None,
            "name": name,
            "legend": asdict(legend),
        },
        on_opened_change=opens,
    )
