"""From an answer to a kept correction, to one's own list, and back."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from fer.feedback.records import Correction
from fer.feedback.store import open_store

SLOW_MS = 60_000
WaitUntilIdle = Callable[[Page], None]


@pytest.fixture
def photo(astronaut: np.ndarray, tmp_path: Path) -> Path:
    path = tmp_path / "portrait.png"
    path.write_bytes(cv2.imencode(".png", cv2.cvtColor(astronaut, cv2.COLOR_RGB2BGR))[1].tobytes())
    return path


def stored(fer_home: Path) -> list[Correction]:
    """What is in the database of the app's server."""
    return open_store(f"sqlite:///{fer_home / 'feedback.db'}").corrections()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark")])
def test_a_correction_is_kept_by_consent_listed_and_taken_back_by_the_keyboard(
    sized_page: Page,
    server: str,
    fer_home: Path,
    photo: Path,
    wait_until_idle: WaitUntilIdle,
    check_layout: Callable[[Page], None],
) -> None:
    page, keyboard = sized_page, sized_page.keyboard
    page.goto(f"{server}/predict")
    page.locator("input[type=file]").set_input_files(photo)
    expect(page.get_by_role("radio", name="No", exact=True)).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("radio", name="No", exact=True).press("Enter")
    page.get_by_role("radio", name="surprise").press("Enter", timeout=SLOW_MS)
    keep = page.get_by_role("button", name="Keep this correction to improve the model")
    expect(keep).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_alt_text("The face as the network saw it, 48 × 48 px")).to_be_visible()
    assert not (fer_home / "feedback.db").exists()  # nothing is stored before consent
    wait_until_idle(page)
    check_layout(page)

    keep.press("Enter")
    expect(page.get_by_text("Kept: surprise. Thank you.")).to_be_visible(timeout=SLOW_MS)
    [correction] = stored(fer_home)
    assert (correction.verdict, correction.answer) == ("surprise", "happy")
    assert correction.larger_crop is None
    wait_until_idle(page)

    page.get_by_role("link", name="My corrections").first.click()
    expect(page.get_by_text("1 correction, the newest first.")).to_be_visible(timeout=SLOW_MS)
    wait_until_idle(page)
    check_layout(page)
    page.get_by_role("button", name="Your answer surprise, the model’s happy").press("Enter")
    expect(page.get_by_role("dialog").get_by_text("Sent from: Predict")).to_be_visible(
        timeout=SLOW_MS
    )
    keyboard.press("Escape")
    wait_until_idle(page)

    page.go_back()
    undo = page.get_by_role("button", name="Undo")
    undo.press("Enter", timeout=SLOW_MS)
    expect(keep).to_be_visible(timeout=SLOW_MS)
    assert stored(fer_home) == []
