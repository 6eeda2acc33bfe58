"""The camera of the Live page, as an element of the page."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from fer import emotions
from fer.inference.drawing import ink_on
from fer.inference.live import ROUTE, LiveStream
from pages.common.pictures import from_data_uri

_HERE = Path(__file__).parent
_HTML = """
<div id="live">
  <section aria-label="Camera">
    <div id="stage">
      <video id="video" muted playsinline aria-label="Your camera"></video>
      <canvas id="overlay" role="img" aria-label="Boxes around the faces"></canvas>
      <p id="message" role="status"></p>
    </div>
    <div id="tools">
      <button id="start" type="button" class="primary">Start</button>
      <button id="pause" type="button" disabled>Pause</button>
      <button id="mirror" type="button" aria-pressed="true">Mirror</button>
      <button id="snapshot" type="button" disabled>Snapshot to Predict</button>
      <select id="camera" aria-label="Camera" disabled><option value="">Camera</option></select>
    </div>
  </section>
  <section id="figures" aria-label="Faces in view">
    <p id="empty">
      Once the camera shows a face, its emotions appear here, with a timeline of the last minute for
      each person.
    </p>
    <dl>
      <div><dt>frames/s</dt><dd id="fps">–</dd></div>
      <div><dt>latency</dt><dd id="latency">–</dd></div>
      <div><dt>dropped</dt><dd id="dropped">–</dd></div>
    </dl>
    <h2>Largest face<span id="unreliable"></span></h2>
    <ul id="bars"></ul>
    <h2>Last minute, by person</h2>
    <canvas id="timeline" role="img" aria-label="Emotions of the last minute, by person"></canvas>
    <p class="ends"><span>1 minute ago</span><span>now</span></p>
    <p id="spoken" role="status" aria-live="polite"></p>
  </section>
</div>
"""

_COMPONENT = st.components.v2.component(
    "fer.camera",
    html=_HTML,
    css=(_HERE / "camera.css").read_text(encoding="utf-8"),
    js=(_HERE / "camera.js").read_text(encoding="utf-8"),
)


def camera(stream: LiveStream, *, on_stop: Callable[[], None], key: str) -> bytes | None:
    """Show the camera; the browser sends its frames to the server's route.

    Args:
        stream: Receives the frames.
        on_stop: Called, before the script runs, when the visitor has pressed Stop.
        key: Of the component in the session state.

    Returns:
        The JPEG of a snapshot, in the run after the visitor took one for Predict.
    """
    result = _COMPONENT(
        key=key,
        data={
            "token": stream.token,
            "route": ROUTE,
            "unreliable": {
                "color": emotions.UNRELIABLE_COLOR,
                "ink": ink_on(emotions.UNRELIABLE_COLOR),
            },
            "labels": {
                label: {"color": shown.color, "symbol": shown.symbol, "ink": ink_on(shown.color)}
                for label in stream.timeline.labels
                for shown in [emotions.describe(label)]
            },
        },
        on_stopped_change=on_stop,
        on_snapshot_change=lambda: None,
    )
    return from_data_uri(result.snapshot)
