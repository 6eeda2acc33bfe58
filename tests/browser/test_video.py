"""The Video page with a real player."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from pages.common.visitors import MAX_UPLOAD_MB

if TYPE_CHECKING:
    from playwright.sync_api import Page

SLOW_MS = 60_000
WaitUntilIdle = Callable[["Page"], None]


@pytest.fixture
def video(astronaut: np.ndarray, tmp_path: Path) -> Path:
    """Three seconds of a smiling person who moves from side to side."""
    path = tmp_path / "video.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10, (640, 480))
    for number in range(30):
        frame = np.full((480, 640, 3), 110, np.uint8)
        x = round(170 * (1 - np.cos(2 * np.pi * number / 30)))
        frame[90:390, x : x + 300] = astronaut[:300, 80:380, ::-1]
        writer.write(frame)
    writer.release()
    return path


@pytest.fixture
def analysed(page: "Page", server: str, video: Path, wait_until_idle: WaitUntilIdle) -> "Page":
    """The page with the player of the uploaded video."""
    page.goto(f"{server}/video")
    page.locator("input[type=file]").set_input_files(video)
    page.locator("video").wait_for(timeout=SLOW_MS)
    wait_until_idle(page)
    return page


def downloaded(page: "Page", label: str) -> bytes:
    with page.expect_download(timeout=SLOW_MS) as download:
        page.get_by_role("button", name=label).click()
    return Path(download.value.path()).read_bytes()


def position(page: "Page") -> float:
    return float(page.locator("video").evaluate("video => video.currentTime"))


def test_a_click_in_the_timeline_moves_the_player_and_the_player_moves_the_moment(
    analysed: "Page",
) -> None:
    from playwright.sync_api import expect

    bars = analysed.locator(".barlayer .point path")
    bars.nth(8).click(force=True, timeout=SLOW_MS)  # Plotly takes clicks on a cover above them
    moment = analysed.get_by_role("slider")
    expect(moment).to_have_value("2", timeout=SLOW_MS)
    assert position(analysed) == pytest.approx(2, abs=0.01)
    expect(analysed.get_by_text("At 2.0 s: person 1 happy")).to_be_visible()

    analysed.locator("video").evaluate("video => { video.currentTime = 0.8 }")
    expect(analysed.get_by_text("At 0.8 s: person 1 happy")).to_be_visible(timeout=SLOW_MS)
    expect(moment).to_have_value("0.8")

    moment.focus()
    analysed.keyboard.press("ArrowRight")
    expect(analysed.get_by_text("At 0.9 s: person 1 happy")).to_be_visible(timeout=SLOW_MS)
    analysed.wait_for_function(
        "() => Math.abs(document.querySelector('video').currentTime - 0.9) < 0.01"
    )
    assert analysed.locator(".fer-playhead").count() == 2


def test_the_number_of_a_person_is_one_in_the_picture_the_timeline_and_the_files(
    analysed: "Page",
) -> None:
    frames = list(csv.DictReader(io.StringIO(downloaded(analysed, "Frames as CSV").decode())))
    spans = list(csv.DictReader(io.StringIO(downloaded(analysed, "Timeline as CSV").decode())))
    answer = json.loads(downloaded(analysed, "JSON"))
    assert {row["face"] for row in frames} == {row["person"] for row in spans} == {"1"}
    assert {row["emotion"] for row in spans} == {"happy"}
    assert [face["number"] for frame in answer["frames"] for face in frame["faces"]] == [1] * 15
    assert downloaded(analysed, "Marked video")[4:8] == b"ftyp"


def test_results_survive_a_reload_and_back(
    analysed: "Page", server: str, wait_until_idle: WaitUntilIdle
) -> None:
    analysed.reload()
    analysed.locator("video").wait_for(timeout=SLOW_MS)
    analysed.get_by_role("link", name="Home", exact=True).click()
    wait_until_idle(analysed)
    analysed.go_back()
    analysed.locator("video").wait_for(timeout=SLOW_MS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_results_fit_the_window_and_are_accessible(
    sized_page: "Page",
    server: str,
    video: Path,
    wait_until_idle: WaitUntilIdle,
    check_layout: Callable[["Page"], None],
) -> None:
    sized_page.goto(f"{server}/video")
    sized_page.locator("input[type=file]").set_input_files(video)
    sized_page.locator("video").wait_for(timeout=SLOW_MS)
    wait_until_idle(sized_page)
    check_layout(sized_page)


def test_why_a_video_is_too_large_can_be_read_without_a_mouse(
    page: "Page", server: str, tmp_path: Path, wait_until_idle: WaitUntilIdle
) -> None:
    large = tmp_path / "large.mp4"
    with large.open("wb") as file:
        file.truncate(MAX_UPLOAD_MB * 1_048_576 + 1)
    page.goto(f"{server}/video")
    wait_until_idle(page)
    page.locator("input[type=file]").set_input_files(large)
    reason = page.get_by_text(f"File must be {MAX_UPLOAD_MB}.0MB or smaller.").first
    reason.wait_for(timeout=SLOW_MS)
    box = reason.bounding_box()
    assert box
    assert box["height"] > 10
    assert box["width"] > 150
