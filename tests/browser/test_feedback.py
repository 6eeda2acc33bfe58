"""Reviewing corrections with the keyboard alone."""

from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
from playwright.sync_api import Locator, Page, expect

from fer.data.synthetic import draw_face
from fer.feedback.records import Correction
from fer.feedback.store import Store, open_store

WaitUntilIdle = Callable[[Page], None]
CheckLayout = Callable[[Page], None]
SLOW_MS = 120_000
FACES = 6


@pytest.fixture(scope="module")
def store(fer_home: Path) -> Store:
    return open_store()


@pytest.fixture(autouse=True)
def kept(store: Store, make_correction: Callable[..., Correction]) -> list[str]:
    """Six new corrections, and no others."""
    store.delete(ids=[one.id for one in store.corrections(with_crops=False)])
    ids = []
    for seed in range(FACES):
        face = draw_face("happy", seed=seed, size=48)
        correction = make_correction(
            contributor=f"{seed % 3}" * 32, labels=("happy", "sad"), probabilities=(0.3, 0.7),
            crop=cv2.imencode(".png", face)[1].tobytes(),
        )  # fmt: skip
        store.keep(correction)
        ids.append(correction.id)
    return ids


def faces(page: Page) -> Locator:
    return page.get_by_role("group", name="Corrections, page 1").get_by_role("button")


def open_page(page: Page, server: str) -> None:
    page.goto(f"{server}/feedback?feedback.sort=Oldest+first")
    faces(page).first.wait_for(timeout=SLOW_MS)


def test_corrections_are_reviewed_by_keys(
    page: Page, server: str, store: Store, kept: list[str], wait_until_idle: WaitUntilIdle
) -> None:
    open_page(page, server)
    page.get_by_role("textbox", name="Your name, as the reviewer").fill("Ada")
    page.keyboard.press("Enter")
    wait_until_idle(page)
    expect(faces(page)).to_have_count(FACES)

    faces(page).first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_text("2 chosen")).to_be_visible()
    wait_until_idle(page)
    page.keyboard.press("a")
    expect(page.get_by_text("2 corrections accepted.")).to_be_visible(timeout=SLOW_MS)
    expect(faces(page)).to_have_count(FACES - 2)

    wait_until_idle(page)
    faces(page).first.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("1 of 4")).to_be_visible(timeout=SLOW_MS)
    wait_until_idle(page)
    page.keyboard.press("2")  # accept as sad
    expect(dialog.get_by_text("2 of 4")).to_be_visible(timeout=SLOW_MS)
    wait_until_idle(page)
    page.keyboard.press("x")
    expect(dialog.get_by_text("3 of 4")).to_be_visible(timeout=SLOW_MS)
    wait_until_idle(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    found = {one.id: (one.status, one.label) for one in store.corrections()}
    assert [found[id] for id in kept] == [
        ("accepted", "happy"),
        ("accepted", "happy"),
        ("accepted", "sad"),
        ("rejected", ""),
        ("new", ""),
        ("new", ""),
    ]
    wait_until_idle(page)
    page.keyboard.press("z")
    wait_until_idle(page)
    assert store.corrections(ids=[kept[3]])[0].status == "new"


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
@pytest.mark.parametrize("view", ["Review", "Overview", "Contributors"])
def test_the_page_fits_its_window_and_is_accessible(
    sized_page: Page,
    server: str,
    view: str,
    check_layout: CheckLayout,
    wait_until_idle: WaitUntilIdle,
) -> None:
    sized_page.goto(f"{server}/feedback?feedback.view={view}")
    sized_page.get_by_role("heading", name="What did people correct?").wait_for(timeout=SLOW_MS)
    wait_until_idle(sized_page)
    check_layout(sized_page)
