"""The Predict page in a browser: from an uploaded photo to its steps and to its answer.

It needs Chromium. Medians of seven, in seconds, on a server that is warm: a visit to the page
(under 0.5); from the upload of a photo of 12 megapixels until the browser has painted the steps of
its analysis (under 0.3 on an idle machine) and its answer, as a ratio to what `Predictor.predict`
takes for the same file in this process (under 1.5). The two take turns, so that other work on the
machine slows both.
"""

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter
from serving import chromium, served

from fer.data.synthetic import draw_face
from fer.inference.predictor import Predictor

ROUNDS = 7
PHOTO_SIZE = (4000, 3000)
STEPS, ANSWER = ".fer-waiting", ".fer-face"
WATCH = """selectors => {
    // When each was first painted; `locator.wait_for` comes up to 0.2 s later.
    window.paintedAt = {}
    const look = () => {
        for (const selector of selectors)
            if (!(selector in paintedAt) && document.querySelector(selector)) {
                paintedAt[selector] = null
                requestAnimationFrame(() => setTimeout(() => paintedAt[selector] = Date.now()))
            }
    }
    const watching = new MutationObserver(look)
    watching.observe(document.body, { childList: true, subtree: true })
    look()
}"""


def main() -> None:
    """Run and print."""
    browser = chromium()
    if not browser:
        print("skipped: no Chromium")
        return
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        draw_photo().save(photo, quality=92)
        with served() as (address, _):
            measure(address, browser, photo)


def draw_photo() -> Image.Image:
    """A drawn face on a large photo with the noise of a camera."""
    noise = np.random.default_rng(0).integers(90, 150, (PHOTO_SIZE[1], PHOTO_SIZE[0], 3), np.uint8)
    photo = Image.fromarray(noise).filter(ImageFilter.GaussianBlur(2))
    face = Image.fromarray(draw_face("happy", seed=7, intensity=1.0, size=192)).convert("RGB")
    photo.paste(face.resize((1200, 1200)), (1400, 700))
    return photo


def predictor_s(predictor: Predictor, photo: Path) -> float:
    """What the predictor takes for the bytes of a photo."""
    data = photo.read_bytes()
    start = time.perf_counter()
    predictor.predict(data)
    return time.perf_counter() - start


def measure(address: str, executable: str, photo: Path) -> None:
    """Drive the page and print the medians."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(300_000)
        page.goto(address)
        predictor = Predictor.load()
        visits, steps, answers, alone = [], [], [], []
        for _ in range(ROUNDS + 1):
            page.get_by_role("link", name="Home", exact=True).first.click()
            page.get_by_text("How good is it?").wait_for()
            time.sleep(1)
            start = time.perf_counter()
            page.get_by_role("link", name="Predict", exact=True).first.click()
            page.get_by_role("button", name="Drawn face: happy").wait_for()
            visits.append(time.perf_counter() - start)
            time.sleep(1)
            page.evaluate(WATCH, [STEPS, ANSWER])
            start = time.time()
            page.locator("input[type=file]").first.set_input_files(photo)
            page.locator(".fer-heat").first.wait_for()
            painted = page.evaluate("paintedAt")
            steps.append(painted[STEPS] / 1000 - start)
            answers.append(painted[ANSWER] / 1000 - start)
            page.get_by_role("button", name="Remove", exact=True).click()
            page.get_by_text("No photo at hand?").wait_for()
            time.sleep(1)
            alone.append(predictor_s(predictor, photo))
        browser.close()
    answer_s, alone_s = (statistics.median(times[1:]) for times in (answers, alone))
    print(f"visit: {statistics.median(visits[1:]):.2f} s (under 0.5)")
    print(f"upload to the steps: {statistics.median(steps[1:]):.2f} s (under 0.3)")
    print(
        f"upload to the answer: {answer_s:.2f} s, the predictor alone {alone_s:.2f} s: "
        f"{answer_s / alone_s:.2f} times (under 1.5)"
    )


if __name__ == "__main__":
    main()
