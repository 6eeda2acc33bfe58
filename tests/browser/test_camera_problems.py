"""What the Live page shows without a camera, or where frames cannot reach the server."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

SLOW_MS = 60_000
ADVICE = {
    "NotFoundError": "Connect one",
    "NotAllowedError": "Allow it at the camera icon in the address bar",
    "NotReadableError": "Close that program",
    "OverconstrainedError": "Choose another one",
    "AbortError": "The camera did not start: reason",
}
MOVING = """(() => {
    const canvas = document.createElement("canvas"), pen = canvas.getContext("2d")
    setInterval(() => pen.fillRect(0, 0, Math.random() * 9, 9), 50)
    return (window.media = canvas.captureStream(20))
})()"""


def give(page: Page, camera: str) -> None:
    """Make the browser answer the request for a camera with this, and press Start."""
    page.evaluate(f"void (navigator.mediaDevices.getUserMedia = async () => {{ {camera} }})")
    page.get_by_role("button", name="Start").click()


def test_each_camera_problem_comes_with_advice_and_start_can_be_pressed_again(
    page: Page, server: str
) -> None:
    page.goto(f"{server}/live")
    message = page.locator("#message")
    page.get_by_role("button", name="Start").click(timeout=2 * SLOW_MS)
    expect(message).to_contain_text("No camera was found", timeout=SLOW_MS)  # as it really is here
    for name, advice in ADVICE.items():
        give(page, f'throw new DOMException("reason", "{name}")')
        expect(message).to_contain_text(advice)
        expect(message).to_have_class("problem")

    give(page, f"return {MOVING}")
    expect(page.locator("#tools").get_by_role("button", name="Stop")).to_be_visible(timeout=SLOW_MS)
    page.evaluate("window.media.getVideoTracks()[0].dispatchEvent(new Event('ended'))")
    expect(message).to_contain_text("The camera was unplugged")
    assert page.evaluate("window.media.getTracks()[0].readyState") == "ended"

    page.evaluate("void Object.defineProperty(window, 'isSecureContext', { value: false })")
    give(page, "throw new Error('not asked')")
    expect(message).to_contain_text("http://localhost or over HTTPS")


def answers_as_a_proxy(route: Route) -> None:
    route.fulfill(status=404, content_type="text/html", body="<h1>Not here</h1>")


def never_answers(route: Route) -> None:
    """Hold the request."""


@pytest.mark.parametrize(
    ("proxy", "advice"),
    [
        (answers_as_a_proxy, "do not reach the app (HTTP 404). If it runs behind a proxy"),
        (never_answers, "The app's server does not respond"),
    ],
)
def test_frames_that_never_arrive_end_in_an_error_and_the_camera_is_released(
    page: Page, server: str, proxy: Callable[[Route], None], advice: str
) -> None:
    page.route("**/api/live/**", proxy)
    page.goto(f"{server}/live")
    expect(page.get_by_role("button", name="Start")).to_be_visible(timeout=2 * SLOW_MS)
    give(page, f"return {MOVING}")
    message = page.locator("#message")
    expect(message).to_contain_text(advice, timeout=SLOW_MS)
    expect(message).to_have_class("problem")
    assert page.evaluate("window.media.getTracks()[0].readyState") == "ended"
