from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from fer.inference.live import STREAMS, LiveStream, LiveStreams
from pages.live import keys


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[LiveStream]:
    """The streams that the page opens."""
    for stream in list(STREAMS._streams.values()):
        stream.close()  # those of other tests: all apps under test are one session
    streams: list[LiveStream] = []
    open_stream: Callable[..., LiveStream] = LiveStreams.open

    def record(*arguments: object) -> LiveStream:
        streams.append(open_stream(*arguments))
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
