"""My photos on the Evaluate page, in a real browser."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

SLOW_MS = 60_000
Idle = Callable[[Page], None]


@pytest.fixture
def files(astronaut: np.ndarray, tmp_path: Path) -> list[Path]:
    """A smiling person, the same person mirrored, grass, and a file that is no photo."""
    photos = {
        "me.jpg": astronaut,
        "mirrored.jpg": np.ascontiguousarray(astronaut[:, ::-1]),
        "grass.jpg": np.full((200, 300, 3), (60, 140, 60), np.uint8),
    }
    for name, pixels in photos.items():
        Image.fromarray(pixels).save(tmp_path / name, quality=95)
    (tmp_path / "broken.jpg").write_bytes(b"no photo")
    return [tmp_path / name for name in (*photos, "broken.jpg")]


def test_photos_are_labelled_by_keyboard_measured_opened_and_removed(
    page: Page, server: str, files: list[Path], wait_until_idle: Idle
) -> None:
    page.goto(f"{server}/evaluate")
    page.get_by_role("radio", name="My photos").click(timeout=SLOW_MS)
    expect(page.get_by_text("Drop photos of people's faces above")).to_be_visible(timeout=SLOW_MS)
    page.locator("input[type=file]").set_input_files(files)
    expect(page.get_by_alt_text("me.jpg, 1 face found")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("The image is text")).to_be_visible()
    wait_until_idle(page)
    for number, label in enumerate(("happy", "sad", "neutral")):
        choice = page.get_by_role("radio", name=label).nth(number)
        choice.focus()
        page.keyboard.press("Enter")
        wait_until_idle(page)
    page.get_by_role("button", name="Keep 3 photos").click()
    expect(page.get_by_text("3 photos kept")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("1 of 3", exact=True)).to_be_visible(timeout=SLOW_MS)  # missed
    wait_until_idle(page)

    wrong = page.get_by_role("button", name="Photo of sad, predicted happy")
    wrong.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("You: sad. Predicted: happy")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("button", name="Remove this photo").click()
    expect(page.get_by_text("2 photos kept")).to_be_visible(timeout=SLOW_MS)
    page.reload()
    expect(page.get_by_text("2 photos kept")).to_be_visible(timeout=SLOW_MS)  # view and photos stay


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_the_view_fits_its_window_and_is_accessible(
    sized_page: Page,
    server: str,
    files: list[Path],
    wait_until_idle: Idle,
    check_layout: Idle,
) -> None:
    sized_page.goto(f"{server}/evaluate?evaluate.on=My+photos")
    sized_page.locator("input[type=file]").set_input_files(files, timeout=SLOW_MS)
    expect(sized_page.get_by_text("Keep", exact=True)).to_be_visible(timeout=SLOW_MS)
    wait_until_idle(sized_page)
    check_layout(sized_page)
