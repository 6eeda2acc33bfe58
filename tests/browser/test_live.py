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

from fer.faces import yunet_file as file_of_yunet

FPS = 20
SLOW_MS = 60_000


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
def browser_with_camera(camera_video: Path, launch: Callable[[Path], Browser]) -> Iterator[Browser]:
    with launch(camera_video) as running:
        yield running


@pytest.fixture
def camera_page(browser_with_camera: Browser) -> Iterator[Page]:
    with browser_with_camera.new_context(viewport={"width": 1280, "height": 900}) as context:
        yield context.new_page()


def start(page: Page, server: str) -> None:
    page.goto(f"{server}/live")
    page.get_by_role("button", name="Start").click(timeout=2 * SLOW_MS)
    expect(page.locator("#spoken")).to_contain_text("happy", timeout=SLOW_MS)


def expect_the_end(page: Page) -> None:
    heading = page.get_by_role("heading", name="The session", exact=True)
    expect(heading).to_be_visible(timeout=SLOW_MS)


def test_the_emotion_appears_and_leaving_stops_the_camera(camera_page: Page, server: str) -> None:
    page = camera_page
    sent: list[str] = []
    page.on("request", lambda request: "/api/live/" in request.url and sent.append(request.url))
    start(page, server)
    expect(page.locator("#fps")).to_have_text(re.compile(r"\d+\.\d"))
    expect(page.locator("#latency")).to_have_text(re.compile(r"\d+ ms"))
    expect(page.locator("#emotion")).to_contain_text("happy")
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
    page.locator("#tools").get_by_role("button", name="Stop").click()
    expect_the_end(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Summary as CSV").click()
    text = Path(download.value.path()).read_text()
    assert text.startswith("person,from_s,to_s,seconds,frames,emotion,confidence,p_angry")
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
        expect(page.locator("#confidence")).to_have_text("The face is too small to say")
        expect(page.locator("#bars li.top")).to_have_count(0)
        expect(page.locator("#bars")).not_to_contain_text("%")
        page.locator("#tools").get_by_role("button", name="Stop").click()
        expect(page.get_by_role("heading", name="The session", exact=True)).to_be_visible(
            timeout=SLOW_MS
        )
        with page.expect_download() as download:
            page.get_by_role("button", name="Summary as CSV").click()
        assert ",false,too small to say,0" in Path(download.value.path()).read_text()


def test_a_snapshot_leaves_the_camera_on_and_the_session_outlives_a_visit_to_predict(
    camera_page: Page, server: str
) -> None:
    page = camera_page
    refused = refusals(page)
    start(page, server)
    page.get_by_role("button", name="Snapshot", exact=True).click()
    to_predict = page.get_by_role("button", name="Open the snapshot in Predict")
    expect(to_predict).to_be_visible(timeout=SLOW_MS)
    expect(page.locator("#stage")).to_have_attribute("data-state", "running")
    expect(page.get_by_role("heading", name="This session so far")).to_be_visible()
    to_predict.click()
    expect(page.get_by_role("heading", name="Snapshot")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_alt_text(re.compile(r"Snapshot, 1 face: 1 \w+"))).to_be_visible(
        timeout=SLOW_MS
    )
    page.get_by_role("link", name="Live").click()
    expect_the_end(page)
    page.reload()
    expect_the_end(page)
    assert not refused


def refusals(page: Page) -> list[str]:
    """The camera's requests that the server refuses from now on."""
    refused: list[str] = []
    page.on(
        "response",
        lambda response: (
            "/api/live/" in response.url
            and response.status >= 400
            and refused.append(f"{response.request.method} {response.status}")
        ),
    )
    return refused


def test_a_new_session_starts_at_0_and_shows_nothing_of_the_last_one(
    camera_page: Page, server: str
) -> None:
    page = camera_page
    refused = refusals(page)
    start(page, server)
    page.wait_for_timeout(3000)
    page.locator("#tools").get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Start").click()  # before the server has a new stream
    expect(page.locator("#spoken")).to_contain_text("happy", timeout=SLOW_MS)
    expect(page.get_by_role("heading", name="This session so far")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("button", name="Summary as CSV")).to_have_count(0)
    length = page.get_by_text(re.compile(r"^\d+ s, \d+ (person|people): "))
    expect(length).to_be_visible(timeout=SLOW_MS)
    expect(length).not_to_have_text(length.inner_text(), timeout=SLOW_MS)  # it grows
    expect(page.locator(".st-key-live-chart .fer-track i").first).to_be_visible()
    page.locator("#tools").get_by_role("button", name="Stop").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Summary as CSV").click(timeout=SLOW_MS)
    first = Path(download.value.path()).read_text().splitlines()[1].split(",")
    assert (first[0], first[1]) == ("1", "0.0")
    assert not refused


@pytest.mark.parametrize("top", [90, -55])
def test_the_tag_of_a_face_is_in_the_frame_and_not_over_its_eyes(
    astronaut: np.ndarray, server: str, launch: Callable[..., Browser], tmp_path: Path, top: int
) -> None:
    """Where the upper edge cuts the hair off, there is no room above the box."""
    face = cv2.resize(astronaut[:300, 80:380], (300, 300))[:, :, ::-1]
    frame = np.full((480, 640, 3), 110, np.uint8)
    frame[max(top, 0) : top + 300, 170:470] = face[max(-top, 0) :]
    video = tmp_path / "still.mjpeg"
    video.write_bytes(cv2.imencode(".jpg", frame)[1].tobytes() * FPS)
    with launch(video) as browser, browser.new_page() as page:
        start(page, server)
        with page.expect_response("**/api/live/*") as answer:
            pass
        [shown] = answer.value.json()["faces"]
        page.get_by_role("button", name="Pause").click()
        rows = page.locator("#overlay").evaluate(TAG_ROWS)
    _, y, _, height = shown["box"]
    assert (y < 30) == (top < 0)
    assert 25 <= len(rows) <= 40  # the whole tag, and the lines of the box
    assert not set(rows) & set(range(round(y + 0.1 * height), round(y + 0.6 * height)))


TAG_ROWS = """canvas => {
    const { width, height } = canvas
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height)
    const isTag = at => data[at] === 0xe6 && data[at + 1] === 0x9f && data[at + 2] === 0
    return [...Array(height).keys()].filter(row => {
        let count = 0
        for (let column = 0; column < width; column++) count += isTag(4 * (row * width + column))
        return count > 60
    })
}"""


def test_frames_a_second_are_right_where_an_answer_takes_seconds(
    camera_page: Page, server: str
) -> None:
    page = camera_page
    start(page, server)
    page.evaluate("""() => {
        const real = window.fetch
        window.fetch = async (address, options) => {
            if (String(address).includes("/api/live/"))
                await new Promise(go => setTimeout(go, 2500))
            return real(address, options)
        }
    }""")
    page.locator("#tools").get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#fps")).to_have_text(re.compile(r"0\.[2-4]"), timeout=SLOW_MS)


def test_the_panel_keeps_its_place_at_start_and_full_screen_can_be_left(
    camera_page: Page, server: str
) -> None:
    page = camera_page
    places = """section => [...section.querySelectorAll("h2, #bars, #timeline")].map(
        part => part.getBoundingClientRect().toJSON())"""
    page.goto(f"{server}/live")
    full = page.get_by_role("button", name="Full screen")
    full.click(timeout=2 * SLOW_MS)
    page.get_by_role("button", name="Leave full screen").click()
    expect(full).to_have_attribute("aria-pressed", "false")
    before = page.locator("#figures").evaluate(places)
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#spoken")).to_contain_text("happy", timeout=SLOW_MS)
    assert page.locator("#figures").evaluate(places) == before


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


def test_on_this_device_the_camera_is_answered_and_no_frame_is_sent(
    camera_page: Page, fer_home: Path, yunet_file: Path, page_build: Path, server: str
) -> None:
    file_of_yunet.install(yunet_file)
    page = camera_page
    page.goto(f"{server}/live")
    page.get_by_role("radio", name="On this device").click(timeout=2 * SLOW_MS)
    device = page.frame_locator("iframe[title='Camera and answers, on this device']")
    start = device.get_by_role("button", name="Start")
    expect(start).to_be_enabled(timeout=3 * SLOW_MS)  # the first one waits for the networks
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    start.click()
    expect(device.locator("#emotion")).to_contain_text("happy", timeout=SLOW_MS)
    page.wait_for_timeout(2000)
    assert not [one for one in sent if "/api/live/" in one or not one.startswith("GET ")]
    expect(device.get_by_role("heading", level=1)).to_be_hidden()
    page.get_by_role("radio", name="On the server").click()
    expect(page.get_by_role("button", name="Start")).to_be_visible(timeout=SLOW_MS)
