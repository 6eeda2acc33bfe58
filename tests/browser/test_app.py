import re
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

WaitUntilIdle = Callable[[Page], None]

SLOW_MS = 60_000


@pytest.fixture(scope="session")
def portrait(astronaut: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(astronaut, tmp_path_factory.mktemp("photos") / "portrait.jpg")


def saved(pixels: np.ndarray, path: Path) -> Path:
    Image.fromarray(pixels).save(path, quality=95)
    return path


def upload(page: Page, server: str, *photos: Path) -> None:
    page.goto(f"{server}/predict")
    page.locator("input[type=file]").set_input_files(photos)


def test_a_first_visit_straight_to_a_page_gets_the_whole_app(page: Page, server: str) -> None:
    page.goto(f"{server}/predict")
    expect(page.get_by_role("link", name="Home", exact=True)).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("No photo at hand?")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("dialog")).to_have_count(0)  # such as “Page not found”


def test_the_app_answers_to_no_name_from_elsewhere(server: str) -> None:
    with urlopen(server, timeout=30) as answer:
        assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    for path in ("", "/_stcore/health", "/_stcore/host-config"):
        request = Request(f"{server}{path}", headers={"Host": "attacker.example"})
        with pytest.raises(HTTPError, match="421"):
            urlopen(request, timeout=30)


def test_a_smiling_person_is_boxed_and_called_happy(
    page: Page, server: str, portrait: Path
) -> None:
    upload(page, server, portrait)
    expect(page.get_by_alt_text("portrait.jpg, 1 face: 1 happy")).to_be_visible(timeout=SLOW_MS)
    card = page.get_by_label("Face 1", exact=True)
    expect(card.locator(".fer-top")).to_contain_text("happy")
    expect(card.get_by_role("listitem")).to_have_count(7)
    crop = card.get_by_alt_text("Face 1 as the network saw it, 48 × 48 pixels")
    expect(crop).to_have_css("image-rendering", "pixelated")
    assert crop.evaluate("image => image.naturalWidth") == 48


def test_every_face_of_a_photo_is_numbered_and_has_its_card(
    page: Page, server: str, astronaut: np.ndarray, tmp_path: Path
) -> None:
    three = np.concatenate([astronaut[:, :380]] * 3, axis=1)
    upload(page, server, saved(three, tmp_path / "three.jpg"))
    expect(
        page.get_by_alt_text(re.compile(r"three.jpg, 3 faces: 1 \w+, 2 \w+, 3 \w+"))
    ).to_be_visible(timeout=SLOW_MS)
    expect(page.locator(".fer-face")).to_have_count(3)


def test_a_bad_file_is_a_plain_sentence_beside_the_good_ones(
    page: Page, server: str, portrait: Path, tmp_path: Path
) -> None:
    empty, text, cut = (tmp_path / name for name in ("empty.jpg", "text.jpg", "cut.jpg"))
    empty.touch()
    text.write_text("no picture at all")
    cut.write_bytes(portrait.read_bytes()[:9000])
    strip = saved(np.zeros((10, 20_000, 3), np.uint8), tmp_path / "strip.png")
    upload(page, server, empty, text, cut, strip, portrait)
    expect(page.locator(".fer-face")).to_have_count(1, timeout=SLOW_MS)
    alerts = page.get_by_role("alert")
    expect(alerts).to_have_count(4)
    expect(alerts.nth(0)).to_contain_text("empty (0 bytes)")
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_an_example_can_be_chosen_with_the_keyboard(
    page: Page, server: str, wait_until_idle: WaitUntilIdle
) -> None:
    page.goto(f"{server}/predict")
    example = page.get_by_role("button", name="Drawn face: happy")
    expect(example).to_be_visible(timeout=SLOW_MS)
    wait_until_idle(page)
    first = page.get_by_role("group", name="Examples").get_by_role("button").first
    for _ in range(30):
        page.keyboard.press("Tab")
        if first.evaluate("button => button.matches(':focus')"):
            break
    for _ in range(8):
        if example.evaluate("button => button.matches(':focus')"):
            break
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Drawn happy face")).to_be_visible(timeout=SLOW_MS)
    expect(example).to_have_attribute("aria-current", "true")
    page.keyboard.press("Enter")  # again: it is removed
    expect(page.get_by_role("heading", name="Drawn happy face")).to_be_hidden(timeout=SLOW_MS)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize(
    ("address", "shows"),
    [
        ("/", "Before you use it"),
        ("/predict", "What do these faces show?"),
        ("/live", "What does your face show now?"),
        ("/video", "What do faces show over time?"),
        ("/evaluate", "Where is it wrong?"),
        ("/train", "Train a network"),
    ],
)
def test_a_page_fits_and_has_no_accessibility_faults(
    sized_page: Page,
    server: str,
    portrait: Path,
    wait_until_idle: WaitUntilIdle,
    check_layout: Callable[[Page], None],
    address: str,
    shows: str,
) -> None:
    if address == "/predict":
        upload(sized_page, server, portrait)
        expect(sized_page.locator(".fer-face")).to_have_count(1, timeout=SLOW_MS)
    else:
        sized_page.goto(f"{server}{address}")
    expect(sized_page.get_by_role("heading", name=shows)).to_be_visible(timeout=SLOW_MS)
    wait_until_idle(sized_page)
    check_layout(sized_page)


@pytest.mark.parametrize(("width", "scheme"), [(390, "light")])
def test_the_menu_of_a_narrow_window_closes_when_a_page_is_chosen(
    sized_page: Page, server: str
) -> None:
    menu = sized_page.get_by_test_id("stSidebar")
    sized_page.goto(f"{server}/predict")
    sized_page.get_by_role("button", name="Expand sidebar").click()
    menu.get_by_role("link", name="Video", exact=True).click()
    expect(menu).not_to_be_in_viewport()
    expect(sized_page.get_by_role("heading", name="What do faces show over time?")).to_be_visible()
    sized_page.get_by_role("button", name="Expand sidebar").press("Enter")
    menu.get_by_role("link", name="Home", exact=True).press("Enter")
    expect(menu).not_to_be_in_viewport()
    expect(sized_page.get_by_role("heading", name="Before you use it")).to_be_visible()
    sized_page.keyboard.press("Tab")  # not into the closed menu
    expect(sized_page.get_by_role("button", name="Expand sidebar")).to_be_focused()
