"""The Live page in Chromium with a video as its camera: 640×480, 20 frames a second.

Frames a second (at least 10) and latency, as the page shows them after ten seconds, while the
chart of the session grows.
"""

import os
import tempfile
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Browser, expect, sync_playwright
from serving import START_S, chromium, served

from fer.data.synthetic import draw_face

MEASURED_S = 10


def write_video(path: Path) -> None:
    """A drawn face that moves from side to side for three seconds."""
    face = cv2.cvtColor(draw_face("happy", seed=7, size=300), cv2.COLOR_GRAY2BGR)
    with path.open("wb") as file:
        for number in range(60):
            frame = np.full((480, 640, 3), 150, np.uint8)
            x = round(170 * (1 - np.cos(2 * np.pi * number / 60)))
            frame[90:390, x : x + 300] = face
            file.write(cv2.imencode(".jpg", frame)[1].tobytes())


def measure(browser: Browser, address: str) -> str:
    """What the page shows."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.set_default_timeout(START_S * 1000)
        page.goto(f"{address}/live")
        page.get_by_role("button", name="Start").click()
        expect(page.locator("#latency")).to_contain_text("ms", timeout=START_S * 1000)
        page.wait_for_timeout(MEASURED_S * 1000)
        fps, latency = (page.locator(f"#{figure}").inner_text() for figure in ("fps", "latency"))
    return f"{fps} frames/s (at least 10), latency {latency}"


def main() -> None:
    """Run and print."""
    executable = chromium()
    if executable is None:
        print("not measured: there is no Chromium on the PATH")
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        video = Path(folder) / "face.mjpeg"
        write_video(video)
        flags = [
            "--no-sandbox",
            "--disable-gpu",
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={video}",
        ]
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        with served() as (address, _):
            print(f"{measure(browser, address)}, load {os.getloadavg()[0]:.1f}")
        browser.close()


if __name__ == "__main__":
    main()
