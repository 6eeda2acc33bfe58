"""The Live page with a video as the camera."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

FRAMES, FPS = 60, 20
SLOW_MS = 60_000


@pytest.fixture(scope="module")
def video(astronaut: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A smiling person who moves from side to side, in the format of Chromium's fake camera."""
    face = cv2.resize(astronaut[:300, 80:380], (300, 300))[:, :, ::-1]
    path = tmp_path_factory.mktemp("camera") / "face.mjpeg"
    with path.open("wb") as file:
        for number in range(FRAMES):
            frame = np.full((480, 640, 3), 110, np.uint8)
            x = round(170 * (1 - np.cos(2 * np.pi * number / FRAMES)))
            frame[90:390, x : x + 300] = face
            file.write(cv2.imencode(".jpg", frame)[1].tobytes())
    return path


@pytest.fixture(scope="module")
def launch(chromium_flags: tuple[str, ...], chromium: str) -> Iterator[Callable[[Path], Browser]]:
    """Starts Chromium with a video as its camera."""
    flags = [
        *chromium_flags, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"
    ]  # fmt: skip
    with sync_playwright() as playwright:
        yield lambda video: playwright.chromium.launch(
            executable_path=chromium, args=[*flags, f"--use-file-for-fake-video-capture={video}"]
        )


@pytest.fixture(scope="module")
def browser_with_camera(video: Path, launch: Callable[[Path], Browser]) -> Iterator[Browser]:
    with launch(video) as running:
        yield running


@pytest.fixture
def camera_page(browser_with_camera: Browser) -> Iterator[Page]:
    with browser_with_camera.new_context(viewport={"width": 1280, "height": 900}) as context:
        yield context.new_page()


def start(page: Page, server: str) -> None:
    page.goto(f"{server}/live")
    page.get_by_role("button", name="Start").click(timeout=2 * SLOW_MS)
    expect(page.locator("#spoken")).to_contain_text("happy", timeout=SLOW_MS)


def test_the_emotion_appears_and_leaving_stops_the_camera(camera_page: Page, server: str) -> None:
    page = camera_page
    sent: list[str] = []
    page.on("request", lambda request: "/api/live/" in request.url and sent.append(request.url))
    start(page, server)
    expect(page.locator("#fps")).to_have_text(re.compile(r"\d+\.\d"))
    expect(page.locator("#latency")).to_have_text(re.compile(r"\d+ ms"))
    expect(page.locator("#bars li.top")).to_contain_text("happy")
    orange = """canvas => {
        const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
        let count = 0
        for (let i = 0; i < pixels.length; i += 4)
            count += pixels[i] === 0xe6 && pixels[i + 1] === 0x9f && pixels[i + 2] === 0
        return count
    }"""
    assert page.locator("#overlay").evaluate(orange) > 200  # the box and its tag
    page.locator("#video").evaluate("video => (window.tracks = video.srcObject.getTracks())")
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", name="Before you use it")).to_be_visible(timeout=SLOW_MS)
    assert page.evaluate("window.tracks.map(track => track.readyState)") == ["ended"]
    is_gone = """async url => (await fetch(
        url, { method: "POST", headers: { "Content-Type": "image/jpeg" } }
    )).status === 410"""
    page.wait_for_function(is_gone, arg=sent[-1])


def test_pause_freezes_the_video_and_stop_shows_a_summary_for_download(
    camera_page: Page, server: str
) -> None:
    page = camera_page
    start(page, server)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#stage")).to_have_attribute("data-state", "paused")
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("heading", name="The session")).to_be_visible(timeout=SLOW_MS)
    with page.expect_download() as download:
        page.get_by_role("button", name="Summary as CSV").click()
    text = Path(download.value.path()).read_text()
    assert text.startswith("person,from_s,to_s,frames,emotion,confidence,p_angry")
    assert ",happy," in text


def test_a_tiny_face_is_too_small_to_say_and_has_no_bars(
    astronaut: np.ndarray, server: str, launch: Callable[[Path], Browser], tmp_path: Path
) -> None:
    frame = np.full((480, 640, 3), 110, np.uint8)
    tiny = cv2.resize(astronaut[:300, 80:380], (70, 70), interpolation=cv2.INTER_AREA)
    frame[90:160, 300:370] = tiny[:, :, ::-1]
    video = tmp_path / "tiny.mjpeg"
    video.write_bytes(cv2.imencode(".jpg", frame)[1].tobytes() * FPS)
    with launch(video) as browser, browser.new_page() as page:
        page.goto(f"{server}/live")
        page.get_by_role("button", name="Start").click(timeout=2 * SLOW_MS)
        expect(page.locator("#spoken")).to_have_text("face 1: too small to say", timeout=SLOW_MS)
        expect(page.locator("h2").first).to_have_text("Largest face: too small to say")
        expect(page.locator("#bars li.top")).to_have_count(0)
        expect(page.locator("#bars")).not_to_contain_text("%")
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("heading", name="The session")).to_be_visible(timeout=SLOW_MS)
        with page.expect_download() as download:
            page.get_by_role("button", name="Summary as CSV").click()
        assert ",false,too small to say,0" in Path(download.value.path()).read_text()


def test_a_snapshot_goes_to_predict(camera_page: Page, server: str) -> None:
    page = camera_page
    start(page, server)
    page.get_by_role("button", name="Snapshot to Predict").click()
    expect(page.get_by_role("heading", name="Snapshot")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_alt_text(re.compile(r"Snapshot, 1 face: 1 \w+"))).to_be_visible(
        timeout=SLOW_MS
    )


@pytest.mark.parametrize(
    ("origin", "status"), [("https://elsewhere.example", 403), (None, 403), ("same", 410)]
)
def test_the_route_refuses_other_origins_and_unknown_streams(
    server: str, origin: str | None, status: int
) -> None:
    headers = {"Content-Type": "image/jpeg"}
    if origin:
        headers["Origin"] = server if origin == "same" else origin
    request = Request(f"{server}/api/live/none", b"x" * 10, headers)
    with pytest.raises(HTTPError) as refusal:
        urlopen(request, timeout=20)
    assert refusal.value.code == status
    assert json.loads(refusal.value.read())["error"]
