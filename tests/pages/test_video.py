import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from fer.data.synthetic import draw_face
from fer.feedback.store import open_store
from fer.images import decode
from fer.inference.predictor import Predictor
from fer.inference.video_analysis import VideoAnalysis
from fer.inference.video_job import VideoJob
from pages.common import visitors
from pages.common.asking.keeping import KEEP
from pages.video import keys
from pages.video.sources import Chosen

FRAMES, FPS = 40, 10
PATIENCE_S = 60


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


@contextmanager
def stopped_after_five_frames() -> Iterator[None]:
    """Meanwhile a visitor presses Stop after five frames."""
    advance, start, jobs = VideoAnalysis.advance, VideoJob.start, list[VideoJob]()

    def five_frames(analysis: VideoAnalysis) -> None:
        advance(analysis)
        if len(analysis.log) == 5:
            jobs[-1].work.stop()

    def recorded(job: VideoJob) -> None:
        jobs.append(job)
        start(job)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(VideoJob, "start", recorded)
        patch.setattr(VideoAnalysis, "advance", five_frames)
        yield


def job_of(page: AppTest) -> VideoJob:
    """The work on the visitor's video, once it has ended."""
    chosen: Chosen = page.session_state[visitors.SHELF][keys.CHOSEN]
    assert chosen.job is not None
    chosen.job.work.wait(PATIENCE_S)
    assert not chosen.job.work.is_working
    return chosen.job


def upload(page: AppTest, video: Path, data: bytes | None = None) -> None:
    """Upload a video, and draw the page when its analysis has ended."""
    page.file_uploader(key=keys.UPLOAD).upload(video.name, data or video.read_bytes()).run()
    assert not page.exception
    if not page.error:
        job_of(page)
        page.run()
        assert not page.exception


def words_at_moment(page: AppTest) -> str:
    [words] = [one.value for one in page.caption if one.value.startswith("At ")]
    return str(words)


def press(page: AppTest, label: str) -> None:
    [button] = [button for button in page.button if button.label == label]
    button.click().run()
    assert not page.exception


def test_a_video_becomes_a_player_a_timeline_and_a_summary_of_each_person(
    video_page: AppTest, video: Path
) -> None:
    upload(video_page, video)
    emotions = [row["emotion"] for row in job_of(video_page).analysis.timeline.rows()]
    assert (emotions[0], emotions[-1]) == ("happy", "surprise")
    assert len(video_page.get("video")) == 1
    assert "1 person, mostly" in video_page.subheader[0].value
    labels = [one.proto.label for one in video_page.get("download_button")]
    assert labels == ["Marked video", "Frames as CSV", "JSON", "Timeline as CSV"]


def test_the_chosen_moment_names_the_people_of_the_analysis(
    video_page: AppTest, video: Path
) -> None:
    upload(video_page, video)
    assert words_at_moment(video_page).startswith("At 0.0 s: person 1 happy")
    video_page.slider(key=keys.MOMENT).set_value(3.0).run()
    assert words_at_moment(video_page).startswith("At 3.0 s: person 1 surprise")


def test_a_click_on_the_timeline_moves_the_moment_and_the_player(
    video_page: AppTest, video: Path
) -> None:
    upload(video_page, video)
    video_page.session_state[keys.PEOPLE] = {"selection": {"points": [{"customdata": [3.0]}]}}
    video_page.run()
    assert video_page.slider(key=keys.MOMENT).value == 3.0
    assert words_at_moment(video_page).startswith("At 3.0 s")
    assert video_page.session_state[keys.SEEK] == 1
    video_page.run()
    assert video_page.session_state[keys.SEEK] == 1  # once a click


def test_results_survive_a_change_of_page(video_page: AppTest, video: Path) -> None:
    upload(video_page, video)
    before = job_of(video_page)
    video_page.switch_page("pages/home/page.py").run()
    video_page.switch_page("pages/video/page.py").run()
    assert not video_page.exception
    assert job_of(video_page) is before
    assert len(video_page.get("video")) == 1


def test_a_stopped_video_keeps_its_results_and_resumes_to_the_end(
    video_page: AppTest, video: Path
) -> None:
    with stopped_after_five_frames():
        upload(video_page, video)
    job = job_of(video_page)
    assert len(job.analysis.log) == 5
    assert any("Stopped. Analysed 0.8 of 4.0 s" in one.value for one in video_page.markdown)
    assert len(video_page.get("download_button")) == 3
    assert video_page.get("image")  # the frame, as there is no marked video yet
    press(video_page, "Resume")
    assert job_of(video_page) is job
    assert job.analysis.is_done
    assert len(job.analysis.log) == FRAMES // 2


def test_another_setting_keeps_the_results_until_the_visitor_asks_for_new_ones(
    video_page: AppTest, video: Path
) -> None:
    upload(video_page, video)
    before = job_of(video_page)
    video_page.slider(key=keys.EVERY).set_value(8).run()
    assert job_of(video_page) is before
    press(video_page, "Analyse again")
    after = job_of(video_page)
    assert (before.origin.every, after.origin.every) == (2, 8)


