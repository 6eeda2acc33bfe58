import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from fer.data.synthetic import draw_face
from fer.inference import video_analysis
from fer.inference.video import VideoFile
from fer.inference.video_analysis import VideoAnalysis
from pages.video import keys

FRAMES, FPS = 40, 10


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A face that changes from happy to surprised after two of four seconds."""
    path = tmp_path_factory.mktemp("video") / "video.mp4"
    faces = [draw_face(label, seed=5, size=200) for label in ("happy", "surprise")]
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS, options={"g": "10"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(FRAMES):
            frame = np.full((240, 320, 3), 150, np.uint8)
            face = faces[number >= FRAMES // 2]
            frame[20:220, 60:260] = cv2.cvtColor(face, cv2.COLOR_GRAY2RGB)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.fixture
def video_page(app: AppTest) -> AppTest:
    app.run()
    return app.switch_page("pages/video/page.py").run()


@pytest.fixture
def analyses(monkeypatch: pytest.MonkeyPatch) -> list[VideoAnalysis]:
    """The analyses that the page makes."""
    made: list[VideoAnalysis] = []

    class Recorded(VideoAnalysis):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            made.append(self)

    monkeypatch.setattr(video_analysis, "VideoAnalysis", Recorded)
    return made


def upload(page: AppTest, video: Path, data: bytes | None = None) -> None:
    page.file_uploader(key=keys.UPLOAD).upload(video.name, data or video.read_bytes()).run()
    assert not page.exception


def shown_moment(page: AppTest) -> str:
    (image,) = page.get("image")
    return image.proto.imgs[0].caption


def test_a_video_becomes_a_timeline_and_a_frame_at_the_chosen_moment(
    analyses: list[VideoAnalysis], video_page: AppTest, video: Path
) -> None:
    upload(video_page, video)
    [analysis] = analyses
    emotions = [row["emotion"] for row in analysis.timeline.rows()]
    assert emotions[0] == "happy"
    assert emotions[-1] == "surprise"
    assert shown_moment(video_page) == "0.0 s, this frame alone: happy"
    video_page.slider[-1].set_value(3.0).run()
    assert shown_moment(video_page) == "3.0 s, this frame alone: surprise"


def test_a_click_on_the_timeline_moves_the_moment(video_page: AppTest, video: Path) -> None:
    upload(video_page, video)
    video_page.session_state[keys.MOMENT] = {"selection": {"points": [{"customdata": [3.0]}]}}
    video_page.run()
    assert video_page.slider[-1].value == 3.0
    assert shown_moment(video_page).startswith("3.0 s")


@pytest.fixture
def pause_early(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on a visitor presses Pause after five frames."""
    advance = VideoAnalysis.advance

    def five_frames(analysis: VideoAnalysis, _: float) -> None:
        advance(analysis, 0)
        if analysis.frames == 5:
            st.session_state[keys.PAUSED] = True
            st.rerun()

    return lambda: monkeypatch.setattr(VideoAnalysis, "advance", five_frames)


def test_a_paused_video_resumes_and_ends_with_the_timeline_of_an_unpaused_one(
    analyses: list[VideoAnalysis], video_page: AppTest, video: Path, pause_early: Callable[[], None]
) -> None:
    upload(video_page, video)
    pause_early()
    upload(video_page, video)
    unpaused, paused = analyses
    assert paused.frames == 5
    (button,) = [button for button in video_page.button if button.label == "Resume"]
    button.click().run()
    assert paused.is_done
    assert paused.timeline.rows() == unpaused.timeline.rows()


def test_an_unfinished_video_is_closed_once_another_replaces_it(
    analyses: list[VideoAnalysis],
    video_page: AppTest,
    video: Path,
    pause_early: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed: list[VideoFile] = []
    monkeypatch.setattr(VideoFile, "close", lambda file: closed.append(file))
    pause_early()
    upload(video_page, video)
    [first] = analyses
    assert first.video not in closed
    upload(video_page, video)
    assert first.video in closed


def test_a_truncated_video_gives_a_timeline_of_its_readable_part(
    video_page: AppTest, video: Path
) -> None:
    data = video.read_bytes()
    upload(video_page, video, data[: len(data) * 6 // 10])
    assert re.search("damaged: .* s", video_page.warning[0].value)
    assert shown_moment(video_page)


def test_a_file_that_is_no_video_shows_a_plain_error(video_page: AppTest, video: Path) -> None:
    upload(video_page, video, b"no video at all")
    assert "cannot be opened as a" in video_page.error[0].value
