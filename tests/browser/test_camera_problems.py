"""What the Live page says where the browser has no camera to give."""

import re

from playwright.sync_api import Page, expect

SLOW_MS = 60_000


def test_a_browser_without_a_camera_is_told_what_to_do(page: Page, server: str) -> None:
    page.goto(f"{server}/live")
    page.get_by_role("button", name="Start").click(timeout=2 * SLOW_MS)
    expect(page.locator("#message")).to_have_text(re.compile("camera", re.I), timeout=SLOW_MS)
    expect(page.locator("#message")).to_have_class("problem")
