"""The Data page in a browser: from the click on a page's number to its 200 faces.

It needs Chromium, and FER-2013 in FER_DATA. The median of twenty clicks, in seconds, until every
face is drawn (about 0.3).
"""

import re
import statistics
import time

from serving import on_fer2013

CLICKS = 20
PER_PAGE = 200


def measure(address: str, executable: str) -> None:
    """Turn pages and print the median."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 2000})
        page.set_default_timeout(300_000)
        page.goto(f"{address}/dataset?dataset.name=fer2013&dataset.view=Faces")
        group = page.get_by_role("group", name=re.compile("^Faces, page"))
        group.get_by_role("button").nth(PER_PAGE - 1).wait_for()
        turns = []
        for number in range(2, CLICKS + 2):
            time.sleep(1)
            start = time.perf_counter()
            page.get_by_role("button", name=f"Page {number}", exact=True).click()
            turned = page.get_by_role("group", name=f"Faces, page {number} of")
            turned.get_by_role("button").nth(PER_PAGE - 1).wait_for()
            turned.evaluate(
                "group => Promise.all([...group.querySelectorAll('img')].map(img => img.decode()))"
            )
            turns.append(time.perf_counter() - start)
        browser.close()
    print(f"to {PER_PAGE} faces: {statistics.median(turns):.2f} s, of {len(turns)} (about 0.3)")


if __name__ == "__main__":
    on_fer2013(measure)
