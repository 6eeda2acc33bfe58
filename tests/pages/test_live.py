import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from fer.browser import served
from fer.feedback.store import open_store
from fer.inference.live import STREAMS, LiveStream, LiveStreams
from pages.common import links, visitors
from pages.common.asking.keeping import KEEP
from pages.live import keys
from pages.live.device import DEVICE
from pages.live.session import KeptSession, _words


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[LiveStream]:
    """The streams that the page opens."""
    for stream in list(STREAMS._streams.values()):
        stream.close()  # those of other tests: all apps under test are one session
    streams: list[LiveStream] = []
    open_stream: Callable[..., LiveStream] = LiveStreams.open

    def record(*arguments: object, **named: object) -> LiveStream:
        streams.append(open_stream(*arguments, **named))
        return streams[-1]

    monkeypatch.setattr(LiveStreams, "open", record)
    return streams


@pytest.fixture
def live_page(opened: list[LiveStream], app: AppTest) -> AppTest:
    app.run()
    app.switch_page("pages/live/page.py").run()
    assert not app.exception
    return app


def test_a_session_keeps_its_stream_until_that_is_closed(
    opened: list[LiveStream], live_page: AppTest
) -> None:
    assert all(stream.owner for stream in opened)  # whose end is the stream's, too
    live_page.run()
    [first] = opened
    assert first.is_open
    first.close()
    live_page.run()
    assert [stream.is_open for stream in opened] == [False, True]


def test_another_detector_gets_a_stream_of_its_own_and_the_old_one_is_closed(
    opened: list[LiveStream], live_page: AppTest
) -> None:
    live_page.selectbox(key=keys.DETECTOR).select("mtcnn").run()
    assert not live_page.exception
    assert [stream.is_open for stream in opened] == [False, True]


def jpeg(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def session(live_page: AppTest, opened: list[LiveStream], astronaut: np.ndarray) -> LiveStream:
    """The page's session after two frames of one face."""
    [stream] = opened
    for _ in range(2):
        stream.frame(jpeg(astronaut))
    live_page.session_state[keys.SESSION] = stream
    return stream


def test_a_session_that_goes_on_is_drawn_and_its_files_come_at_its_end(
    live_page: AppTest, session: LiveStream
) -> None:
    live_page.run()
    assert not live_page.exception
    assert [header.value for header in live_page.header] == ["This session so far"]
    assert "1 person" in live_page.markdown[-1].value
    assert not live_page.dataframe
    assert not live_page.get("download_button")
    session.close()
    live_page.run()
    assert [header.value for header in live_page.header] == ["The session"]
    assert len(live_page.get("download_button")) == 2
    assert len(live_page.dataframe) == 1


def test_a_session_is_still_there_after_a_visit_to_another_page(
    live_page: AppTest, session: LiveStream
) -> None:
    session.close()
    live_page.switch_page("pages/predict/page.py").run()
    live_page.switch_page("pages/live/page.py").run()
    assert [header.value for header in live_page.header] == ["The session"]
    assert list(live_page.dataframe[0].value["frames"]) == [2]


def test_a_session_without_a_face_gives_advice(
    live_page: AppTest, opened: list[LiveStream]
) -> None:
    [stream] = opened
    stream.close()
    live_page.session_state[keys.SESSION] = stream
    live_page.run()
    assert "No face was found" in live_page.info[0].value


def test_a_snapshot_waits_for_predict_until_it_is_discarded(
    live_page: AppTest, astronaut: np.ndarray
) -> None:
    live_page.session_state[links.SNAPSHOT] = jpeg(astronaut)
    live_page.run()
    [open_it, discard, _] = live_page.button
    assert open_it.label == "Open the snapshot in Predict"
    discard.click().run()
    assert [button.label for button in live_page.button] == ["Kept for this browser"]
    assert links.SNAPSHOT not in live_page.session_state


def test_a_forgotten_session_is_gone_from_the_page_and_from_the_shelf(
    live_page: AppTest, session: LiveStream
) -> None:
    session.close()
    shelf = live_page.session_state[visitors.SHELF]
    shelf[keys.SESSION] = KeptSession(session)
    live_page.run()
    [forget] = [button for button in live_page.button if button.label == "Forget this session"]
    forget.click().run()
    assert not live_page.exception
    assert not live_page.header
    assert keys.SESSION not in shelf


def test_a_class_named_in_markdown_is_shown_as_it_is() -> None:
    assert "**joy**" not in _words(1.0, 1, {"**joy**": 1.0})


def test_a_snapshot_is_asked_about_on_demand(
    live_page: AppTest, astronaut: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_DATABASE_URL", f"sqlite:///{tmp_path / 'feedback.db'}")
    live_page.session_state[links.SNAPSHOT] = jpeg(astronaut)
    live_page.run()
    assert keys.PREDICTION not in live_page.session_state
    live_page.session_state[keys.ASKED] = True
    live_page.run()
    [right] = [one for one in live_page.button_group if "right" in one.label]
    right.set_value("Yes").run()
    [keep] = [button for button in live_page.button if button.label == KEEP]
    keep.click().run()
    assert not live_page.exception
    [correction] = open_store().corrections()
    assert (correction.source, correction.verdict) == ("live", "happy")


def test_a_snapshot_without_a_face_is_not_asked_about(live_page: AppTest) -> None:
    live_page.session_state[links.SNAPSHOT] = jpeg(np.full((100, 100, 3), 90, np.uint8))
    live_page.session_state[keys.ASKED] = True
    live_page.run()
    assert not live_page.exception
    assert any("No face was found on the snapshot" in one.value for one in live_page.caption)


def test_on_this_device_the_page_for_the_browser_takes_the_place_of_the_stream(
    opened: list[LiveStream], live_page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "lacking", lambda: "")
    monkeypatch.setattr(served.PAGES, "make", lambda model: f"key-of-{model}")
    live_page.run()
    assert "sends the camera's frames to the server" in captions(live_page)
    live_page.button_group(key=keys.PLACE).select(DEVICE).run()
    assert not live_page.exception
    assert "No frame leaves this device" in captions(live_page)
    assert not opened[-1].is_open
    [frame] = live_page.get("iframe")
    assert frame.proto.src == "/device/key-of-ferplus/"


def test_what_analysis_on_this_device_lacks_is_named_and_the_server_is_used(
    live_page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "lacking", lambda: "Build the page with make web.")
    live_page.run()
    assert not live_page.get("button_group")
    assert "to the server" in captions(live_page)
    assert "Build the page with make web" in captions(live_page)


def captions(page: AppTest) -> str:
    return "\n".join(caption.value for caption in page.caption)