def test_a_removed_video_makes_room_for_another(video_page: AppTest, video: Path) -> None:
    upload(video_page, video)
    press(video_page, "Remove")
    assert keys.CHOSEN not in video_page.session_state[visitors.SHELF]
    upload(video_page, video)
    assert job_of(video_page).analysis.is_done


def test_a_truncated_video_gives_a_timeline_of_its_readable_part(
    video_page: AppTest, video: Path
) -> None:
    data = video.read_bytes()
    upload(video_page, video, data[: len(data) * 6 // 10])
    assert "Not all of the video is here" in video_page.warning[0].value
    assert words_at_moment(video_page)


def test_a_file_that_is_no_video_shows_a_plain_error(video_page: AppTest, video: Path) -> None:
    upload(video_page, video, b"no video at all")
    assert "is a text file" in video_page.error[0].value
    press(video_page, "Remove")
    assert not video_page.error


def test_a_path_that_is_not_there_is_an_error_that_names_it(
    video_page: AppTest, tmp_path: Path
) -> None:
    video_page.text_input(key=keys.PATH).set_value(str(tmp_path / "gone.mp4")).run()
    assert "There is no file" in video_page.error[0].value


def test_the_results_of_a_file_that_is_gone_can_still_be_read(
    video_page: AppTest, video: Path, tmp_path: Path
) -> None:
    path = tmp_path / "gone.mp4"
    path.write_bytes(video.read_bytes())
    with stopped_after_five_frames():
        video_page.text_input(key=keys.PATH).set_value(str(path)).run()
        job_of(video_page)
    path.unlink()
    video_page.run()
    assert not video_page.exception
    assert "There is no file" in video_page.error[0].value
    assert len(video_page.get("download_button")) == 3


def test_after_a_reload_the_settings_are_those_of_the_results(
    app: AppTest, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookies = {visitors.VISITOR_COOKIE: visitors.new_cookie()}
    monkeypatch.setattr(type(st.context), "cookies", cookies)
    app.run()
    page = app.switch_page("pages/video/page.py").run()
    page.slider(key=keys.EVERY).set_value(5).run()
    page.file_uploader(key=keys.UPLOAD).upload(video.name, video.read_bytes()).run()
    kept: Chosen = visitors.shelf()[keys.CHOSEN]
    assert kept.job is not None
    kept.job.work.wait(PATIENCE_S)
    reloaded = AppTest.from_file(app._script_path, default_timeout=120).run()
    reloaded.switch_page("pages/video/page.py").run()
    assert not reloaded.exception
    assert reloaded.slider(key=keys.EVERY).value == 5
    assert len(reloaded.get("video")) == 1
    assert not [one for one in reloaded.button if one.label == "Analyse again"]


def test_the_sample_is_analysed_with_one_click(video_page: AppTest) -> None:
    press(video_page, "Try a sample: two drawn faces")
    job = job_of(video_page)
    video_page.run()
    assert job.work.failure is None
    assert len(job.analysis.timeline.summary()) >= 2
    assert json.loads("".join(job.origin.json(job.analysis.log, problem=None)))


def test_a_person_is_asked_about_at_the_chosen_moment_with_what_the_network_saw_there(
    video_page: AppTest, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_DATABASE_URL", f"sqlite:///{tmp_path / 'feedback.db'}")
    upload(video_page, video)
    assert not [one for one in video_page.button_group if "right" in one.label]
    video_page.session_state[keys.ASKED] = True
    video_page.slider(key=keys.MOMENT).set_value(3.0).run()
    [right] = [one for one in video_page.button_group if "right" in one.label]
    assert "Person 1 on this frame alone" in right.label
    assert "😮 surprise" in right.label
    right.set_value("Yes").run()
    press(video_page, KEEP)
    [correction] = open_store().corrections()
    assert (correction.source, correction.verdict) == ("video", "surprise")
    frame = job_of(video_page).analysis.frame_at(3.0)
    [face] = Predictor.load().predict(frame).faces
    assert np.array_equal(decode(correction.crop)[:, :, :1], face.crop)


def test_a_person_who_is_not_on_the_frame_can_be_gone_to(video_page: AppTest, video: Path) -> None:
    upload(video_page, video)
    analysis = job_of(video_page).analysis
    last = analysis.log.at(3.9)
    assert last is not None
    second = [replace(face, number=2) for face in last.faces]
    analysis.timeline.add(last.at_s, second)
    analysis.log.append(last._replace(faces=tuple(second)))
    video_page.session_state[keys.ASKED] = True
    video_page.run()
    video_page.session_state[keys.PERSON] = 2
    video_page.run()
    assert "Person 2 is not on this frame." in [one.value for one in video_page.caption]
    press(video_page, "Go to person 2")
    assert video_page.slider(key=keys.MOMENT).value == pytest.approx(last.at_s)
    assert words_at_moment(video_page).startswith(f"At {last.at_s:.1f} s: person 2")
