"""The camera of the Live page, as an element of the page."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from fer import emotions
from fer.inference.drawing import ink_on
from fer.inference.live import ROUTE, LiveStream
from fer.wording import detector_name
from pages.common.pictures import from_data_uri

_HERE = Path(__file__).parent
_HTML = """
<div id="live">
  <section id="view" aria-label="Camera">
    <div id="stage">
      <video id="video" muted playsinline aria-label="Your camera"></video>
      <canvas id="overlay" role="img" aria-label="Boxes around the faces"></canvas>
      <p id="message" role="status"></p>
    </div>
    <div id="tools">
      <button id="start" type="button" class="primary">Start</button>
      <button id="pause" type="button" disabled>Pause</button>
      <button id="snapshot" type="button" disabled>Snapshot</button>
      <button id="mirror" type="button" aria-pressed="true">Mirror</button>
      <button id="full" type="button" aria-pressed="false">Full screen</button>
      <select id="camera" aria-label="Camera"></select>
    </div>
  </section>
  <section id="figures" aria-label="Faces in view">
    <h2 id="who">Largest face</h2>
    <p id="emotion"></p>
    <p id="confidence"></p>
    <ul id="bars"></ul>
    <h2>Last minute, by person</h2>
    <canvas id="timeline" role="img" aria-label="Emotions of the last minute, by person"></canvas>
    <p class="ends"><span>1 minute ago</span><span>now</span></p>
    <p id="speed" hidden>
      <span id="names"></span><br>
      <span id="fps">–</span> frames/s<span aria-hidden="true"> · </span><span
      title="From a frame to its answer" id="latency">–</span> a frame
    </p>
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


def camera(
    stream: LiveStream, *, on_start: Callable[[], None], on_stop: Callable[[], None], key: str
) -> bytes | None:
    """Show the camera; the browser sends its frames to the server's route.

    Args:
        stream: Receives the frames.
        on_start: Called, before the script runs, when the camera's first frame goes to the stream.
        on_stop: Called, before the script runs, when the camera has stopped.
        key: Of the component in the session state.

    Returns:
        The JPEG of a snapshot, in the run after the visitor took one.
    """
    result = _COMPONENT(
        key=key,
        data={
            "token": stream.token,
            "route": ROUTE,
            "names": f"Model {stream.model}, detector {detector_name(stream.detector)}",
            "unreliable": {
                "color": emotions.UNRELIABLE_COLOR,
                "ink": ink_on(emotions.UNRELIABLE_COLOR),
            },
            "labels": {
                label: {"color": shown.color, "symbol": shown.symbol, "ink": ink_on(shown.color)}
                for label in stream.labels
                for shown in [emotions.describe(label)]
            },
        },
        on_started_change=on_start,
        on_stopped_change=on_stop,
        on_snapshot_change=lambda: None,
    )
    return from_data_uri(result.snapshot)
