"""The Evaluate page in a browser: from the click on a cell to its faces, and a second visit.

It needs Chromium, and FER-2013 in FER_DATA. Medians, in seconds: a click (under 0.5, of twenty),
a second visit (under 1, of five; until the matrix and the faces are there).
"""

import statistics
import time

from serving import on_fer2013

CLICKS = 20
VISITS = 5
MATRIX = ".st-key-evaluate-matrix"


def measure(address: str, executable: str) -> None:
    """Drive the page and print the medians."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 2000})
        page.set_default_timeout(300_000)
        page.goto(address)
        page.get_by_text("How good is it?").wait_for()
        visits = []
        for _ in range(VISITS + 1):
            page.get_by_role("link", name="Home").first.click()
            page.get_by_text("How good is it?").wait_for()
            time.sleep(1)
            start = time.perf_counter()
            page.get_by_role("link", name="Evaluate").first.click()
            page.locator(f"{MATRIX} button").first.wait_for()
            page.locator("#faces img").first.wait_for()
            visits.append(time.perf_counter() - start)
        labels = page.locator(f"{MATRIX} thead th").all_text_contents()
        cells = page.locator(f"{MATRIX} button")
        full = [i for i, count in enumerate(cells.all_text_contents()) if count != "0"]
        clicks = []
        for cell in full[1 : CLICKS + 1]:
            time.sleep(1)
            box = cells.nth(cell).bounding_box()
            assert box
            page.mouse.move(box["x"] - 3, box["y"] - 3)
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            true, predicted = labels[cell // len(labels)], labels[cell % len(labels)]
            start = time.perf_counter()
            page.mouse.down()
            page.mouse.up()
            page.locator(
                f'#faces img[alt^="Face labelled {true}, predicted {predicted} "]'
            ).first.wait_for()
            clicks.append(time.perf_counter() - start)
        browser.close()
    print(f"second visit: {statistics.median(visits[1:]):.2f} s (under 1); first {visits[0]:.1f} s")
    print(f"cell to faces: {statistics.median(clicks):.2f} s, of {len(clicks)} clicks (under 0.5)")


if __name__ == "__main__":
    on_fer2013(measure)
