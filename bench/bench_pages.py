"""Every page in a browser: from the click on its name to its first paint, on a warm server.

It needs Chromium, and FER-2013 in FER_DATA. Medians of seven visits after a first one, in seconds:
until the browser has painted the page's title, which is its first paint (under 0.5), and until
its script has ended and all is drawn.
"""

import os
import statistics
import time

from serving import on_fer2013

from pages.common.screens import SCREENS

ROUNDS = 7
REST_S = 1
DRAWN = """() => {
    const app = document.querySelector("[data-testid=stApp]")
    return app?.dataset.testScriptState === "notRunning"
        && !document.querySelector("[data-testid=stSkeleton]")
}"""
WATCH = """title => {
    // When it was first painted; `locator.wait_for` comes up to 0.2 s later.
    window.paintedAt = null
    const look = () => {
        const heading = document.querySelector("h1")
        if (heading?.textContent !== title || !heading.checkVisibility()) return
        watching.disconnect()
        requestAnimationFrame(() => setTimeout(() => window.paintedAt = Date.now()))
    }
    const watching = new MutationObserver(look)
    watching.observe(document.body, { childList: true, subtree: true, characterData: true })
}"""


def measure(address: str, executable: str) -> None:
    """Visit each page from another one, and print a table."""
    from playwright.sync_api import Page, sync_playwright

    def go(page: Page, name: str) -> None:
        page.get_by_role("link", name=SCREENS[name][0], exact=True).first.click()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(300_000)
        titles = {}
        for name in SCREENS:
            page.goto(f"{address}/{'' if name == 'home' else name}")
            page.locator("h1").wait_for()
            page.wait_for_function(DRAWN)
            titles[name] = page.locator("h1").inner_text()
        print("| page | first paint | all drawn |\n|---|---|---|")
        for name, title in titles.items():
            painted, drawn = [], []
            for _ in range(ROUNDS + 1):
                go(page, "predict" if name == "home" else "home")
                page.wait_for_function(DRAWN)
                time.sleep(REST_S)
                page.evaluate(WATCH, title)
                start = time.time()
                go(page, name)
                page.wait_for_function("paintedAt")
                painted.append(page.evaluate("paintedAt") / 1000 - start)
                page.wait_for_function(DRAWN)
                drawn.append(time.time() - start)
            first, whole = (statistics.median(times[1:]) for times in (painted, drawn))
            print(f"| {SCREENS[name][0]} | {first:.2f} s | {whole:.2f} s |", flush=True)
        browser.close()
    print(f"First paint: under 0.5 s. Load of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    on_fer2013(measure)
