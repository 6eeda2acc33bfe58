"""What a visitor does with many photos, the clipboard and the downloads."""

import base64
import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

WaitUntilIdle = Callable[[Page], None]

SLOW_MS = 60_000
PASTE = """picture => {
    const bytes = Uint8Array.from(atob(picture), letter => letter.charCodeAt(0))
    const clipboardData = new DataTransfer()
    clipboardData.items.add(new File([bytes], "image.png", { type: "image/png" }))
    document.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }))
}"""


def png(photo: np.ndarray) -> bytes:
    return cv2.imencode(".png", cv2.cvtColor(photo, cv2.COLOR_RGB2BGR))[1].tobytes()


@pytest.fixture
def archive(astronaut: np.ndarray, tmp_path: Path) -> Path:
    """Photos in colour, mirrored, in grey and without a face, and a file that is no image."""
    grey = np.repeat(cv2.cvtColor(astronaut, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("album/a colour.png", png(astronaut))
        file.writestr("album/b mirrored.png", png(astronaut[:, ::-1]))
        file.writestr("album/c grey.png", png(grey))
        file.writestr("album/d wall.png", png(np.full((300, 400, 3), 120, np.uint8)))
        file.writestr("notes.txt", "not a picture")
    return path


def downloaded(page: Page, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name, exact=True).click()
    return Path(waiting.value.path()).read_bytes()


def test_the_faces_of_an_archive_are_summed_up_answered_and_downloaded(
    page: Page, server: str, archive: Path, wait_until_idle: WaitUntilIdle
) -> None:
    page.goto(f"{server}/predict")
    page.locator("input[type=file]").set_input_files(archive)
    expect(page.get_by_role("heading", name="All photos together")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("4 photos, 3 faces, 1 photo without a face")).to_be_visible(
        timeout=SLOW_MS
    )
    wait_until_idle(page)
    page.get_by_role("button", name="album/b mirrored.png: 😄 happy").click()
    opened = page.get_by_role("dialog")
    expect(opened.get_by_alt_text("album/b mirrored.png, 1 face: 1 happy")).to_be_visible()
    opened.get_by_role("radio", name="No", exact=True).click()
    opened.get_by_role("radio", name="surprise").click()
    wait_until_idle(page)
    page.keyboard.press("Escape")
    expect(opened).to_have_count(0)
    wait_until_idle(page)
    page.get_by_role("button", name="Download", exact=True).click()
    rows = list(csv.DictReader(io.StringIO(downloaded(page, "CSV").decode())))
    assert [(row["emotion"], row["your_answer"]) for row in rows if row["emotion"]] == [
        ("happy", ""),
        ("happy", "surprise"),
        ("happy", ""),
    ]
    assert len(json.loads(downloaded(page, "JSON"))) == 4
    with zipfile.ZipFile(io.BytesIO(downloaded(page, "Annotated photos"))) as photos:
        names = photos.namelist()
        assert [name[5:] for name in names] == [
            "a colour.jpg", "b mirrored.jpg", "c grey.jpg", "d wall.jpg",
        ]  # fmt: skip
        for name in names:
            assert cv2.imdecode(np.frombuffer(photos.read(name), np.uint8), 1) is not None


def test_a_photo_is_pasted(page: Page, server: str, astronaut: np.ndarray) -> None:
    page.goto(f"{server}/predict")
    expect(page.get_by_role("button", name="Paste a photo")).to_be_visible(timeout=SLOW_MS)
    page.evaluate(PASTE, base64.b64encode(png(astronaut)).decode())
    expect(page.get_by_alt_text("Pasted photo, 1 face: 1 happy")).to_be_visible(timeout=SLOW_MS)


def test_settings_survive_a_visit_to_another_page(
    page: Page, server: str, wait_until_idle: WaitUntilIdle
) -> None:
    page.goto(f"{server}/predict")
    page.get_by_role("button", name="Settings").click(timeout=SLOW_MS)
    smallest = page.get_by_role("spinbutton", name="Skip faces smaller than (px)")
    smallest.fill("120")
    smallest.press("Enter")
    wait_until_idle(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Live", exact=True).click()
    wait_until_idle(page)
    page.get_by_role("link", name="Predict", exact=True).click()
    wait_until_idle(page)
    page.get_by_role("button", name="Settings").click()
    expect(smallest).to_have_value("120")
